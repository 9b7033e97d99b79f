"""Verification of COSE_Sign1 signatures (RFC 9052), one after the other and in plain integers.

For tests: one compiled implementation decides on every node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import IntEnum

from yuzhong.ledger.signatures import ED25519, P256, sig_structure
from yuzhong.ledger.twins import ed25519, p256


class Verdict(IntEnum):
    """What is said about one signature: the first rule that it breaks, in this order."""

    GOOD = 0
    HEADER_MUST_BE_CANONICAL = 1
    KEY_MUST_BE_VALID = 2
    SIGNATURE_MUST_BE_64_BYTES = 3
    SIGNATURE_S_MUST_BE_LOW = 4
    SIGNATURE_MUST_VERIFY = 5


def verify_signatures(external_aad: bytes, items: Sequence[tuple[bytes, bytes, bytes]]) -> tuple[bytes, list[bytes]]:
    """One verdict byte and one identity for each (protected header, payload, signature).

    An identity is the SHA-256 of what is signed, whether or not the signature is good.
    """
    messages = [sig_structure(protected, external_aad, payload) for protected, payload, _ in items]
    verdicts = bytes(
        _judge(protected, signature, message)
        for (protected, _, signature), message in zip(items, messages, strict=True)
    )
    return verdicts, [hashlib.sha256(message).digest() for message in messages]


def _judge(protected: bytes, signature: bytes, message: bytes) -> Verdict:
    algorithm, key = protected[:6], protected[6:]
    if algorithm == ED25519 and len(key) == 32:
        return _judge_ed25519(key, signature, message)
    if algorithm == P256 and len(key) == 33:
        return _judge_p256(key, signature, message)
    return Verdict.HEADER_MUST_BE_CANONICAL


def _judge_ed25519(key: bytes, signature: bytes, message: bytes) -> Verdict:
    if ed25519.decode_point(key) is None:
        return Verdict.KEY_MUST_BE_VALID
    if len(signature) != 64:
        return Verdict.SIGNATURE_MUST_BE_64_BYTES
    return Verdict.GOOD if ed25519.verify(key, signature, message) else Verdict.SIGNATURE_MUST_VERIFY


def _judge_p256(key: bytes, signature: bytes, message: bytes) -> Verdict:
    point = p256.decode_point(key)
    if point is None:
        return Verdict.KEY_MUST_BE_VALID
    if len(signature) != 64:
        return Verdict.SIGNATURE_MUST_BE_64_BYTES
    if not p256.has_low_s(signature):
        return Verdict.SIGNATURE_S_MUST_BE_LOW
    return Verdict.GOOD if p256.verify(point, signature, message) else Verdict.SIGNATURE_MUST_VERIFY
