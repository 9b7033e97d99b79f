//! The published vectors of `tests/vectors` through the compiled signature functions, on raw messages.

use std::path::Path;

use _kernels::{ecdsa_p256, ed25519};
use serde_json::Value;

fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/vectors")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(case: &Value, part: &str) -> Vec<u8> {
    let text = case[part].as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn array<const N: usize>(case: &Value, part: &str) -> [u8; N] {
    bytes(case, part).try_into().unwrap()
}

#[test]
fn ed25519_cases_are_valid_as_they_say() {
    let vectors = load("ed25519.json");
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let valid = ed25519::verify(
            &array(case, "key"),
            &array(case, "signature"),
            &bytes(case, "message"),
        );
        assert_eq!(valid, case["valid"].as_bool().unwrap(), "{}", case["note"]);
    }
}

#[test]
fn the_196_pairs_of_small_order_points_sign_zcash() {
    let vectors = load("zip215_small_order.json");
    let encodings: Vec<[u8; 32]> = vectors["encodings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|encoding| array(&serde_json::json!({ "point": encoding }), "point"))
        .collect();
    let mut pairs = 0;
    for key in &encodings {
        for r in &encodings {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(r);
            assert!(ed25519::verify(key, &signature, &bytes(&vectors, "message")));
            pairs += 1;
        }
    }
    assert_eq!(pairs, 196);
}

#[test]
fn p256_cases_are_valid_as_they_say() {
    let vectors = load("ecdsa_p256.json");
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 49);
    for case in cases {
        let key = ecdsa_p256::Key::decode(&array(case, "key")).unwrap();
        let signature = array(case, "signature");
        let valid = key.verify(&signature, &bytes(case, "message"));
        assert_eq!(valid, case["valid"].as_bool().unwrap(), "{}", case["note"]);
        assert_eq!(
            ecdsa_p256::has_low_s(&signature),
            case["low_s"].as_bool().unwrap(),
            "{}",
            case["note"]
        );
    }
}

#[test]
fn p256_keys_are_valid_as_they_say() {
    for case in load("ecdsa_p256.json")["keys"].as_array().unwrap() {
        let valid = ecdsa_p256::Key::decode(&array(case, "key")).is_some();
        assert_eq!(valid, case["valid"].as_bool().unwrap(), "{}", case["note"]);
    }
}
