//! A hash table from keys to row numbers that holds neither: 32 bits of the key's hash and the number, side by side.
//!
//! Open addressing with linear probing; whoever looks up says which of the candidates is meant.

use crate::rows::RowId;

/// One slot: hash in the upper half, row number + 1 in the lower; 0 when free.
type Slot = u64;

const FEWEST_SLOTS: usize = 16;

/// Slots in the order of the hashes that belong there, so that a larger table is filled from one end to the other.
/// At most four fifths are in use, and growing adds a quarter: memory matters here more than the last probe.
pub struct KeyTable {
    slots: Vec<Slot>,
    used: usize,
}

impl Default for KeyTable {
    fn default() -> Self {
        KeyTable {
            slots: vec![0; FEWEST_SLOTS],
            used: 0,
        }
    }
}

impl KeyTable {
    /// The row among those with this hash for which `is_meant` holds.
    pub fn find(&self, hash: u32, is_meant: impl Fn(RowId) -> bool) -> Option<RowId> {
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if hash_of(slot) == hash && is_meant(row_of(slot)) {
                return Some(row_of(slot));
            }
            at = self.next(at);
        }
    }

    /// Adds a row that is not in the table.
    pub fn insert(&mut self, hash: u32, row: RowId) {
        if (self.used + 1) * 5 > self.slots.len() * 4 {
            let length = self.slots.len() + self.slots.len() / 4;
            let old = std::mem::replace(&mut self.slots, vec![0; length]);
            old.into_iter()
                .filter(|&slot| slot != 0)
                .for_each(|slot| self.place(slot));
        }
        self.place(u64::from(hash) << 32 | (u64::from(row) + 1));
        self.used += 1;
    }

    /// Removes a row that is in the table.
    pub fn remove(&mut self, hash: u32, row: RowId) {
        let mut hole = self.home(hash);
        while row_of(self.slots[hole]) != row {
            hole = self.next(hole);
        }
        self.slots[hole] = 0;
        self.used -= 1;
        // What was pushed on by the removed row moves up, so that no search ends at the hole too early.
        let mut at = self.next(hole);
        while self.slots[at] != 0 {
            let home = self.home(hash_of(self.slots[at]));
            if self.distance(home, at) >= self.distance(hole, at) {
                self.slots[hole] = std::mem::take(&mut self.slots[at]);
                hole = at;
            }
            at = self.next(at);
        }
    }

    fn place(&mut self, slot: Slot) {
        let mut at = self.home(hash_of(slot));
        while self.slots[at] != 0 {
            at = self.next(at);
        }
        self.slots[at] = slot;
    }

    fn home(&self, hash: u32) -> usize {
        ((u64::from(hash) * self.slots.len() as u64) >> 32) as usize
    }

    fn next(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        if to >= from {
            to - from
        } else {
            to + self.slots.len() - from
        }
    }
}

fn hash_of(slot: Slot) -> u32 {
    (slot >> 32) as u32
}

fn row_of(slot: Slot) -> RowId {
    (slot as RowId).wrapping_sub(1)
}
