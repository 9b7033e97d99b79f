//! Appending to the receipts log, a Merkle tree as in RFC 6962 and 9162, of which only the right edge is
//! held: the roots of the perfect subtrees that make up its leaves. Twin: `yuzhong.ledger.twins.merkle_log`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use sha2::{Digest, Sha256};

type Hash = [u8; 32];

/// Entries from which on others may run Python meanwhile.
const WORTH_DETACHING: usize = 64;

fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(entry)
        .finalize()
        .into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// Append one leaf to a log of `size` leaves. Each one bit at the end of `size` is a subtree as large as the
/// one that is carried, so both become one of twice the size.
fn push_leaf(size: u64, edge: &mut Vec<Hash>, leaf: Hash) {
    let mut carried = leaf;
    let keep = edge.len() - size.trailing_ones() as usize;
    for left in edge.drain(keep..).rev() {
        carried = node_hash(&left, &carried);
    }
    edge.push(carried);
}

fn root_of(edge: &[Hash]) -> Hash {
    match edge.split_last() {
        Some((last, before)) => before
            .iter()
            .rev()
            .fold(*last, |right, left| node_hash(left, &right)),
        None => Sha256::digest([]).into(),
    }
}

/// Append `entries`; returns the new size, the new edge (largest subtree first) and the new root.
#[pyfunction]
fn log_append<'py>(
    py: Python<'py>,
    size: u64,
    edge: Vec<PyBackedBytes>,
    entries: Vec<PyBackedBytes>,
) -> PyResult<(u64, Vec<Bound<'py, PyBytes>>, Bound<'py, PyBytes>)> {
    if edge.len() != size.count_ones() as usize {
        return Err(PyValueError::new_err(
            "the edge of a log has one hash for each one bit of its size",
        ));
    }
    let new_size = size.checked_add(entries.len() as u64);
    let new_size = new_size.ok_or_else(|| PyValueError::new_err("a log has fewer than 2^64 entries"))?;
    let edge: Result<Vec<Hash>, _> = edge.iter().map(|hash| Hash::try_from(&hash[..])).collect();
    let mut edge = edge.map_err(|_| PyValueError::new_err("a hash of the edge has 32 bytes"))?;
    let mut append = || {
        for (entry, size) in entries.iter().zip(size..) {
            push_leaf(size, &mut edge, leaf_hash(entry));
        }
        root_of(&edge)
    };
    // Letting the interpreter lock go costs more than a few hashes, and it may be long until it comes back.
    let root = if entries.len() < WORTH_DETACHING {
        append()
    } else {
        py.detach(append)
    };
    let edge = edge.iter().map(|hash| PyBytes::new(py, hash)).collect();
    Ok((new_size, edge, PyBytes::new(py, &root)))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(log_append, module)?)
}
