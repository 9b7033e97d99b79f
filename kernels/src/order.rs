//! The row numbers in ascending order of their keys, in pages, so that ranges can be read.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};

use crate::rows::{RowId, Rows};

const MAX_PAGE: usize = 256;
const MIN_PAGE: usize = 32;

/// Pages by a lower bound of their keys; the first page is bounded by the empty key and always there.
pub struct Order {
    pages: BTreeMap<Box<[u8]>, Vec<RowId>>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            pages: BTreeMap::from([(Box::default(), Vec::new())]),
        }
    }
}

impl Order {
    pub fn insert(&mut self, row: RowId, rows: &Rows) {
        let key = rows.key(row);
        let page = self.page_of(key);
        let at = page.partition_point(|&other| rows.key(other) < key);
        page.insert(at, row);
        if page.len() > MAX_PAGE {
            // Keys that come in ascending order leave full pages behind.
            let cut = if at + 1 == page.len() { at } else { page.len() / 2 };
            let upper = page.split_off(cut);
            page.shrink_to_fit();
            self.pages.insert(rows.key(upper[0]).into(), upper);
        }
    }

    pub fn remove(&mut self, row: RowId, rows: &Rows) {
        let key = rows.key(row);
        let page = self.page_of(key);
        let at = page.partition_point(|&other| rows.key(other) < key);
        debug_assert_eq!(page[at], row);
        page.remove(at);
        if page.len() < MIN_PAGE {
            self.join_with_lower(key);
        }
    }

    /// Takes in many rows that are not in the order yet.
    pub fn extend(&mut self, mut added: Vec<RowId>, rows: &Rows) {
        let is_empty = self.pages.len() == 1 && self.pages.values().all(Vec::is_empty);
        if !is_empty {
            added.into_iter().for_each(|row| self.insert(row, rows));
            return;
        }
        // The first bytes of a key decide nearly every comparison without looking the row up.
        let mut by_start: Vec<(u128, RowId)> = added
            .drain(..)
            .map(|row| (start_of(rows.key(row)), row))
            .collect();
        by_start.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rows.key(a.1).cmp(rows.key(b.1))));
        for (page, chunk) in by_start.chunks(MAX_PAGE).enumerate() {
            let bound = if page == 0 {
                Box::default()
            } else {
                rows.key(chunk[0].1).into()
            };
            self.pages
                .insert(bound, chunk.iter().map(|&(_, row)| row).collect());
        }
    }

    /// At most `limit` rows with `start <= key < end`, ascending.
    pub fn scan(&self, start: &[u8], end: &[u8], limit: usize, rows: &Rows) -> Vec<RowId> {
        let mut found = Vec::new();
        let first = self.lower_bound(start);
        for page in self
            .pages
            .range::<[u8], _>((Included(first), Unbounded))
            .map(|(_, page)| page)
        {
            let from = page.partition_point(|&row| rows.key(row) < start);
            for &row in &page[from..] {
                if found.len() == limit || rows.key(row) >= end {
                    return found;
                }
                found.push(row);
            }
        }
        found
    }

    fn lower_bound(&self, key: &[u8]) -> &[u8] {
        let mut at_most = self.pages.range::<[u8], _>((Unbounded, Included(key)));
        at_most
            .next_back()
            .expect("the empty key bounds the first page")
            .0
    }

    fn page_of(&mut self, key: &[u8]) -> &mut Vec<RowId> {
        let mut at_most = self.pages.range_mut::<[u8], _>((Unbounded, Included(key)));
        at_most
            .next_back()
            .expect("the empty key bounds the first page")
            .1
    }

    /// Appends the page of `key` to the one below when there is room: deletions leave no trail of nearly empty pages.
    fn join_with_lower(&mut self, key: &[u8]) {
        let bound: Box<[u8]> = self.lower_bound(key).into();
        let length = self.pages[&bound].len();
        let mut below = self.pages.range_mut::<[u8], _>((Unbounded, Excluded(&*bound)));
        let Some((_, lower)) = below.next_back() else {
            return;
        };
        if lower.len() + length <= MAX_PAGE / 2 {
            let page = self.pages.remove(&bound).unwrap_or_default();
            self.page_of(&bound).extend(page);
        }
    }
}

/// The first 16 bytes of a key as a number, filled up with zeros.
fn start_of(key: &[u8]) -> u128 {
    let mut bytes = [0u8; 16];
    let length = key.len().min(16);
    bytes[..length].copy_from_slice(&key[..length]);
    u128::from_be_bytes(bytes)
}
