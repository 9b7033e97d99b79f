//! Blinds: sixteen bytes that keep the hash of a row or of a receipt's leaf from being guessed.
//! Twin: `yuzhong.ledger.twins.blinds`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use sha2::{Digest, Sha256};

const LEAF_CONTEXT: &[u8] = b"yuzhong/blind/1";
const ROW_CONTEXT: &[u8] = b"yuzhong/row-blind/1";
const BLIND_BYTES: usize = 16;

/// The blinds of the receipt at `number`: one for each leaf, from that leaf's salt.
#[pyfunction]
fn leaf_blinds<'py>(
    py: Python<'py>,
    salts: Vec<PyBackedBytes>,
    number: u64,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let mut blinds = Vec::with_capacity(salts.len());
    for (index, salt) in salts.iter().enumerate() {
        let index = u32::try_from(index).map_err(|_| PyValueError::new_err("too many leaves"))?;
        let hash = Sha256::new()
            .chain_update(LEAF_CONTEXT)
            .chain_update(salt)
            .chain_update(number.to_be_bytes())
            .chain_update(index.to_be_bytes())
            .finalize();
        blinds.push(PyBytes::new(py, &hash[..BLIND_BYTES]));
    }
    Ok(blinds)
}

/// The next blind of a private row, from the one before it and the salt of the transaction that writes it.
#[pyfunction]
fn row_blind<'py>(
    py: Python<'py>,
    before: &[u8],
    salt: &[u8],
    packed: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let too_long = |_| PyValueError::new_err("a blind and a salt have at most 255 bytes");
    let lengths = [
        u8::try_from(before.len()).map_err(too_long)?,
        u8::try_from(salt.len()).map_err(too_long)?,
    ];
    let hash = Sha256::new()
        .chain_update(ROW_CONTEXT)
        .chain_update(lengths)
        .chain_update(before)
        .chain_update(salt)
        .chain_update(packed)
        .finalize();
    Ok(PyBytes::new(py, &hash[..BLIND_BYTES]))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(leaf_blinds, module)?)?;
    module.add_function(wrap_pyfunction!(row_blind, module)?)
}
