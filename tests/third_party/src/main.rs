//! Checks what a node serves with libraries that know nothing of it:
//!
//! - `third-party row ROOT KEY VALUE|- PROOF` (hex, hex, hex or `-` for absence, base64): the `ics23` crate
//! - `third-party checkpoint VERIFIER_KEY` with the note on standard input: the `signed_note` crate
//!
//! Prints what was verified; exit code 1 and the reason where it does not hold.

use std::io::Read;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ics23::{CommitmentProof, HashOp, HostFunctionsProvider, InnerSpec, LeafOp, LengthOp, ProofSpec};
use prost::Message;
use sha2::{Digest, Sha256};
use signed_note::{Note, StandardVerifier, VerifierList};

/// The proofs hash with SHA-256 only; a proof that asks for another hash ends the program.
struct Sha256Only;

impl HostFunctionsProvider for Sha256Only {
    fn sha2_256(message: &[u8]) -> [u8; 32] {
        Sha256::digest(message).into()
    }

    fn sha2_512(_: &[u8]) -> [u8; 64] {
        panic!("SHA-512 is not part of the tree's specification")
    }

    fn sha2_512_truncated(_: &[u8]) -> [u8; 32] {
        panic!("SHA-512 is not part of the tree's specification")
    }

    fn keccak_256(_: &[u8]) -> [u8; 32] {
        panic!("Keccak is not part of the tree's specification")
    }

    fn ripemd160(_: &[u8]) -> [u8; 20] {
        panic!("RIPEMD is not part of the tree's specification")
    }

    fn blake2b_512(_: &[u8]) -> [u8; 64] {
        panic!("BLAKE2 is not part of the tree's specification")
    }

    fn blake2s_256(_: &[u8]) -> [u8; 32] {
        panic!("BLAKE2 is not part of the tree's specification")
    }

    fn blake3(_: &[u8]) -> [u8; 32] {
        panic!("BLAKE3 is not part of the tree's specification")
    }
}

/// How the state tree hashes: the specification that the `jmt` crate publishes for its trees.
fn tree() -> ProofSpec {
    let inner_prefix = b"JMT::IntrnalNode".len() as i32;
    ProofSpec {
        leaf_spec: Some(LeafOp {
            hash: HashOp::Sha256.into(),
            prehash_key: HashOp::Sha256.into(),
            prehash_value: HashOp::Sha256.into(),
            length: LengthOp::NoPrefix.into(),
            prefix: b"JMT::LeafNode".to_vec(),
        }),
        inner_spec: Some(InnerSpec {
            hash: HashOp::Sha256.into(),
            child_order: vec![0, 1],
            min_prefix_length: inner_prefix,
            max_prefix_length: inner_prefix,
            child_size: 32,
            empty_child: b"SPARSE_MERKLE_PLACEHOLDER_HASH__".to_vec(),
        }),
        min_depth: 0,
        max_depth: 64,
        prehash_key_before_comparison: true,
    }
}

fn row(root: &str, key: &str, value: &str, proof: &str) -> Result<String, String> {
    let read = |text: &str| hex::decode(text).map_err(|error| error.to_string());
    let (root, key) = (read(root)?, read(key)?);
    let proof = STANDARD.decode(proof).map_err(|error| error.to_string())?;
    let proof = CommitmentProof::decode(proof.as_slice()).map_err(|error| error.to_string())?;
    let holds = match value {
        "-" => ics23::verify_non_membership::<Sha256Only>(&proof, &tree(), &root, &key),
        _ => ics23::verify_membership::<Sha256Only>(&proof, &tree(), &root, &key, &read(value)?),
    };
    if holds {
        Ok(String::from(if value == "-" { "absent" } else { "present" }))
    } else {
        Err(String::from("ics23 does not accept the proof"))
    }
}

fn checkpoint(verifier_key: &str) -> Result<String, String> {
    let mut data = Vec::new();
    std::io::stdin()
        .read_to_end(&mut data)
        .map_err(|error| error.to_string())?;
    let verifier = StandardVerifier::new(verifier_key).map_err(|error| error.to_string())?;
    let note = Note::from_bytes(&data).map_err(|error| error.to_string())?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)]))
        .map_err(|error| error.to_string())?;
    String::from_utf8(note.text().to_vec()).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let checked = match words.as_slice() {
        ["row", root, key, value, proof] => row(root, key, value, proof),
        ["checkpoint", verifier_key] => checkpoint(verifier_key),
        _ => Err(String::from(
            "usage: third-party row ROOT KEY VALUE|- PROOF | checkpoint VERIFIER_KEY",
        )),
    };
    match checked {
        Ok(found) => {
            print!("{found}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
