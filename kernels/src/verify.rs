//! Verification of many COSE_Sign1 signatures (RFC 9052) at once, on all cores and without the interpreter
//! lock. Twin: `yuzhong.ledger.twins.signatures`.

use curve25519_dalek::edwards::EdwardsPoint;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::ecdsa_p256;
use crate::ed25519::{self, Claim};
use crate::head::{ARRAY, BYTES, TEXT, write_head, write_string};

/// Claims in a batch, at most. More are cheaper each, until their points leave the cache.
const MAX_BATCH: usize = 512;

/// The canonical protected header `{1: -8, 4: key}` up to its 32-byte key.
const ED25519_HEADER: [u8; 6] = [0xa2, 0x01, 0x27, 0x04, 0x58, 0x20];

/// The canonical protected header `{1: -7, 4: key}` up to its 33-byte key.
const P256_HEADER: [u8; 6] = [0xa2, 0x01, 0x26, 0x04, 0x58, 0x21];

/// What is said about one signature; the first rule that it breaks, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    Good = 0,
    HeaderMustBeCanonical = 1,
    KeyMustBeValid = 2,
    SignatureMustBe64Bytes = 3,
    SignatureSMustBeLow = 4,
    SignatureMustVerify = 5,
}

/// The key that a protected header names.
enum Header<'a> {
    Ed25519(&'a [u8; 32]),
    P256(&'a [u8; 33]),
}

fn parse_header(protected: &[u8]) -> Option<Header<'_>> {
    if let Some(key) = protected.strip_prefix(&ED25519_HEADER) {
        key.try_into().ok().map(Header::Ed25519)
    } else {
        protected
            .strip_prefix(&P256_HEADER)?
            .try_into()
            .ok()
            .map(Header::P256)
    }
}

/// What is signed: `["Signature1", protected, external_aad, payload]`.
fn sig_structure(protected: &[u8], external_aad: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(protected.len() + external_aad.len() + payload.len() + 40);
    write_head(&mut out, ARRAY, 4);
    write_string(&mut out, TEXT, b"Signature1");
    write_string(&mut out, BYTES, protected);
    write_string(&mut out, BYTES, external_aad);
    write_string(&mut out, BYTES, payload);
    out
}

fn see_p256(key: &[u8; 33], signature: &[u8], message: &[u8]) -> Verdict {
    let Some(key) = ecdsa_p256::Key::decode(key) else {
        return Verdict::KeyMustBeValid;
    };
    match <&[u8; 64]>::try_from(signature) {
        Err(_) => Verdict::SignatureMustBe64Bytes,
        Ok(signature) if !ecdsa_p256::has_low_s(signature) => Verdict::SignatureSMustBeLow,
        Ok(signature) if !key.verify(signature, message) => Verdict::SignatureMustVerify,
        Ok(_) => Verdict::Good,
    }
}

/// The verdict on one Ed25519 signature; with a claim, it is Good if its equation holds.
fn see_ed25519(
    key_bytes: &[u8; 32],
    key: Option<&EdwardsPoint>,
    signature: &[u8],
    message: &[u8],
) -> (Verdict, Option<Claim>) {
    let Some(key) = key else {
        return (Verdict::KeyMustBeValid, None);
    };
    match <&[u8; 64]>::try_from(signature) {
        Err(_) => (Verdict::SignatureMustBe64Bytes, None),
        Ok(signature) => (
            Verdict::SignatureMustVerify,
            Claim::new(key_bytes, key, signature, message),
        ),
    }
}

/// One verdict and one identity (SHA-256 of what is signed) for each `(protected, payload, signature)`.
pub fn verify_all<B: AsRef<[u8]> + Sync>(
    external_aad: &[u8],
    items: &[(B, B, B)],
) -> (Vec<Verdict>, Vec<[u8; 32]>) {
    let headers: Vec<_> = items
        .iter()
        .map(|(protected, ..)| parse_header(protected.as_ref()))
        .collect();
    let ed25519_key = |header: &Option<Header<'_>>| match header {
        Some(Header::Ed25519(key)) => Some(**key),
        _ => None,
    };
    let keys = ed25519::decode_keys(headers.iter().filter_map(ed25519_key).collect());
    let see = |((protected, payload, signature), header): (&(B, B, B), &Option<Header<'_>>)| {
        let message = sig_structure(protected.as_ref(), external_aad, payload.as_ref());
        let signature = signature.as_ref();
        let seen = match header {
            None => (Verdict::HeaderMustBeCanonical, None),
            Some(Header::P256(key)) => (see_p256(key, signature, &message), None),
            Some(Header::Ed25519(key)) => see_ed25519(key, keys.get(*key), signature, &message),
        };
        let identity: [u8; 32] = Sha256::digest(&message).into();
        (seen, identity)
    };
    let (seen, identities): (Vec<_>, Vec<_>) = items.par_iter().zip(&headers).map(see).unzip();
    (settle(seen), identities)
}

/// Decide the claims in batches, with those of one key side by side.
fn settle(seen: Vec<(Verdict, Option<Claim>)>) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(seen.len());
    let mut claimed = Vec::with_capacity(seen.len());
    for (place, (verdict, claim)) in seen.into_iter().enumerate() {
        verdicts.push(verdict);
        claimed.extend(claim.map(|claim| (place, claim)));
    }
    claimed.sort_by(|(_, left), (_, right)| left.key_bytes().cmp(right.key_bytes()));
    let (places, claims): (Vec<usize>, Vec<Claim>) = claimed.into_iter().unzip();
    let mut good = vec![false; claims.len()];
    let size = batch_size(claims.len());
    claims
        .par_chunks(size)
        .zip(good.par_chunks_mut(size))
        .for_each(|(claims, good)| {
            ed25519::settle(claims, good, false);
        });
    for (place, good) in places.into_iter().zip(good) {
        if good {
            verdicts[place] = Verdict::Good;
        }
    }
    verdicts
}

/// The size of batches that keeps every core equally busy.
fn batch_size(count: usize) -> usize {
    let cores = rayon::current_num_threads();
    let batches = count.div_ceil(MAX_BATCH).next_multiple_of(cores);
    count.div_ceil(batches.max(1)).max(1)
}

/// Verify `items` = (protected, payload, signature); returns one verdict byte an item and their identities.
#[pyfunction]
fn verify_signatures<'py>(
    py: Python<'py>,
    external_aad: PyBackedBytes,
    items: Vec<(PyBackedBytes, PyBackedBytes, PyBackedBytes)>,
) -> (Bound<'py, PyBytes>, Vec<Bound<'py, PyBytes>>) {
    let (verdicts, identities) = py.detach(|| verify_all(&external_aad, &items));
    let verdicts: Vec<u8> = verdicts.into_iter().map(|verdict| verdict as u8).collect();
    let identities = identities
        .iter()
        .map(|identity| PyBytes::new(py, identity))
        .collect();
    (PyBytes::new(py, &verdicts), identities)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(verify_signatures, module)?)
}
