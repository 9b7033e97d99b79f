//! The hashes of the state tree, byte for byte those of the `jmt` crate 0.12 with SHA-256.
//!
//! The messages have fixed lengths, so they are laid out as padded blocks and go to the compression function
//! directly: that saves the buffering of a general hasher.

use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// What stands for a subtree without rows.
pub const EMPTY_ROOT: Hash = *b"SPARSE_MERKLE_PLACEHOLDER_HASH__";
pub const LEAF_PREFIX: &[u8; 13] = b"JMT::LeafNode";
pub const INNER_PREFIX: &[u8; 16] = b"JMT::IntrnalNode";

/// FIPS 180-4, 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// The longest message that fits into one block together with its padding.
const ONE_BLOCK: usize = 55;

pub fn sha256(message: &[u8]) -> Hash {
    if message.len() > ONE_BLOCK {
        return Sha256::digest(message).into();
    }
    let mut block = [0u8; 64];
    block[..message.len()].copy_from_slice(message);
    block[message.len()] = 0x80;
    block[62..].copy_from_slice(&(message.len() as u16 * 8).to_be_bytes());
    compress(&[block])
}

pub fn leaf_hash(key_hash: &Hash, value_hash: &Hash) -> Hash {
    let message = concatenation::<77>(LEAF_PREFIX, key_hash, value_hash);
    compress(&message)
}

pub fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    let message = concatenation::<80>(INNER_PREFIX, left, right);
    compress(&message)
}

/// `prefix`, `first` and `second`, LENGTH bytes together, as two padded blocks.
#[inline(always)]
fn concatenation<const LENGTH: usize>(prefix: &[u8], first: &Hash, second: &Hash) -> [[u8; 64]; 2] {
    let mut bytes = [0u8; 128];
    let start = prefix.len();
    bytes[..start].copy_from_slice(prefix);
    bytes[start..start + 32].copy_from_slice(first);
    bytes[start + 32..start + 64].copy_from_slice(second);
    bytes[LENGTH] = 0x80;
    bytes[126..].copy_from_slice(&(LENGTH as u16 * 8).to_be_bytes());
    let mut blocks = [[0u8; 64]; 2];
    blocks[0].copy_from_slice(&bytes[..64]);
    blocks[1].copy_from_slice(&bytes[64..]);
    blocks
}

#[inline(always)]
fn compress(blocks: &[[u8; 64]]) -> Hash {
    let mut state = INITIAL;
    compress256(&mut state, blocks);
    let mut hash = [0u8; 32];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

/// Bit `depth` of a key's hash, from the most significant: false goes left.
#[inline(always)]
pub fn goes_right(key_hash: &Hash, depth: usize) -> bool {
    key_hash[depth / 8] >> (7 - depth % 8) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_layouts_equal_the_general_hasher() {
        for length in [0, 1, 54, 55, 56, 63, 64, 65, 1000] {
            let message = vec![7u8; length];
            assert_eq!(sha256(&message), <Hash>::from(Sha256::digest(&message)));
        }
        let (a, b) = (sha256(b"a"), sha256(b"b"));
        let leaf = [LEAF_PREFIX.as_slice(), &a, &b].concat();
        assert_eq!(leaf_hash(&a, &b), <Hash>::from(Sha256::digest(leaf)));
        let inner = [INNER_PREFIX.as_slice(), &a, &b].concat();
        assert_eq!(inner_hash(&a, &b), <Hash>::from(Sha256::digest(inner)));
    }
}
