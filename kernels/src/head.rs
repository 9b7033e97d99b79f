//! Heads of CBOR items (RFC 8949, 3): three bits of major type and an argument of 0, 1, 2, 4 or 8 more
//! bytes, always in its shortest form (4.2.1). Everything that reads or writes CBOR goes through here.

use crate::failures::{Checked, Fault};

pub const UNSIGNED: u8 = 0;
pub const NEGATIVE: u8 = 1;
pub const BYTES: u8 = 2;
pub const TEXT: u8 = 3;
pub const ARRAY: u8 = 4;
pub const MAP: u8 = 5;

pub const FALSE: u8 = 0xf4;
pub const TRUE: u8 = 0xf5;
pub const NULL: u8 = 0xf6;

/// Arrays and maps inside one another, at most.
pub const MAX_DEPTH: usize = 16;

/// Append the head of an item to `out`.
pub fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let lead = major << 5;
    let bytes = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(lead | bytes[7]),
        24..=0xff => out.extend_from_slice(&[lead | 24, bytes[7]]),
        0x100..=0xffff => {
            out.push(lead | 25);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(lead | 26);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(lead | 27);
            out.extend_from_slice(&bytes);
        }
    }
}

/// Append an integer; false if it lies outside -2^64..2^64-1, which CBOR cannot hold without tags.
pub fn write_integer(out: &mut Vec<u8>, value: i128) -> bool {
    let (major, argument) = if value < 0 {
        (NEGATIVE, -1 - value)
    } else {
        (UNSIGNED, value)
    };
    match u64::try_from(argument) {
        Ok(argument) => {
            write_head(out, major, argument);
            true
        }
        Err(_) => false,
    }
}

/// Append a byte string (or a text, with its major type).
pub fn write_string(out: &mut Vec<u8>, major: u8, bytes: &[u8]) {
    write_head(out, major, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A cursor over bytes that are being decoded.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Reader { rest: data }
    }

    /// How many bytes are not read yet.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// The bytes not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte, without moving past it.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Move past the next byte.
    pub fn skip(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// The next `length` bytes. A claimed length is compared with what is left before anything is done.
    pub fn take(&mut self, length: u64) -> Checked<&'a [u8]> {
        match usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length))
        {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(Fault::form("cut short")),
        }
    }

    /// The argument of an item of one of two major types, and whether it is the second; otherwise `why`.
    pub fn either(&mut self, first: u8, second: u8, why: &'static str) -> Checked<(u64, bool)> {
        let Some(lead) = self.peek() else {
            return Err(Fault::form("cut short"));
        };
        let major = lead >> 5;
        if major != first && major != second {
            return Err(Fault::form(why));
        }
        self.skip();
        Ok((self.argument(lead & 0x1f)?, major == second))
    }

    /// The argument of an item of this major type; otherwise `why`.
    pub fn head(&mut self, major: u8, why: &'static str) -> Checked<u64> {
        Ok(self.either(major, major, why)?.0)
    }

    /// An integer in the range of CBOR.
    pub fn integer(&mut self) -> Checked<i128> {
        let (argument, negative) = self.either(UNSIGNED, NEGATIVE, "expected an integer")?;
        let value = i128::from(argument);
        Ok(if negative { -1 - value } else { value })
    }

    /// Refuse what follows the one item that was expected.
    pub fn finish(&self) -> Checked<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Fault::form("trailing bytes"))
        }
    }

    fn argument(&mut self, info: u8) -> Checked<u64> {
        let (value, least) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (self.big_endian(1)?, 24),
            25 => (self.big_endian(2)?, 0x100),
            26 => (self.big_endian(4)?, 0x1_0000),
            27 => (self.big_endian(8)?, 0x1_0000_0000),
            _ => return Err(Fault::form("reserved or indefinite length")),
        };
        if value < least {
            Err(Fault::form("not in its shortest form"))
        } else {
            Ok(value)
        }
    }

    fn big_endian(&mut self, width: u64) -> Checked<u64> {
        Ok(self
            .take(width)?
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }
}
