//! The state: one ordered map of byte keys to byte values, with an undo journal and a Merkle tree over its rows.

use crate::hashing::{Hash, sha256};
use crate::order::Order;
use crate::proof;
use crate::rows::{Found, MAX_KEY_BYTES, MAX_VALUE_BYTES, RowId, Rows};
use crate::tree::{Change, Tree};

/// Why an operation was refused; nothing has changed then.
#[derive(Debug, PartialEq, Eq)]
pub enum MapError {
    KeyLength(usize),
    ValueLength(usize),
    NoSuchKey,
    KeyLoadedTwice,
    LoadAmidChanges,
    UnknownMark(u64),
    HeightFalls { last: u64, height: u64 },
    NotSealed(usize),
}

/// For how many changes room is kept from one seal to the next.
const KEPT_CHANGES: usize = 1 << 16;

/// How to take back one write.
struct Undo {
    row: RowId,
    /// Length of the value before, the last of `RowMap::old_values`; None when this write created the row.
    before: Option<u32>,
    /// Whether this write was the row's first since the last seal.
    was_first: bool,
}

#[derive(Default)]
pub struct RowMap {
    rows: Rows,
    order: Order,
    /// Loaded rows that are not in `order` yet: taken in together, at the first need.
    unordered: Vec<RowId>,
    tree: Tree,
    len: usize,
    height: u64,
    /// Rows written since the last seal, in the order of their first write, and the same as bits.
    dirty: Vec<Change>,
    is_dirty: Vec<u64>,
    journal: Vec<Undo>,
    /// The values that the journal's writes replaced, one behind the other.
    old_values: Vec<u8>,
    /// The mark that an empty journal has; grows with each seal, so that older marks are known as void.
    first_mark: u64,
}

impl RowMap {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let value = self.rows.value_of(self.rows.find(key)?);
        (!value.is_empty()).then_some(value)
    }

    /// Writes a row. Writing the value that is there already changes nothing.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), MapError> {
        check_lengths(key, value)?;
        match self.rows.find(key) {
            None => self.create(key, value),
            Some(found) if self.rows.value_of(found) != value => self.overwrite(found, key, value),
            Some(_) => (),
        }
        Ok(())
    }

    pub fn delete(&mut self, key: &[u8]) -> Result<(), MapError> {
        let found = self
            .rows
            .find(key)
            .filter(|&found| !self.rows.value_of(found).is_empty());
        self.overwrite(found.ok_or(MapError::NoSuchKey)?, key, b"");
        Ok(())
    }

    fn create(&mut self, key: &[u8], value: &[u8]) {
        self.settle();
        let row = self.rows.create(key, value);
        self.order.insert(row, &self.rows);
        self.len += 1;
        let was_first = self.set_dirty(row, key);
        self.journal.push(Undo {
            row,
            before: None,
            was_first,
        });
    }

    fn overwrite(&mut self, found: Found, key: &[u8], value: &[u8]) {
        let old = self.rows.value_of(found);
        let before = Some(old.len() as u32);
        self.old_values.extend_from_slice(old);
        self.set_value(found, value);
        let was_first = self.set_dirty(found.row, key);
        self.journal.push(Undo {
            row: found.row,
            before,
            was_first,
        });
    }

    /// Gives a row another value, and a place in the order exactly when it is not empty.
    fn set_value(&mut self, found: Found, value: &[u8]) {
        let was_present = !self.rows.value_of(found).is_empty();
        let is_present = !value.is_empty();
        if was_present != is_present {
            self.settle();
        }
        if was_present && !is_present {
            self.order.remove(found.row, &self.rows);
            self.len -= 1;
        }
        self.rows.set_value(found, value);
        if is_present && !was_present {
            self.order.insert(found.row, &self.rows);
            self.len += 1;
        }
    }

    /// At most `limit` rows with `start <= key < end`, ascending.
    pub fn scan(&mut self, start: &[u8], end: &[u8], limit: usize) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.settle();
        let found = self.order.scan(start, end, limit, &self.rows);
        found.into_iter().map(|row| self.rows.both(row))
    }

    /// A point to come back to with `undo`, until the next seal.
    pub fn mark(&self) -> u64 {
        self.first_mark + self.journal.len() as u64
    }

    /// Takes back every put and delete since the mark.
    pub fn undo(&mut self, mark: u64) -> Result<(), MapError> {
        if !(self.first_mark..=self.mark()).contains(&mark) {
            return Err(MapError::UnknownMark(mark));
        }
        while self.mark() > mark {
            let Some(write) = self.journal.pop() else { break };
            self.take_back(write);
        }
        Ok(())
    }

    fn take_back(&mut self, write: Undo) {
        let row = write.row;
        if write.was_first {
            self.dirty.pop();
            self.is_dirty[row as usize / 64] &= !(1 << (row % 64));
        }
        match write.before {
            None => {
                self.set_value(self.rows.found(row), b"");
                self.rows.release(row);
            }
            Some(length) => {
                let value = self.old_values.split_off(self.old_values.len() - length as usize);
                self.set_value(self.rows.found(row), &value);
            }
        }
    }

    /// Hashes all rows written since the last seal into the tree, voids all marks and returns the root.
    pub fn seal(&mut self, height: u64) -> Result<Hash, MapError> {
        if height < self.height {
            return Err(MapError::HeightFalls {
                last: self.height,
                height,
            });
        }
        self.height = height;
        self.settle();
        self.dirty.sort_unstable_by_key(|change| change.key_hash);
        let root = self.tree.update(&self.dirty, &self.rows);
        let may_hold_deleted = self.rows.deleted(self.len) > 0;
        for Change { row, .. } in self.dirty.drain(..) {
            self.is_dirty[row as usize / 64] = 0;
            if may_hold_deleted && !self.rows.is_present(row) {
                self.rows.release(row);
            }
        }
        self.dirty.shrink_to(KEPT_CHANGES);
        self.first_mark = self.mark() + 1;
        self.journal.clear();
        self.old_values.clear();
        Ok(root)
    }

    /// The root of the last seal.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// How many keys have been written since the last seal.
    pub fn dirty(&self) -> usize {
        self.dirty.len()
    }

    /// An ics23 proof for a key, present or not, against the root of the last seal.
    pub fn prove(&self, key: &[u8]) -> Result<Vec<u8>, MapError> {
        self.check_sealed()?;
        check_lengths(key, b".")?;
        Ok(proof::prove(key, &self.tree, &self.rows))
    }

    /// At most `limit` rows whose SHA-256(key) is above `after`, ascending by it.
    pub fn rows(
        &self,
        after: Option<&Hash>,
        limit: usize,
    ) -> Result<impl Iterator<Item = (&[u8], &[u8])>, MapError> {
        self.check_sealed()?;
        let found = self.tree.rows_after(after, limit, &self.rows);
        Ok(found.into_iter().map(|row| self.rows.both(row)))
    }

    /// Adds one row of a snapshot, which no undo takes back. The next seal hashes it.
    pub fn load(&mut self, key: &[u8], value: &[u8]) -> Result<(), MapError> {
        check_lengths(key, value)?;
        if !self.journal.is_empty() {
            return Err(MapError::LoadAmidChanges);
        }
        if self.rows.find(key).is_some() {
            return Err(MapError::KeyLoadedTwice);
        }
        let row = self.rows.create(key, value);
        self.unordered.push(row);
        self.len += 1;
        self.set_dirty(row, key);
        Ok(())
    }

    fn check_sealed(&self) -> Result<(), MapError> {
        if self.dirty.is_empty() {
            Ok(())
        } else {
            Err(MapError::NotSealed(self.dirty.len()))
        }
    }

    fn settle(&mut self) {
        if !self.unordered.is_empty() {
            self.order.extend(std::mem::take(&mut self.unordered), &self.rows);
        }
    }

    /// Whether the row was not dirty before.
    fn set_dirty(&mut self, row: RowId, key: &[u8]) -> bool {
        self.is_dirty.resize(self.rows.numbers().div_ceil(64), 0);
        let (word, bit) = (row as usize / 64, 1 << (row % 64));
        if self.is_dirty[word] & bit != 0 {
            return false;
        }
        self.is_dirty[word] |= bit;
        // The key is at hand now; fetching it again at the seal would cost more than hashing a few in vain.
        self.dirty.push(Change {
            key_hash: sha256(key),
            row,
        });
        true
    }
}

fn check_lengths(key: &[u8], value: &[u8]) -> Result<(), MapError> {
    if !(1..=MAX_KEY_BYTES).contains(&key.len()) {
        return Err(MapError::KeyLength(key.len()));
    }
    if !(1..=MAX_VALUE_BYTES).contains(&value.len()) {
        return Err(MapError::ValueLength(value.len()));
    }
    Ok(())
}
