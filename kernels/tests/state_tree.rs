//! The state map against the `jmt` crate as oracle of its roots and the `ics23` crate as judge of its proofs.

use std::collections::BTreeMap;

use _kernels::hashing::{EMPTY_ROOT, Hash, sha256};
use _kernels::row_map::{MapError, RowMap};
use ics23::commitment_proof::Proof;
use ics23::{CommitmentProof, HostFunctionsManager, verify_membership, verify_non_membership};
use jmt::mock::MockTreeStore;
use jmt::{KeyHash, Sha256Jmt, ics23_spec};
use prost::Message;

type Content = BTreeMap<Vec<u8>, Vec<u8>>;

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn key(&mut self, keys: u64) -> Vec<u8> {
        self.below(keys).to_be_bytes().to_vec()
    }

    fn value(&mut self) -> Vec<u8> {
        let length = 1 + self.below(80);
        (0..length).map(|_| self.below(256) as u8).collect()
    }
}

/// The `jmt` crate's tree, fed with the same writes.
struct Oracle {
    store: MockTreeStore,
    version: u64,
}

impl Oracle {
    fn new() -> Self {
        Oracle {
            store: MockTreeStore::default(),
            version: 0,
        }
    }

    fn root_after(&mut self, writes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Hash {
        let changes = writes
            .iter()
            .map(|(key, value)| (KeyHash(sha256(key)), value.clone()));
        let (root, batch) = Sha256Jmt::new(&self.store)
            .put_value_set(changes, self.version)
            .unwrap();
        self.store.write_tree_update_batch(batch).unwrap();
        self.version += 1;
        root.0
    }
}

/// A block of random writes on the map, some of them undone; returns those that lasted.
fn random_block(chance: &mut Chance, map: &mut RowMap, keys: u64, content: &mut Content) -> Vec<Vec<u8>> {
    let deletes_in_ten = chance.below(10);
    let mut written = Vec::new();
    for _ in 0..=chance.below(40) {
        let (mark, before) = (map.mark(), content.clone());
        for _ in 0..=chance.below(4) {
            let key = chance.key(keys);
            if chance.below(10) >= deletes_in_ten {
                let value = chance.value();
                map.put(&key, &value).unwrap();
                content.insert(key.clone(), value);
            } else {
                let expected = content.remove(&key).map(|_| ()).ok_or(MapError::NoSuchKey);
                assert_eq!(map.delete(&key), expected);
            }
            written.push(key);
        }
        if chance.below(4) == 0 {
            map.undo(mark).unwrap();
            *content = before;
        }
    }
    written
}

fn check_content(map: &mut RowMap, content: &Content) {
    let scanned: Content = map
        .scan(b"", &[0xff; 9], usize::MAX)
        .map(|(k, v)| (k.to_vec(), v.to_vec()))
        .collect();
    assert_eq!(scanned, *content);
    assert_eq!(map.len(), content.len());
    let by_hash: Vec<Hash> = map
        .rows(None, usize::MAX)
        .unwrap()
        .map(|(key, _)| sha256(key))
        .collect();
    assert_eq!(by_hash.len(), content.len());
    assert!(by_hash.is_sorted());
}

#[test]
fn roots_equal_those_of_jmt_over_random_blocks_with_deletions() {
    for seed in 0..100 {
        let chance = &mut Chance(seed);
        let keys = [3, 8, 40, 400, 1 << 40][seed as usize % 5];
        let (mut map, mut oracle, mut content) = (RowMap::default(), Oracle::new(), Content::new());
        for height in 0..20 {
            let before = content.clone();
            let written = random_block(chance, &mut map, keys, &mut content);
            let changed = written
                .into_iter()
                .filter(|key| before.get(key) != content.get(key));
            let writes = changed
                .map(|key| (key.clone(), content.get(&key).cloned()))
                .collect();
            let expected = oracle.root_after(&writes);
            assert_eq!(
                map.seal(height).unwrap(),
                expected,
                "seed {seed}, height {height}"
            );
            check_content(&mut map, &content);
        }
    }
}

#[test]
fn a_large_block_and_its_removal_give_the_roots_of_jmt() {
    let chance = &mut Chance(7);
    let (mut map, mut oracle) = (RowMap::default(), Oracle::new());
    let rows: Content = (0..8_000)
        .map(|_| (chance.key(u64::MAX), chance.value()))
        .collect();
    rows.iter().for_each(|(key, value)| map.put(key, value).unwrap());
    let writes = rows
        .iter()
        .map(|(key, value)| (key.clone(), Some(value.clone())))
        .collect();
    assert_eq!(map.seal(0).unwrap(), oracle.root_after(&writes));
    let keys: Vec<&Vec<u8>> = rows.keys().collect();
    for (height, part) in keys.chunks(1_500).enumerate() {
        part.iter().for_each(|key| map.delete(key).unwrap());
        let writes = part.iter().map(|key| (key.to_vec(), None)).collect();
        assert_eq!(map.seal(height as u64).unwrap(), oracle.root_after(&writes));
    }
    assert_eq!(map.root(), EMPTY_ROOT);
    assert!(map.is_empty());
}

#[test]
fn the_root_depends_on_the_content_alone() {
    let chance = &mut Chance(11);
    let (mut map, mut content) = (RowMap::default(), Content::new());
    for height in 0..50 {
        random_block(chance, &mut map, 500, &mut content);
        let root = map.seal(height).unwrap();
        let mut loaded = RowMap::default();
        for (key, value) in map.rows(None, usize::MAX).unwrap() {
            loaded.load(key, value).unwrap();
        }
        assert_eq!(loaded.seal(height).unwrap(), root);
        check_content(&mut loaded, &content);
    }
}

#[test]
fn ics23_accepts_proofs_for_present_and_absent_keys() {
    for seed in 0..24 {
        let chance = &mut Chance(seed);
        let (mut map, mut content) = (RowMap::default(), Content::new());
        let keys = [2, 5, 30, 300][seed as usize % 4];
        for height in 0..6 {
            random_block(chance, &mut map, keys, &mut content);
            let root = map.seal(height).unwrap().to_vec();
            for key in (0..keys + 20).map(|key| key.to_be_bytes()) {
                let proof = CommitmentProof::decode(map.prove(&key).unwrap().as_slice()).unwrap();
                let value = content.get(key.as_slice());
                let is_proved = match value {
                    Some(value) => is_member(&proof, &root, &key, value),
                    None => is_absent(&proof, &root, &key),
                };
                assert_eq!(
                    is_proved,
                    !content.is_empty(),
                    "seed {seed}, height {height}, key {key:?}"
                );
                assert!(!is_member(&proof, &root, &key, b"another value"));
                assert!(!(value.is_some() && is_absent(&proof, &root, &key)));
            }
        }
    }
}

#[test]
fn ics23_refuses_a_proof_with_any_bit_changed() {
    let mut map = RowMap::default();
    for key in 0u64..60 {
        map.put(&key.to_be_bytes(), b"value").unwrap();
    }
    let root = map.seal(0).unwrap().to_vec();
    for key in [7u64, 1_000] {
        let key = key.to_be_bytes();
        let proof = map.prove(&key).unwrap();
        let original = CommitmentProof::decode(proof.as_slice()).unwrap();
        for bit in 0..proof.len() * 8 {
            let mut changed = proof.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let Ok(mut changed) = CommitmentProof::decode(changed.as_slice()) else {
                continue;
            };
            let is_accepted = is_member(&changed, &root, &key, b"value") || is_absent(&changed, &root, &key);
            // The crate looks at the key it is asked about, not at the one that a proof of absence repeats.
            if let Some(Proof::Nonexist(absence)) = &mut changed.proof {
                absence.key = key.to_vec();
            }
            assert_eq!(is_accepted, changed == original, "key {key:?}, bit {bit}");
        }
    }
}

#[test]
fn proofs_equal_those_of_jmt_byte_for_byte() {
    let (mut map, mut oracle) = (RowMap::default(), Oracle::new());
    let rows: Vec<(Vec<u8>, Vec<u8>)> = (0u64..300)
        .map(|key| (key.to_be_bytes().to_vec(), vec![1; 40]))
        .collect();
    for (key, value) in &rows {
        map.put(key, value).unwrap();
        oracle.store.put_key_preimage(KeyHash(sha256(key)), key);
    }
    map.seal(0).unwrap();
    oracle.root_after(&rows.into_iter().map(|(key, value)| (key, Some(value))).collect());
    let tree = Sha256Jmt::new(&oracle.store);
    for key in 0u64..600 {
        let key = key.to_be_bytes();
        let (_, expected) = tree.get_with_ics23_proof(key.to_vec(), 0).unwrap();
        assert_eq!(map.prove(&key).unwrap(), expected.encode_to_vec());
    }
}

fn is_member(proof: &CommitmentProof, root: &Vec<u8>, key: &[u8], value: &[u8]) -> bool {
    verify_membership::<HostFunctionsManager>(proof, &ics23_spec(), root, key, value)
}

fn is_absent(proof: &CommitmentProof, root: &Vec<u8>, key: &[u8]) -> bool {
    verify_non_membership::<HostFunctionsManager>(proof, &ics23_spec(), root, key)
}
