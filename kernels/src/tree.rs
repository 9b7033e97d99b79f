//! The Merkle tree over all rows: a binary tree by the bits of SHA-256(key), whose root depends on the rows alone.
//!
//! A subtree without rows hashes to a constant, one with a single row to that row's leaf, any other to its two
//! halves. Subtrees of few rows are kept as a list of row numbers, and what lies below is hashed anew when asked:
//! this is what keeps the tree small in memory.

use std::hint::black_box;

use crate::hashing::{EMPTY_ROOT, Hash, goes_right, inner_hash, leaf_hash, sha256};
use crate::nodes::{BUCKET_ROWS, Kind, Link, Nodes};
use crate::rows::{RowId, Rows};

/// How many changes are looked up together before they are hashed: what they touch fits into the processor's caches.
const FETCH_CHANGES: usize = 32;

/// A row that was written since the last update; whether it is still there its value tells.
#[derive(Clone, Copy)]
pub struct Change {
    pub key_hash: Hash,
    pub row: RowId,
}

/// One row as the tree sees it.
#[derive(Clone, Copy)]
pub struct Leaf {
    pub key_hash: Hash,
    pub hash: Hash,
    pub row: RowId,
}

impl Leaf {
    pub fn of(row: RowId, key_hash: Hash, rows: &Rows) -> Leaf {
        Leaf {
            key_hash,
            hash: leaf_hash(&key_hash, &sha256(rows.value(row))),
            row,
        }
    }
}

pub struct Tree {
    pub(crate) nodes: Nodes,
    pub(crate) root: Link,
    root_hash: Hash,
}

impl Default for Tree {
    fn default() -> Self {
        Tree {
            nodes: Nodes::default(),
            root: Link::EMPTY,
            root_hash: EMPTY_ROOT,
        }
    }
}

impl Tree {
    pub fn root(&self) -> Hash {
        self.root_hash
    }

    /// Takes in all changes, ascending by key hash, and returns the new root.
    pub fn update(&mut self, changes: &[Change], rows: &Rows) -> Hash {
        if !changes.is_empty() {
            (self.root, self.root_hash) = self.update_at(self.root, 0, changes, false, rows);
        }
        self.root_hash
    }

    /// The new link and hash of a subtree with at least one change.
    fn update_at(
        &mut self,
        link: Link,
        depth: usize,
        changes: &[Change],
        fetched: bool,
        rows: &Rows,
    ) -> (Link, Hash) {
        let Kind::Inner(index) = link.kind() else {
            let leaves = self.leaves_after(link, changes, rows);
            self.nodes.drop_node(link);
            return self.build(&leaves, depth);
        };
        let is_small = changes.len() <= FETCH_CHANGES;
        if is_small && !fetched {
            self.fetch(link, depth, changes, rows);
        }
        let mut links = self.nodes.links(index);
        let mut hashes = self.nodes.hashes(index);
        let cut = changes.partition_point(|change| !goes_right(&change.key_hash, depth));
        for (side, part) in [&changes[..cut], &changes[cut..]].into_iter().enumerate() {
            if !part.is_empty() {
                (links[side], hashes[side]) = self.update_at(links[side], depth + 1, part, is_small, rows);
            }
        }
        self.nodes.set_inner(index, links, hashes);
        self.join(link, links, hashes)
    }

    /// Reads all that the changes will need, level by level. The reads of one level do not wait for each other,
    /// so the processor has many under way at once; one path after the other would wait for each step.
    fn fetch(&self, link: Link, depth: usize, changes: &[Change], rows: &Rows) {
        let mut paths: Vec<(Link, &Change)> = changes.iter().map(|change| (link, change)).collect();
        let mut buckets: Vec<Link> = Vec::with_capacity(changes.len());
        let mut depth = depth;
        while !paths.is_empty() {
            paths.retain_mut(|(link, change)| match link.kind() {
                Kind::Inner(index) => {
                    black_box(self.nodes.hashes(index)[0][0]);
                    *link = self.nodes.links(index)[usize::from(goes_right(&change.key_hash, depth))];
                    true
                }
                _ => {
                    buckets.push(*link);
                    false
                }
            });
            depth += 1;
        }
        rows.fetch(
            buckets
                .iter()
                .flat_map(|&link| self.nodes.bucket_rows(link))
                .copied(),
        );
    }

    /// The rows of a bucket or of nothing once the changes have been made, ascending by key hash.
    fn leaves_after(&self, link: Link, changes: &[Change], rows: &Rows) -> Vec<Leaf> {
        let mut leaves = Vec::with_capacity(changes.len() + BUCKET_ROWS);
        for part in changes.chunks(FETCH_CHANGES) {
            rows.fetch(part.iter().map(|change| change.row));
            let present = part.iter().filter(|change| rows.is_present(change.row));
            leaves.extend(present.map(|change| Leaf::of(change.row, change.key_hash, rows)));
        }
        for &row in self.nodes.bucket_rows(link) {
            if !changes.iter().any(|change| change.row == row) {
                leaves.push(Leaf::of(row, sha256(rows.key(row)), rows));
            }
        }
        leaves.sort_unstable_by_key(|leaf| leaf.key_hash);
        leaves
    }

    fn build(&mut self, leaves: &[Leaf], depth: usize) -> (Link, Hash) {
        if leaves.len() <= BUCKET_ROWS {
            let bucket = self.nodes.new_bucket(leaves.iter().map(|leaf| leaf.row));
            return (bucket, subtree_hash(leaves, depth));
        }
        let cut = cut_at(leaves, depth);
        let (left, left_hash) = self.build(&leaves[..cut], depth + 1);
        let (right, right_hash) = self.build(&leaves[cut..], depth + 1);
        let link = self.nodes.new_inner([left, right], [left_hash, right_hash]);
        (link, inner_hash(&left_hash, &right_hash))
    }

    /// The link and hash of an inner node whose children have changed; it becomes a bucket when few rows are left.
    fn join(&mut self, link: Link, links: [Link; 2], hashes: [Hash; 2]) -> (Link, Hash) {
        let counts = links.map(|child| self.nodes.bucket_rows(child).len());
        if links.iter().any(|child| child.is_inner()) || counts[0] + counts[1] > BUCKET_ROWS {
            return (link, inner_hash(&hashes[0], &hashes[1]));
        }
        let hash = match counts {
            [0, 0] => EMPTY_ROOT,
            [1, 0] => hashes[0],
            [0, 1] => hashes[1],
            _ => inner_hash(&hashes[0], &hashes[1]),
        };
        let rows: Vec<RowId> = links
            .iter()
            .flat_map(|&child| self.nodes.bucket_rows(child))
            .copied()
            .collect();
        [link, links[0], links[1]]
            .into_iter()
            .for_each(|node| self.nodes.drop_node(node));
        (self.nodes.new_bucket(rows.into_iter()), hash)
    }
}

/// The hash of a subtree at `depth` from its leaves, ascending by key hash.
pub fn subtree_hash(leaves: &[Leaf], depth: usize) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => leaf.hash,
        _ => {
            let (left, right) = leaves.split_at(cut_at(leaves, depth));
            inner_hash(&subtree_hash(left, depth + 1), &subtree_hash(right, depth + 1))
        }
    }
}

/// Where the leaves that go right begin.
pub fn cut_at(leaves: &[Leaf], depth: usize) -> usize {
    leaves.partition_point(|leaf| !goes_right(&leaf.key_hash, depth))
}
