//! Rows by number: each row is one allocation that holds key and value, found by its key through a hash table.
//!
//! A row whose value is empty has been deleted; it keeps its number until the tree has forgotten it.

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;

use hashbrown::HashTable;

/// The number of a row; numbers of released rows are used again.
pub type RowId = u32;

/// Length of the key (one byte), key, value.
type Record = Box<[u8]>;

pub const MAX_KEY_BYTES: usize = 255;
pub const MAX_VALUE_BYTES: usize = 1 << 20;

#[derive(Default)]
pub struct Rows {
    records: Vec<Record>,
    free: Vec<RowId>,
    by_key: HashTable<RowId>,
    // Seeded for each process, so that nobody can choose keys that collide. No order depends on it.
    hasher: RandomState,
}

fn record(key: &[u8], value: &[u8]) -> Record {
    let mut bytes = Vec::with_capacity(1 + key.len() + value.len());
    bytes.push(u8::try_from(key.len()).expect("the length of a key is checked before"));
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(value);
    bytes.into_boxed_slice()
}

fn split(record: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::from(record[0]);
    record[1..].split_at(length)
}

impl Rows {
    pub fn key(&self, row: RowId) -> &[u8] {
        split(&self.records[row as usize]).0
    }

    /// The value; empty when the row has been deleted.
    pub fn value(&self, row: RowId) -> &[u8] {
        split(&self.records[row as usize]).1
    }

    pub fn both(&self, row: RowId) -> (&[u8], &[u8]) {
        split(&self.records[row as usize])
    }

    pub fn is_present(&self, row: RowId) -> bool {
        !self.value(row).is_empty()
    }

    /// How many numbers have ever been given out.
    pub fn numbers(&self) -> usize {
        self.records.len()
    }

    pub fn find(&self, key: &[u8]) -> Option<RowId> {
        self.by_key
            .find(self.hasher.hash_one(key), |&row| self.key(row) == key)
            .copied()
    }

    /// A new row. The key must not be there yet.
    pub fn create(&mut self, key: &[u8], value: &[u8]) -> RowId {
        let record = record(key, value);
        let row = match self.free.pop() {
            Some(row) => {
                self.records[row as usize] = record;
                row
            }
            None => {
                self.records.push(record);
                RowId::try_from(self.records.len() - 1).expect("fewer than 2^32 rows")
            }
        };
        let (records, hasher) = (&self.records, &self.hasher);
        self.by_key.insert_unique(hasher.hash_one(key), row, |&row| {
            hasher.hash_one(split(&records[row as usize]).0)
        });
        row
    }

    /// Gives an existing row another value; an empty one deletes it.
    pub fn set_value(&mut self, row: RowId, value: &[u8]) {
        let record = &mut self.records[row as usize];
        let start = 1 + usize::from(record[0]);
        if record.len() - start == value.len() {
            record[start..].copy_from_slice(value);
        } else {
            *record = [&record[..start], value].concat().into_boxed_slice();
        }
    }

    /// How many rows have been deleted but not released.
    pub fn deleted(&self, present: usize) -> usize {
        self.records.len() - self.free.len() - present
    }

    /// Forgets a row altogether.
    pub fn release(&mut self, row: RowId) {
        let record = std::mem::take(&mut self.records[row as usize]);
        let hash = self.hasher.hash_one(split(&record).0);
        if let Ok(entry) = self.by_key.find_entry(hash, |&other| other == row) {
            entry.remove();
        }
        self.free.push(row);
    }

    /// Reads rows that are about to be needed: first where they are, then what they hold, each many at once.
    pub fn fetch(&self, rows: &[RowId]) {
        let lengths: usize = rows.iter().map(|&row| self.records[row as usize].len()).sum();
        let ends = rows
            .iter()
            .filter_map(|&row| self.records[row as usize].split_last());
        black_box((
            lengths,
            ends.map(|(last, rest)| usize::from(*last) + usize::from(rest[0]))
                .sum::<usize>(),
        ));
    }
}
