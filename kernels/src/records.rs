//! Byte strings that change often, kept without an allocation for each: short ones of one size stand in one vector.

/// Longer byte strings get an allocation of their own.
const MAX_SHORT: usize = 512;
/// Short ones are rounded up to a multiple of this.
const GRAIN: usize = 8;

/// Where a byte string is. Only the `Records` that gave it can read it.
#[derive(Clone, Copy, Default)]
pub struct Place {
    index: u32,
    length: u32,
}

/// Byte strings of one rounded length, one behind the other.
#[derive(Default)]
struct Class {
    bytes: Vec<u8>,
    free: Vec<u32>,
}

pub struct Records {
    /// The class of index n has strings of n * GRAIN + 1 to (n + 1) * GRAIN bytes.
    classes: [Class; MAX_SHORT / GRAIN],
    long: Vec<Box<[u8]>>,
    free_long: Vec<u32>,
}

impl Default for Records {
    fn default() -> Self {
        Records {
            classes: std::array::from_fn(|_| Class::default()),
            long: Vec::new(),
            free_long: Vec::new(),
        }
    }
}

impl Place {
    fn is_short(self) -> bool {
        self.length as usize <= MAX_SHORT
    }

    /// The class, and where in it the string begins.
    fn short(self) -> (usize, usize) {
        let class = (self.length as usize - 1) / GRAIN;
        (class, self.index as usize * (class + 1) * GRAIN)
    }
}

impl Records {
    pub fn get(&self, place: Place) -> &[u8] {
        if !place.is_short() {
            return &self.long[place.index as usize];
        }
        let (class, start) = place.short();
        &self.classes[class].bytes[start..start + place.length as usize]
    }

    pub fn get_mut(&mut self, place: Place) -> &mut [u8] {
        if !place.is_short() {
            return &mut self.long[place.index as usize];
        }
        let (class, start) = place.short();
        &mut self.classes[class].bytes[start..start + place.length as usize]
    }

    /// Room for a byte string of 1 to 2^32 - 1 bytes, whose content is not settled.
    pub fn reserve(&mut self, length: usize) -> Place {
        let mut place = Place {
            index: 0,
            length: u32::try_from(length).expect("lengths are checked before"),
        };
        if !place.is_short() {
            place.index = self.free_long.pop().unwrap_or(self.long.len() as u32);
            let bytes = vec![0; length].into_boxed_slice();
            match self.long.get_mut(place.index as usize) {
                Some(free) => *free = bytes,
                None => self.long.push(bytes),
            }
            return place;
        }
        let (class, _) = place.short();
        let size = (class + 1) * GRAIN;
        let class = &mut self.classes[class];
        place.index = class.free.pop().unwrap_or_else(|| {
            class.bytes.resize(class.bytes.len() + size, 0);
            u32::try_from(class.bytes.len() / size - 1).expect("fewer than 2^32 records")
        });
        place
    }

    pub fn release(&mut self, place: Place) {
        if place.is_short() {
            self.classes[place.short().0].free.push(place.index);
        } else {
            self.long[place.index as usize] = Box::default();
            self.free_long.push(place.index);
        }
    }
}
