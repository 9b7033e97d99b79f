//! ECDSA over P-256 with SHA-256 (FIPS 186-5), signatures as 64 bytes r||s, of which only the one with
//! s <= n/2 is accepted: of the two that are valid for a message, a third party can compute either.

use p256::PublicKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

/// Half of the order of the group, rounded down, big-endian.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, //
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// A public key that is a point of the curve.
pub struct Key {
    uncompressed: Box<[u8]>,
}

impl Key {
    /// From 33 bytes: 02 or 03, then x. None if that is no point.
    pub fn decode(bytes: &[u8; 33]) -> Option<Self> {
        // The decoder knows a third form of 33 bytes, which is not ours.
        if !matches!(bytes[0], 2 | 3) {
            return None;
        }
        let key = PublicKey::from_sec1_bytes(bytes).ok()?;
        Some(Key {
            uncompressed: key.to_sec1_point(false).as_bytes().into(),
        })
    }

    /// Whether r||s is a signature of the message; either s is taken.
    pub fn verify(&self, signature: &[u8; 64], message: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.uncompressed)
            .verify(message, signature)
            .is_ok()
    }
}

/// Whether s <= n/2.
pub fn has_low_s(signature: &[u8; 64]) -> bool {
    signature[32..] <= HALF_ORDER[..]
}
