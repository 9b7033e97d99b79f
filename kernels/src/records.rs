//! Blocks of bytes that come and go, kept without an allocation for each: blocks of one size stand in one vector.

/// Sizes are multiples of this.
const GRAIN: usize = 8;
/// Blocks of more than LONG * GRAIN bytes get an allocation of their own.
const LONG: usize = 63;
const INDEX_BITS: u32 = 26;
/// Blocks in a chunk.
const CHUNK: usize = 1024;

/// Where a block is: its class in the upper 6 bits, its index there in the lower 26.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Place(u32);

/// Blocks of one size, in chunks that never move: growing copies nothing and leaves no holes in the process's memory.
struct Class {
    size: usize,
    chunks: Vec<Vec<u8>>,
    free: Vec<Place>,
}

impl Class {
    fn new(number: usize) -> Self {
        Class {
            size: (number + 1) * GRAIN,
            chunks: Vec::new(),
            free: Vec::new(),
        }
    }

    fn block(&self, index: usize) -> &[u8] {
        &self.chunks[index / CHUNK][index % CHUNK * self.size..][..self.size]
    }

    fn block_mut(&mut self, index: usize) -> &mut [u8] {
        &mut self.chunks[index / CHUNK][index % CHUNK * self.size..][..self.size]
    }

    /// Adds a block and returns its index.
    fn add(&mut self) -> usize {
        let room = CHUNK * self.size;
        if self.chunks.last().is_none_or(|chunk| chunk.len() == room) {
            self.chunks.push(Vec::with_capacity(room));
        }
        let last = self.chunks.len() - 1;
        let chunk = &mut self.chunks[last];
        chunk.resize(chunk.len() + self.size, 0);
        last * CHUNK + chunk.len() / self.size - 1
    }
}

pub struct Records {
    /// The class of index n has blocks of (n + 1) * GRAIN bytes.
    classes: [Class; LONG],
    long: Vec<Box<[u8]>>,
    free_long: Vec<Place>,
}

impl Default for Records {
    fn default() -> Self {
        Records {
            classes: std::array::from_fn(Class::new),
            long: Vec::new(),
            free_long: Vec::new(),
        }
    }
}

impl Place {
    pub fn from_bits(bits: u32) -> Place {
        Place(bits)
    }

    pub fn bits(self) -> u32 {
        self.0
    }

    fn new(class: usize, index: usize) -> Place {
        assert!(
            index < (1 << INDEX_BITS) - 1,
            "fewer than 2^26 blocks of one size"
        );
        Place((class as u32) << INDEX_BITS | index as u32)
    }

    fn class(self) -> usize {
        (self.0 >> INDEX_BITS) as usize
    }

    fn index(self) -> usize {
        (self.0 & ((1 << INDEX_BITS) - 1)) as usize
    }
}

impl Records {
    /// The size of the block that `length` bytes get, at least 1.
    pub fn size_for(length: usize) -> usize {
        if length > LONG * GRAIN {
            length
        } else {
            length.next_multiple_of(GRAIN)
        }
    }

    pub fn get(&self, place: Place) -> &[u8] {
        if place.class() == LONG {
            return &self.long[place.index()];
        }
        self.classes[place.class()].block(place.index())
    }

    pub fn get_mut(&mut self, place: Place) -> &mut [u8] {
        if place.class() == LONG {
            return &mut self.long[place.index()];
        }
        self.classes[place.class()].block_mut(place.index())
    }

    /// A block of a size that `size_for` gave. Its content is not settled.
    pub fn reserve(&mut self, size: usize) -> Place {
        if size > LONG * GRAIN {
            let bytes = vec![0; size].into_boxed_slice();
            let Some(place) = self.free_long.pop() else {
                self.long.push(bytes);
                return Place::new(LONG, self.long.len() - 1);
            };
            self.long[place.index()] = bytes;
            return place;
        }
        let number = size / GRAIN - 1;
        let class = &mut self.classes[number];
        class
            .free
            .pop()
            .unwrap_or_else(|| Place::new(number, class.add()))
    }

    pub fn release(&mut self, place: Place) {
        if place.class() == LONG {
            self.long[place.index()] = Box::default();
            self.free_long.push(place);
        } else {
            self.classes[place.class()].free.push(place);
        }
    }
}
