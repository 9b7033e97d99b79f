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

/// A record: row number (four bytes), length of the key, how many bytes at the end are not used, key, value.
const HEAD: usize = 6;

/// A row that has been looked up: its number, and where its record is until its value changes.
#[derive(Clone, Copy)]
pub struct Found {
    pub row: RowId,
    place: Place,
}

#[derive(Default)]
pub struct Rows {
    places: Vec<Place>,
    free: Vec<RowId>,
    records: Records,
    by_key: KeyTable,
    // Seeded for each process, so that nobody can choose keys that collide. No order depends on it.
    hasher: RandomState,
}

fn split(record: &[u8]) -> (&[u8], &[u8]) {
    let (length, unused) = (usize::from(record[4]), usize::from(record[5]));
    record[HEAD..record.len() - unused].split_at(length)
}

fn row_of(record: &[u8]) -> RowId {
    RowId::from_le_bytes([record[0], record[1], record[2], record[3]])
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

    pub fn value_of(&self, found: Found) -> &[u8] {
        split(self.records.get(found.place)).1
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

    pub fn find(&self, key: &[u8]) -> Option<Found> {
        let is_meant = |place| split(self.records.get(place)).0 == key;
        let place = self.by_key.find(self.hash(key), is_meant)?;
        Some(Found {
            row: row_of(self.records.get(place)),
            place,
        })
    }

    pub fn found(&self, row: RowId) -> Found {
        Found {
            row,
            place: self.places[row as usize],
        }
    }

    /// A new row. The key must not be there yet.
    pub fn create(&mut self, key: &[u8], value: &[u8]) -> RowId {
        let row = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            RowId::try_from(self.places.len() - 1).expect("fewer than 2^32 rows")
        });
        let place = self.write(row, key, value);
        self.places[row as usize] = place;
        self.by_key.insert(self.hash(key), place);
        row
    }

    /// Gives an existing row another value; an empty one deletes it.
    pub fn set_value(&mut self, found: Found, value: &[u8]) {
        let record = self.records.get_mut(found.place);
        let start = HEAD + usize::from(record[4]);
        let size = Records::size_for(start + value.len());
        if record.len() == size {
            record[5] = (size - start - value.len()) as u8;
            record[start..start + value.len()].copy_from_slice(value);
            return;
        }
        let key = record[HEAD..start].to_vec();
        self.records.release(found.place);
        let place = self.write(found.row, &key, value);
        self.by_key.replace(self.hash(&key), found.place, place);
        self.places[found.row as usize] = place;
    }

    /// Forgets a row altogether.
    pub fn release(&mut self, row: RowId) {
        let place = self.places[row as usize];
        self.by_key.remove(self.hash(self.key(row)), place);
        self.records.release(place);
        self.free.push(row);
    }

    /// Reads rows that are about to be needed. The reads do not wait for each other: many are under way at once.
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

    fn write(&mut self, row: RowId, key: &[u8], value: &[u8]) -> Place {
        let (start, end) = (HEAD + key.len(), HEAD + key.len() + value.len());
        let size = Records::size_for(end);
        let place = self.records.reserve(size);
        let record = self.records.get_mut(place);
        record[..4].copy_from_slice(&row.to_le_bytes());
        record[4] = u8::try_from(key.len()).expect("the length of a key is checked before");
        record[5] = (size - end) as u8;
        record[HEAD..start].copy_from_slice(key);
        record[start..end].copy_from_slice(value);
        place
    }
}
