//! The nodes of the state tree in flat vectors, addressed by number; numbers of dropped nodes are used again.

use crate::chunked::Chunked;
use crate::hashing::Hash;
use crate::rows::RowId;

/// How many rows a bucket holds at most; an inner node has more below it.
pub const BUCKET_ROWS: usize = 2;
const NO_ROW: RowId = RowId::MAX;

/// A subtree: nothing, a bucket or an inner node, in four bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Link(u32);

pub enum Kind {
    Empty,
    Bucket(usize),
    Inner(usize),
}

impl Link {
    pub const EMPTY: Link = Link(u32::MAX);
    const BUCKET_BIT: u32 = 1 << 31;

    fn inner(index: usize) -> Link {
        assert!(index < Self::BUCKET_BIT as usize - 1, "fewer than 2^31 nodes");
        Link(index as u32)
    }

    fn bucket(index: usize) -> Link {
        Link(Link::inner(index).0 | Self::BUCKET_BIT)
    }

    pub fn kind(self) -> Kind {
        match self {
            Link::EMPTY => Kind::Empty,
            Link(bits) if bits & Self::BUCKET_BIT != 0 => Kind::Bucket((bits & !Self::BUCKET_BIT) as usize),
            Link(index) => Kind::Inner(index as usize),
        }
    }

    pub fn is_inner(self) -> bool {
        matches!(self.kind(), Kind::Inner(_))
    }
}

/// Left and right child of an inner node.
pub type Links = [Link; 2];

/// The hashes of both children, in one line of the processor's cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Hashes([Hash; 2]);

type Bucket = [RowId; BUCKET_ROWS];

#[derive(Default)]
pub struct Nodes {
    links: Chunked<Links>,
    hashes: Chunked<Hashes>,
    free_inners: Vec<u32>,
    buckets: Chunked<Bucket>,
    free_buckets: Vec<u32>,
}

impl Nodes {
    pub fn links(&self, inner: usize) -> Links {
        self.links[inner]
    }

    pub fn hashes(&self, inner: usize) -> [Hash; 2] {
        self.hashes[inner].0
    }

    pub fn set_inner(&mut self, inner: usize, links: Links, hashes: [Hash; 2]) {
        self.links[inner] = links;
        self.hashes[inner] = Hashes(hashes);
    }

    pub fn new_inner(&mut self, links: Links, hashes: [Hash; 2]) -> Link {
        if let Some(index) = self.free_inners.pop() {
            self.set_inner(index as usize, links, hashes);
            return Link::inner(index as usize);
        }
        self.hashes.push(Hashes(hashes));
        Link::inner(self.links.push(links))
    }

    /// A bucket of at most `BUCKET_ROWS` rows; the empty link when there are none.
    pub fn new_bucket(&mut self, rows: impl Iterator<Item = RowId>) -> Link {
        let mut bucket = [NO_ROW; BUCKET_ROWS];
        bucket.iter_mut().zip(rows).for_each(|(place, row)| *place = row);
        if bucket[0] == NO_ROW {
            return Link::EMPTY;
        }
        let Some(index) = self.free_buckets.pop() else {
            return Link::bucket(self.buckets.push(bucket));
        };
        self.buckets[index as usize] = bucket;
        Link::bucket(index as usize)
    }

    /// The rows of a bucket; none for any other link.
    pub fn bucket_rows(&self, link: Link) -> &[RowId] {
        let Kind::Bucket(index) = link.kind() else {
            return &[];
        };
        let bucket = &self.buckets[index];
        let length = bucket
            .iter()
            .position(|&row| row == NO_ROW)
            .unwrap_or(BUCKET_ROWS);
        &bucket[..length]
    }

    /// Gives up one node; its children stay.
    pub fn drop_node(&mut self, link: Link) {
        match link.kind() {
            Kind::Empty => (),
            Kind::Bucket(index) => self.free_buckets.push(index as u32),
            Kind::Inner(index) => self.free_inners.push(index as u32),
        }
    }
}
