//! Ed25519 as ZIP-215 has it: any encoding that decodes to a point is a key or an R, s is below the order,
//! and the equation is multiplied by the cofactor. Under these rules, and under few others, a batch says
//! what its signatures say one by one. Source: https://zips.z.cash/zip-0215

use std::collections::HashMap;
use std::iter::once;
use std::sync::{LazyLock, Mutex, PoisonError};

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use rayon::prelude::*;
use sha2::{Digest, Sha512};

/// Fewer claims than this are checked one by one once it is known that one of them is false.
const ONE_BY_ONE: usize = 16;

/// Decoded keys that are remembered, at most; 192 bytes each.
const MAX_REMEMBERED_KEYS: usize = 1 << 14;

type KeyBytes = [u8; 32];

/// A signature that is well formed; whether it is true is a matter of the equation
/// `[8][s]B = [8]R + [8][k]A`.
pub struct Claim {
    key_bytes: KeyBytes,
    key: EdwardsPoint,
    r_bytes: [u8; 32],
    r: EdwardsPoint,
    s: Scalar,
    k: Scalar,
}

impl Claim {
    /// None if R is no point or s is not below the order of the group.
    pub fn new(
        key_bytes: &KeyBytes,
        key: &EdwardsPoint,
        signature: &[u8; 64],
        message: &[u8],
    ) -> Option<Self> {
        let (r_bytes, s_bytes) = signature.split_at(32);
        let r_bytes: [u8; 32] = r_bytes.try_into().ok()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s_bytes.try_into().ok()?))?;
        let r = CompressedEdwardsY(r_bytes).decompress()?;
        let hash = Sha512::new()
            .chain_update(r_bytes)
            .chain_update(key_bytes)
            .chain_update(message);
        Some(Claim {
            key_bytes: *key_bytes,
            key: *key,
            r_bytes,
            r,
            s,
            k: Scalar::from_hash(hash),
        })
    }

    /// Claims of one key stand together when sorted by this, which makes a batch of them cheaper.
    pub fn key_bytes(&self) -> &KeyBytes {
        &self.key_bytes
    }

    /// Whether the equation holds for this claim.
    pub fn holds(&self) -> bool {
        let ours = EdwardsPoint::vartime_double_scalar_mul_basepoint(&self.k, &-self.key, &self.s);
        (ours - self.r).mul_by_cofactor().is_identity()
    }
}

/// Whether the equation holds for every claim.
///
/// The claims' equations are added up, each multiplied by a number of 128 bits that nobody can choose: it
/// comes from a hash over all claims. A false claim therefore passes with a probability of 2^-128, and a
/// true one never fails; the outcome is a function of the bytes alone.
pub fn all_hold(claims: &[Claim]) -> bool {
    let weights = weights(claims);
    let mut base = Scalar::ZERO;
    let mut keys: Vec<(Scalar, EdwardsPoint)> = Vec::with_capacity(claims.len());
    let mut last = None;
    for (claim, weight) in claims.iter().zip(&weights) {
        base -= weight * claim.s;
        match keys.last_mut() {
            Some((sum, _)) if last == Some(&claim.key_bytes) => *sum += weight * claim.k,
            _ => keys.push((weight * claim.k, claim.key)),
        }
        last = Some(&claim.key_bytes);
    }
    let sum = EdwardsPoint::vartime_multiscalar_mul(
        once(&base).chain(keys.iter().map(|(sum, _)| sum)).chain(&weights),
        once(&ED25519_BASEPOINT_POINT)
            .chain(keys.iter().map(|(_, key)| key))
            .chain(claims.iter().map(|claim| &claim.r)),
    );
    sum.mul_by_cofactor().is_identity()
}

fn weights(claims: &[Claim]) -> Vec<Scalar> {
    let mut transcript = Sha512::new();
    transcript.update(b"yuzhong/batch/1");
    for claim in claims {
        // k is itself the hash of R, the key and the message, but reduced: so R and the key go in too.
        transcript.update(claim.key_bytes);
        transcript.update(claim.r_bytes);
        transcript.update(claim.s.as_bytes());
        transcript.update(claim.k.as_bytes());
    }
    let seed = transcript.finalize();
    let mut weights = Vec::with_capacity(claims.len());
    for (block, four) in (0_u64..).zip(claims.chunks(4)) {
        let hash = Sha512::new()
            .chain_update(seed)
            .chain_update(block.to_le_bytes())
            .finalize();
        let numbers = hash
            .chunks_exact(16)
            .map(|bytes| bytes.iter().fold(0, |n, byte| n << 8 | u128::from(*byte)));
        weights.extend(numbers.take(four.len()).map(Scalar::from));
    }
    weights
}

/// Say for each claim whether it holds: as one batch, and if that fails by halves. `false_inside`: it is
/// known that not all hold. Returns whether all do.
pub fn settle(claims: &[Claim], verdicts: &mut [bool], false_inside: bool) -> bool {
    if !false_inside && all_hold(claims) {
        verdicts.fill(true);
        return true;
    }
    if claims.len() <= ONE_BY_ONE {
        for (claim, verdict) in claims.iter().zip(verdicts.iter_mut()) {
            *verdict = claim.holds();
        }
        return verdicts.iter().all(|verdict| *verdict);
    }
    let (left, right) = claims.split_at(claims.len() / 2);
    let (left_verdicts, right_verdicts) = verdicts.split_at_mut(left.len());
    let left_holds = settle(left, left_verdicts, false);
    settle(right, right_verdicts, left_holds) && left_holds
}

/// Whether one signature is valid.
pub fn verify(key_bytes: &KeyBytes, signature: &[u8; 64], message: &[u8]) -> bool {
    let key = CompressedEdwardsY(*key_bytes).decompress();
    key.and_then(|key| Claim::new(key_bytes, &key, signature, message))
        .is_some_and(|claim| claim.holds())
}

/// The points of some keys; a key that is no point is missing. Decoding a key costs a quarter of a batched
/// verification and the same keys sign all day, so those of earlier calls are remembered.
pub fn decode_keys(mut keys: Vec<KeyBytes>) -> HashMap<KeyBytes, EdwardsPoint> {
    static REMEMBERED: LazyLock<Mutex<HashMap<KeyBytes, EdwardsPoint>>> = LazyLock::new(Mutex::default);
    keys.sort_unstable();
    keys.dedup();
    let mut points = HashMap::with_capacity(keys.len());
    let mut unknown = Vec::new();
    {
        let remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            match remembered.get(&key) {
                Some(point) => drop(points.insert(key, *point)),
                None => unknown.push(key),
            }
        }
    }
    if unknown.is_empty() {
        return points;
    }
    let decode = |key: KeyBytes| Some((key, CompressedEdwardsY(key).decompress()?));
    let decoded: Vec<(KeyBytes, EdwardsPoint)> = unknown.into_par_iter().filter_map(decode).collect();
    let mut remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    if remembered.len() + decoded.len() > MAX_REMEMBERED_KEYS {
        remembered.clear();
    }
    remembered.extend(decoded.iter().take(MAX_REMEMBERED_KEYS).copied());
    points.extend(decoded);
    points
}
