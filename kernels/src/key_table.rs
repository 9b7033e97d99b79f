//! A hash table from keys to the places of their records that holds no keys: only 32 bits of each one's hash.
//!
//! Open addressing with linear probing; whoever looks up says which of the candidates is meant.

use crate::records::Place;

/// Hash in the upper half, place in the lower, and FREE when there is none.
type Slot = u64;

/// No record has this place: its class is that of long ones, its index the last.
const FREE: Slot = Slot::MAX;
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
            slots: vec![FREE; FEWEST_SLOTS],
            used: 0,
        }
    }
}

impl KeyTable {
    /// The place among those with this hash for which `is_meant` holds.
    pub fn find(&self, hash: u32, is_meant: impl Fn(Place) -> bool) -> Option<Place> {
        let mut at = self.home(hash);
        while self.slots[at] != FREE {
            let place = place_of(self.slots[at]);
            if hash_of(self.slots[at]) == hash && is_meant(place) {
                return Some(place);
            }
            at = self.next(at);
        }
        None
    }

    /// Adds a place that is not in the table.
    pub fn insert(&mut self, hash: u32, place: Place) {
        if (self.used + 1) * 5 > self.slots.len() * 4 {
            let length = self.slots.len() + self.slots.len() / 4;
            let old = std::mem::replace(&mut self.slots, vec![FREE; length]);
            old.into_iter()
                .filter(|&slot| slot != FREE)
                .for_each(|slot| self.settle(slot));
        }
        self.settle(slot(hash, place));
        self.used += 1;
    }

    /// Gives the record of a key that is in the table another place.
    pub fn replace(&mut self, hash: u32, old: Place, new: Place) {
        let at = self.position(hash, old);
        self.slots[at] = slot(hash, new);
    }

    /// Removes a place that is in the table.
    pub fn remove(&mut self, hash: u32, place: Place) {
        let mut hole = self.position(hash, place);
        self.slots[hole] = FREE;
        self.used -= 1;
        // What was pushed on by the removed one moves up, so that no search ends at the hole too early.
        let mut at = self.next(hole);
        while self.slots[at] != FREE {
            let home = self.home(hash_of(self.slots[at]));
            if self.distance(home, at) >= self.distance(hole, at) {
                self.slots.swap(hole, at);
                hole = at;
            }
            at = self.next(at);
        }
    }

    fn position(&self, hash: u32, place: Place) -> usize {
        let mut at = self.home(hash);
        while self.slots[at] != slot(hash, place) {
            at = self.next(at);
        }
        at
    }

    fn settle(&mut self, slot: Slot) {
        let mut at = self.home(hash_of(slot));
        while self.slots[at] != FREE {
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

fn slot(hash: u32, place: Place) -> Slot {
    u64::from(hash) << 32 | u64::from(place.bits())
}

fn hash_of(slot: Slot) -> u32 {
    (slot >> 32) as u32
}

fn place_of(slot: Slot) -> Place {
    Place::from_bits(slot as u32)
}
