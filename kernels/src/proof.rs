//! Proofs that a row is in the tree, or that a key is not, as the protobuf bytes of an ics23 `CommitmentProof`.
//!
//! Format: cosmos/ics23 `proofs.proto`, with the specification that the `jmt` crate publishes for its tree.

use crate::hashing::{INNER_PREFIX, LEAF_PREFIX, sha256};
use crate::paths::Step;
use crate::rows::{RowId, Rows};
use crate::tree::Tree;

// The wire type "length-delimited" and the type "varint" of protobuf.
const BYTES: u8 = 2;
const VARINT: u8 = 0;
/// `HashOp.SHA256`.
const SHA256: u8 = 1;

/// The proof for `key`: of its row when it has one, otherwise that its neighbours by key hash stand side by side.
/// No row may have changed since the tree took them in.
pub fn prove(key: &[u8], tree: &Tree, rows: &Rows) -> Vec<u8> {
    let mut proof = Vec::new();
    match rows.find(key) {
        Some(found) => put_bytes(&mut proof, 1, &existence(found.row, tree, rows)),
        None => put_bytes(&mut proof, 2, &absence(key, tree, rows)),
    }
    proof
}

fn absence(key: &[u8], tree: &Tree, rows: &Rows) -> Vec<u8> {
    let key_hash = sha256(key);
    let mut message = Vec::new();
    put_bytes(&mut message, 1, key);
    if let Some(left) = tree.row_before(&key_hash, rows) {
        put_bytes(&mut message, 2, &existence(left, tree, rows));
    }
    if let Some(&right) = tree.rows_after(Some(&key_hash), 1, rows).first() {
        put_bytes(&mut message, 3, &existence(right, tree, rows));
    }
    message
}

fn existence(row: RowId, tree: &Tree, rows: &Rows) -> Vec<u8> {
    let (key, value) = rows.both(row);
    let mut message = Vec::new();
    put_bytes(&mut message, 1, key);
    put_bytes(&mut message, 2, value);
    put_bytes(&mut message, 3, &leaf_operation());
    for step in tree.path(&sha256(key), rows).iter().rev() {
        put_bytes(&mut message, 4, &inner_operation(step));
    }
    message
}

/// SHA-256 over prefix, SHA-256(key) and SHA-256(value), without lengths.
fn leaf_operation() -> Vec<u8> {
    let mut message = Vec::new();
    for field in 1..=3 {
        message.extend([field << 3 | VARINT, SHA256]);
    }
    put_bytes(&mut message, 5, LEAF_PREFIX);
    message
}

/// SHA-256 over prefix, what is proved so far, and suffix.
fn inner_operation(step: &Step) -> Vec<u8> {
    let mut message = vec![1 << 3 | VARINT, SHA256];
    if step.right {
        put_bytes(
            &mut message,
            2,
            &[INNER_PREFIX.as_slice(), &step.sibling].concat(),
        );
    } else {
        put_bytes(&mut message, 2, INNER_PREFIX);
        put_bytes(&mut message, 3, &step.sibling);
    }
    message
}

fn put_bytes(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    message.push(field << 3 | BYTES);
    let mut length = bytes.len();
    while length >= 0x80 {
        message.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend_from_slice(bytes);
}
