"""Signatures: the rules of ZIP 215 and of low-s P-256, kernel against twin, and bad ones among good ones."""

from __future__ import annotations

import functools
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.vectors import load
from yuzhong import _kernels
from yuzhong.ledger.signatures import ED25519, P256, sig_structure
from yuzhong.ledger.twins import ed25519, p256, signatures
from yuzhong.ledger.twins.signatures import Verdict

AAD = b"yuzhong/tx/1" + b"test-0011223344556677"
Item = tuple[bytes, bytes, bytes]

SMALL_ORDER = load("zip215_small_order.json")
ENCODINGS = [bytes.fromhex(encoding) for encoding in SMALL_ORDER["encodings"]]
ED25519_CASES = load("ed25519.json")["cases"]
P256_CASES = load("ecdsa_p256.json")["cases"]
P256_KEYS = load("ecdsa_p256.json")["keys"]


@functools.cache
def ed25519_key(number: int) -> tuple[Ed25519PrivateKey, bytes]:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"key %d" % number).digest())
    return key, ED25519 + key.public_key().public_bytes_raw()


def sign_ed25519(number: int, payload: bytes) -> Item:
    key, protected = ed25519_key(number)
    return protected, payload, key.sign(sig_structure(protected, AAD, payload))


def sign_p256(secret: int, payload: bytes, low_s: bool = True) -> Item:
    key = ec.derive_private_key(secret, ec.SECP256R1())
    protected = P256 + key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(key.sign(sig_structure(protected, AAD, payload), algorithm))
    s = min(s, p256.N - s) if low_s else max(s, p256.N - s)
    return protected, payload, r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sign_with_mixed_order(payload: bytes) -> Item:
    """A key that is a good point plus one of order 8, signed by whoever knows the good point's number."""
    secret, nonce = 1234567890123456789, 987654321
    torsion = next(
        point
        for point in map(ed25519.decode_point, ENCODINGS)
        if point is not None and not ed25519.equal(ed25519.multiply(4, point), ed25519.NEUTRAL)
    )
    key = encode_point(ed25519.add(ed25519.multiply(secret, ed25519.BASE), torsion))
    r = encode_point(ed25519.multiply(nonce, ed25519.BASE))
    hashed = hashlib.sha512(r + key + sig_structure(ED25519 + key, AAD, payload)).digest()
    s = (nonce + int.from_bytes(hashed, "little") * secret) % ed25519.L
    return ED25519 + key, payload, r + s.to_bytes(32, "little")


def encode_point(point: ed25519.Point) -> bytes:
    inverse = pow(point[2], ed25519.P - 2, ed25519.P)
    x, y = point[0] * inverse % ed25519.P, point[1] * inverse % ed25519.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def kinds() -> list[tuple[Item, Verdict]]:
    """Every way to be good or bad, with the verdict that the rules demand."""
    good, low = sign_ed25519(1, b"payload"), sign_p256(5, b"payload")
    other_chain = (good[0], good[1], ed25519_key(1)[0].sign(sig_structure(good[0], AAD + b"x", good[1])))
    no_point = ED25519 + (2).to_bytes(32, "little")
    s_plus_order = int.from_bytes(good[2][32:], "little") + ed25519.L
    zero_s = low[2][:32] + bytes(32)
    return [
        (good, Verdict.GOOD),
        (sign_ed25519(1, b""), Verdict.GOOD),
        (sign_ed25519(2, bytes(70_000)), Verdict.GOOD),
        (sign_with_mixed_order(b"payload"), Verdict.GOOD),
        ((ED25519 + ENCODINGS[3], b"x", ENCODINGS[11] + bytes(32)), Verdict.GOOD),
        (low, Verdict.GOOD),
        (sign_p256(6, b""), Verdict.GOOD),
        ((b"", good[1], good[2]), Verdict.HEADER_MUST_BE_CANONICAL),
        ((good[0] + b"\x00", good[1], good[2]), Verdict.HEADER_MUST_BE_CANONICAL),
        ((good[0][:-1], good[1], good[2]), Verdict.HEADER_MUST_BE_CANONICAL),
        ((b"\xb9\x00\x02" + good[0][1:], good[1], good[2]), Verdict.HEADER_MUST_BE_CANONICAL),
        ((P256 + good[0][6:], good[1], good[2]), Verdict.HEADER_MUST_BE_CANONICAL),
        ((ED25519 + low[0][6:], low[1], low[2]), Verdict.HEADER_MUST_BE_CANONICAL),
        ((no_point, good[1], good[2]), Verdict.KEY_MUST_BE_VALID),
        ((no_point, good[1], b""), Verdict.KEY_MUST_BE_VALID),
        ((P256 + b"\x05" + low[0][7:], low[1], low[2]), Verdict.KEY_MUST_BE_VALID),
        ((P256 + b"\x02" + b"\xff" * 32, low[1], b""), Verdict.KEY_MUST_BE_VALID),
        ((good[0], good[1], good[2][:-1]), Verdict.SIGNATURE_MUST_BE_64_BYTES),
        ((good[0], good[1], good[2] + b"\x00"), Verdict.SIGNATURE_MUST_BE_64_BYTES),
        ((low[0], low[1], b""), Verdict.SIGNATURE_MUST_BE_64_BYTES),
        (sign_p256(5, b"payload", low_s=False), Verdict.SIGNATURE_S_MUST_BE_LOW),
        ((low[0], low[1], b"\xff" * 64), Verdict.SIGNATURE_S_MUST_BE_LOW),
        ((low[0], low[1], zero_s), Verdict.SIGNATURE_MUST_VERIFY),
        ((low[0], low[1] + b"!", low[2]), Verdict.SIGNATURE_MUST_VERIFY),
        ((good[0], good[1] + b"!", good[2]), Verdict.SIGNATURE_MUST_VERIFY),
        ((good[0], good[1], good[2][:32] + s_plus_order.to_bytes(32, "little")), Verdict.SIGNATURE_MUST_VERIFY),
        ((good[0], good[1], no_point[6:] + good[2][32:]), Verdict.SIGNATURE_MUST_VERIFY),
        (other_chain, Verdict.SIGNATURE_MUST_VERIFY),
        ((sign_ed25519(2, b"payload")[0], good[1], good[2]), Verdict.SIGNATURE_MUST_VERIFY),
    ]


KINDS = kinds()


def test_kernel_and_twin_say_of_every_kind_what_the_rules_say() -> None:
    items = [item for item, _ in KINDS]
    verdicts = bytes(verdict for _, verdict in KINDS)
    assert _kernels.verify_signatures(AAD, items)[0] == verdicts
    assert signatures.verify_signatures(AAD, items)[0] == verdicts
    for item, verdict in KINDS:
        assert _kernels.verify_signatures(AAD, [item])[0] == bytes([verdict])


@given(st.lists(st.sampled_from(KINDS), max_size=90))
def test_a_verdict_does_not_depend_on_what_else_is_verified(chosen: list[tuple[Item, Verdict]]) -> None:
    verdicts, identities = _kernels.verify_signatures(AAD, [item for item, _ in chosen])
    assert verdicts == bytes(verdict for _, verdict in chosen)
    assert identities == [identity(item) for item, _ in chosen]


@given(st.integers(0, 5), st.binary(max_size=40), st.data())
def test_kernel_and_twin_judge_one_flipped_bit_alike(number: int, payload: bytes, data: st.DataObject) -> None:
    parts = [bytearray(part) for part in sign_ed25519(number, payload)]
    part = data.draw(st.sampled_from([part for part in parts if part]))
    bit = data.draw(st.integers(0, 8 * len(part) - 1))
    part[bit // 8] ^= 1 << bit % 8
    item = (bytes(parts[0]), bytes(parts[1]), bytes(parts[2]))
    found = _kernels.verify_signatures(AAD, [item])
    assert found == signatures.verify_signatures(AAD, [item])
    assert found[0] != bytes([Verdict.GOOD])


def identity(item: Item) -> bytes:
    return hashlib.sha256(sig_structure(item[0], AAD, item[1])).digest()


def test_an_identity_depends_on_what_is_signed_and_not_on_the_signature() -> None:
    item = sign_ed25519(1, b"payload")
    again = (item[0], item[1], b"other")
    assert _kernels.verify_signatures(AAD, [item, again])[1] == [identity(item)] * 2
    assert _kernels.verify_signatures(AAD + b"x", [item])[1] != [identity(item)]


def test_nothing_to_verify_gives_nothing() -> None:
    assert _kernels.verify_signatures(AAD, []) == signatures.verify_signatures(AAD, []) == (b"", [])


@pytest.mark.parametrize("bad_places", [(), (0,), (1_499,), (700, 701), tuple(range(0, 1_500, 37)), range(1_500)])
def test_bad_signatures_are_found_among_many(bad_places: tuple[int, ...]) -> None:
    items = [sign_ed25519(number % 300, b"%d" % number) for number in range(1_500)]
    for place in bad_places:
        items[place] = (items[place][0], items[place][1], items[(place + 300) % 1_500][2])
    expected = bytearray(1_500)
    for place in bad_places:
        expected[place] = Verdict.SIGNATURE_MUST_VERIFY
    assert _kernels.verify_signatures(AAD, items)[0] == bytes(expected)


def test_two_false_signatures_do_not_make_up_for_one_another() -> None:
    (header, first, one), (_, second, two) = sign_ed25519(1, b"first"), sign_ed25519(1, b"second")
    s_one, s_two = int.from_bytes(one[32:], "little"), int.from_bytes(two[32:], "little")
    more = one[:32] + ((s_one + 1) % ed25519.L).to_bytes(32, "little")
    less = two[:32] + ((s_two - 1) % ed25519.L).to_bytes(32, "little")
    assert _kernels.verify_signatures(AAD, [(header, first, more), (header, second, less)])[0] == bytes([5, 5])


def test_the_196_pairs_of_small_order_points_are_valid_signatures_alone_and_together() -> None:
    pairs = [(key, r) for key in ENCODINGS for r in ENCODINGS]
    assert len(pairs) == 196
    items = [(ED25519 + key, b"Zcash", r + bytes(32)) for key, r in pairs]
    assert _kernels.verify_signatures(AAD, items)[0] == bytes(196)
    assert signatures.verify_signatures(AAD, items)[0] == bytes(196)
    for item in items:
        assert _kernels.verify_signatures(AAD, [item])[0] == b"\x00"
    for key, r in pairs:
        assert ed25519.verify(key, r + bytes(32), bytes.fromhex(SMALL_ORDER["message"]))


def test_a_small_order_pair_with_another_s_is_no_signature() -> None:
    items = [(ED25519 + key, b"Zcash", ENCODINGS[0] + (1).to_bytes(32, "little")) for key in ENCODINGS]
    assert _kernels.verify_signatures(AAD, items)[0] == bytes([Verdict.SIGNATURE_MUST_VERIFY] * 14)
    assert signatures.verify_signatures(AAD, items)[0] == bytes([Verdict.SIGNATURE_MUST_VERIFY] * 14)


# `kernels/tests/vectors.rs` runs the same vectors through the compiled functions.
@pytest.mark.parametrize("case", ED25519_CASES, ids=lambda case: case["note"])
def test_ed25519_vectors_hold_in_the_twin(case: dict[str, Any]) -> None:
    key, signature, message = (bytes.fromhex(case[part]) for part in ("key", "signature", "message"))
    assert ed25519.verify(key, signature, message) is case["valid"]


@pytest.mark.parametrize("case", P256_CASES, ids=lambda case: case["note"])
def test_p256_vectors_hold_in_the_twin(case: dict[str, Any]) -> None:
    key, signature, message = (bytes.fromhex(case[part]) for part in ("key", "signature", "message"))
    point = p256.decode_point(key)
    assert point is not None
    assert p256.verify(point, signature, message) is case["valid"]
    assert p256.has_low_s(signature) is case["low_s"]


@pytest.mark.parametrize("case", P256_KEYS, ids=lambda case: f"{case['note']} {case['key'][:2]}")
def test_p256_keys_are_valid_as_the_vectors_say(case: dict[str, Any]) -> None:
    key = bytes.fromhex(case["key"])
    assert (p256.decode_point(key) is not None) is case["valid"]
    verdict = _kernels.verify_signatures(AAD, [(P256 + key, b"", b"")])[0][0]
    assert verdict == (Verdict.SIGNATURE_MUST_BE_64_BYTES if case["valid"] else Verdict.KEY_MUST_BE_VALID)
