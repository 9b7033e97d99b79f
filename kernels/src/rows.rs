//! Rows by number: the bytes of keys and values, and the number of each key.
//!
//! A row whose value is empty has been deleted; it keeps its number until the tree has forgotten it.

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;

use crate::key_table::KeyTable;
use crate::records::{Place, Records};

/// The number of a row; numbers of released rows are used again.
pub type RowId = u32;

pub const MAX_KEY_BYTES: usize = 255;
pub const MAX_VALUE_BYTES: usize = 1 << 20;

#[derive(Default)]
pub struct Rows {
    /// Where each row's record is: length of the key (one byte), key, value.
    places: Vec<Place>,
    free: Vec<RowId>,
    records: Records,
    by_key: KeyTable,
    // Seeded for each process, so that nobody can choose keys that collide. No order depends on it.
    hasher: RandomState,
}

fn split(record: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::from(record[0]);
    record[1..].split_at(length)
}

impl Rows {
    pub fn key(&self, row: RowId) -> &[u8] {
        self.both(row).0
    }

    /// The value; empty when the row has been deleted.
    pub fn value(&self, row: RowId) -> &[u8] {
        self.both(row).1
    }

    pub fn both(&self, row: RowId) -> (&[u8], &[u8]) {
        split(self.records.get(self.places[row as usize]))
    }

    pub fn is_present(&self, row: RowId) -> bool {
        !self.value(row).is_empty()
    }

    /// How many numbers have ever been given out.
    pub fn numbers(&self) -> usize {
        self.places.len()
    }

    /// How many rows have been deleted but not released.
    pub fn deleted(&self, present: usize) -> usize {
        self.places.len() - self.free.len() - present
    }

    pub fn find(&self, key: &[u8]) -> Option<RowId> {
        self.by_key.find(self.hash(key), |row| self.key(row) == key)
    }

    /// A new row. The key must not be there yet.
    pub fn create(&mut self, key: &[u8], value: &[u8]) -> RowId {
        let place = self.write(key, value);
        let row = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            RowId::try_from(self.places.len() - 1).expect("fewer than 2^32 rows")
        });
        self.places[row as usize] = place;
        self.by_key.insert(self.hash(key), row);
        row
    }

    /// Gives an existing row another value; an empty one deletes it.
    pub fn set_value(&mut self, row: RowId, value: &[u8]) {
        let place = self.places[row as usize];
        let record = self.records.get_mut(place);
        let start = 1 + usize::from(record[0]);
        if record.len() - start == value.len() {
            record[start..].copy_from_slice(value);
            return;
        }
        let key = record[1..start].to_vec();
        self.records.release(place);
        self.places[row as usize] = self.write(&key, value);
    }

    /// Forgets a row altogether.
    pub fn release(&mut self, row: RowId) {
        let hash = self.hash(self.key(row));
        self.by_key.remove(hash, row);
        self.records.release(self.places[row as usize]);
        self.free.push(row);
    }

    /// Reads rows that are about to be needed. The reads do not wait for each other, so that many are under way at once.
    pub fn fetch(&self, rows: impl Iterator<Item = RowId>) {
        let records = rows.map(|row| self.records.get(self.places[row as usize]));
        black_box(
            records
                .map(|record| usize::from(record[0]) + usize::from(record[record.len() - 1]))
                .sum::<usize>(),
        );
    }

    fn hash(&self, key: &[u8]) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    fn write(&mut self, key: &[u8], value: &[u8]) -> Place {
        let place = self.records.reserve(1 + key.len() + value.len());
        let record = self.records.get_mut(place);
        record[0] = u8::try_from(key.len()).expect("the length of a key is checked before");
        record[1..=key.len()].copy_from_slice(key);
        record[1 + key.len()..].copy_from_slice(value);
        place
    }
}
