//! Reading the state tree: the path to a row, and the rows in the order of their key hashes.

use crate::hashing::{Hash, goes_right, sha256};
use crate::nodes::{Kind, Link};
use crate::rows::{RowId, Rows};
use crate::tree::{Leaf, Tree, cut_at, subtree_hash};

/// One step of a path from the root down: the hash of the other half, and whether the path went right.
pub struct Step {
    pub sibling: Hash,
    pub right: bool,
}

/// What `Tree::rows_after` is looking for, and what it has found so far.
struct Search<'a> {
    after: Option<&'a Hash>,
    limit: usize,
    rows: &'a Rows,
    found: Vec<RowId>,
}

impl Tree {
    /// The steps from the root to the leaf of a key that is in the tree.
    pub fn path(&self, key_hash: &Hash, rows: &Rows) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut link = self.root;
        while let Kind::Inner(index) = link.kind() {
            let right = goes_right(key_hash, steps.len());
            steps.push(Step {
                sibling: self.nodes.hashes(index)[usize::from(!right)],
                right,
            });
            link = self.nodes.links(index)[usize::from(right)];
        }
        let leaves = self.bucket_leaves(link, rows);
        let mut rest = leaves.as_slice();
        while rest.len() > 1 {
            let depth = steps.len();
            let right = goes_right(key_hash, depth);
            let (low, high) = rest.split_at(cut_at(rest, depth));
            let (own, other) = if right { (high, low) } else { (low, high) };
            steps.push(Step {
                sibling: subtree_hash(other, depth + 1),
                right,
            });
            rest = own;
        }
        steps
    }

    /// At most `limit` rows whose key hash is above `after` (of all rows when None), ascending by key hash.
    pub fn rows_after(&self, after: Option<&Hash>, limit: usize, rows: &Rows) -> Vec<RowId> {
        let mut search = Search {
            after,
            limit,
            rows,
            found: Vec::new(),
        };
        self.collect(self.root, 0, after.is_some(), &mut search);
        search.found
    }

    /// Adds the rows of a subtree; `is_cut` when `after` lies within it, so that not all of its rows count.
    fn collect(&self, link: Link, depth: usize, is_cut: bool, search: &mut Search<'_>) {
        let after = search.after.filter(|_| is_cut);
        let Kind::Inner(index) = link.kind() else {
            let leaves = self.bucket_leaves(link, search.rows);
            let above = leaves
                .iter()
                .filter(|leaf| after.is_none_or(|after| leaf.key_hash > *after));
            let room = search.limit - search.found.len();
            search.found.extend(above.take(room).map(|leaf| leaf.row));
            return;
        };
        let [left, right] = self.nodes.links(index);
        let skips_left = after.is_some_and(|after| goes_right(after, depth));
        if !skips_left {
            self.collect(left, depth + 1, is_cut, search);
        }
        if search.found.len() < search.limit {
            self.collect(right, depth + 1, skips_left, search);
        }
    }

    /// The row with the highest key hash below `before`.
    pub fn row_before(&self, before: &Hash, rows: &Rows) -> Option<RowId> {
        self.last_before(self.root, 0, Some(before), rows)
    }

    /// The last row of a subtree, or its last below `before`.
    fn last_before(&self, link: Link, depth: usize, before: Option<&Hash>, rows: &Rows) -> Option<RowId> {
        let Kind::Inner(index) = link.kind() else {
            let leaves = self.bucket_leaves(link, rows);
            let below = leaves
                .iter()
                .rfind(|leaf| before.is_none_or(|before| leaf.key_hash < *before));
            return below.map(|leaf| leaf.row);
        };
        let [left, right] = self.nodes.links(index);
        if before.is_some_and(|before| !goes_right(before, depth)) {
            return self.last_before(left, depth + 1, before, rows);
        }
        let found = self.last_before(right, depth + 1, before, rows);
        found.or_else(|| self.last_before(left, depth + 1, None, rows))
    }

    fn bucket_leaves(&self, link: Link, rows: &Rows) -> Vec<Leaf> {
        let ids = self.nodes.bucket_rows(link).iter();
        let mut leaves: Vec<Leaf> = ids
            .map(|&row| Leaf::of(row, sha256(rows.key(row)), rows))
            .collect();
        leaves.sort_unstable_by_key(|leaf| leaf.key_hash);
        leaves
    }
}
