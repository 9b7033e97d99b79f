//! Batches of Ed25519 signatures against `ed25519-zebra`, which verifies each by ZIP-215 on its own.

use _kernels::verify::{Verdict, verify_all};
use curve25519_dalek::constants::EIGHT_TORSION;
use ed25519_zebra::{Signature, SigningKey, VerificationKey, VerificationKeyBytes};

const AAD: &[u8] = b"yuzhong/tx/1test";

/// What is signed, written out: every part here is shorter than 256 bytes, and the payload than 24.
fn signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = b"\x84\x6aSignature1\x58\x26".to_vec();
    out.extend_from_slice(protected);
    out.push(0x40 | AAD.len() as u8);
    out.extend_from_slice(AAD);
    out.push(0x40 | payload.len() as u8);
    out.extend_from_slice(payload);
    out
}

fn header(key: [u8; 32]) -> Vec<u8> {
    [&[0xa2, 0x01, 0x27, 0x04, 0x58, 0x20][..], &key].concat()
}

/// A signature of one of 50 keys. Of 11, one is a pair of small-order points and one has a bit flipped.
fn item(number: usize, flipped: bool) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let payload = number.to_be_bytes().to_vec();
    if number % 11 == 3 {
        let (key, r) = (EIGHT_TORSION[number % 8], EIGHT_TORSION[number / 8 % 8]);
        let mut signature = vec![0; 64];
        signature[..32].copy_from_slice(&r.compress().to_bytes());
        return (header(key.compress().to_bytes()), payload, signature);
    }
    let key = SigningKey::from([1 + (number % 50) as u8; 32]);
    let protected = header(VerificationKeyBytes::from(&key).into());
    let mut signature = key.sign(&signed(&protected, &payload)).to_bytes().to_vec();
    if flipped && number % 11 == 7 {
        signature[number % 64] ^= 1 << (number / 64 % 8);
    }
    (protected, payload, signature)
}

fn alone((protected, payload, signature): &(Vec<u8>, Vec<u8>, Vec<u8>)) -> Verdict {
    let key = VerificationKeyBytes::from(<[u8; 32]>::try_from(&protected[6..]).unwrap());
    let signature = Signature::from_slice(signature).unwrap();
    match VerificationKey::try_from(key)
        .unwrap()
        .verify(&signature, &signed(protected, payload))
    {
        Ok(()) => Verdict::Good,
        Err(_) => Verdict::SignatureMustVerify,
    }
}

#[test]
fn batches_of_every_size_say_what_signatures_say_alone() {
    for (count, flipped) in [
        (1, false),
        (2, true),
        (15, true),
        (16, true),
        (17, true),
        (300, false),
        (1200, true),
    ] {
        let items: Vec<_> = (0..count).map(|number| item(number, flipped)).collect();
        let (verdicts, identities) = verify_all(AAD, &items);
        assert_eq!(identities.len(), count);
        assert_eq!(
            verdicts,
            items.iter().map(alone).collect::<Vec<_>>(),
            "{count} items"
        );
        assert_eq!(
            verdicts.iter().all(|verdict| *verdict == Verdict::Good),
            !flipped || count < 8
        );
    }
}
