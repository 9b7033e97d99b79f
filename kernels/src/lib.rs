//! Functions of the ledger that replace their plain Python twins (`yuzhong.ledger.twins`): the same results
//! from the same bytes, only faster.

#![forbid(unsafe_code)]

use pyo3::prelude::*;

mod blinds;
mod cbor;
mod chunked;
mod codec;
pub mod ecdsa_p256;
pub mod ed25519;
mod failures;
pub mod hashing;
mod head;
mod key_table;
mod log;
mod nodes;
mod order;
mod paths;
mod proof;
mod records;
pub mod row_map;
mod rows;
mod shape;
mod state;
mod tree;
pub mod verify;

#[pymodule]
fn _kernels(module: &Bound<'_, PyModule>) -> PyResult<()> {
    blinds::register(module)?;
    cbor::register(module)?;
    codec::register(module)?;
    log::register(module)?;
    state::register(module)?;
    verify::register(module)
}
