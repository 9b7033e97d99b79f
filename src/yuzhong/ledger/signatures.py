"""COSE_Sign1 as Yuzhong uses it.

Untagged, empty unprotected header, the public key itself in the protected one (RFC 9052).

So verifying is a function of bytes alone: it runs ahead, in batches, on every core. What may be signed for whom is
asked later, by the rules.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from yuzhong.ledger.failures import FormError
from yuzhong.ledger.numbers import Hash, KeyId
from yuzhong.ledger.twins import cbor

TRANSACTION_CONTEXT = b"yuzhong/tx/1"
HEADER_CONTEXT = b"yuzhong/header/1"

ED25519 = bytes.fromhex("a20127045820")
"""Protected header of an Ed25519 key, but for its 32 bytes: {1: -8, 4: key}."""
P256 = bytes.fromhex("a20126045821")
"""Protected header of a P-256 key, but for its 33 bytes (compressed): {1: -7, 4: key}."""

COST_WEIGHT = {ED25519: 1, P256: 4}
"""What verifying costs relative to the cheapest algorithm; a block's limit counts these."""
RESERVED = ("webauthn-es256", "SM2", "ML-DSA")
"""Algorithms whose place is kept; a header that names one is refused like any other unknown header."""


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """The parts of a COSE_Sign1 that say something."""

    protected: bytes
    payload: bytes
    signature: bytes


def protected_header(public_key: bytes) -> bytes:
    """The protected header for a raw Ed25519 (32 bytes) or compressed P-256 (33 bytes) public key.

    Raises FormError otherwise.
    """
    if len(public_key) == 32:
        return ED25519 + public_key
    if len(public_key) == 33:
        return P256 + public_key
    raise FormError(f"a public key has 32 bytes (Ed25519) or 33 (P-256, compressed), not {len(public_key)}")


def public_key(protected: bytes) -> bytes:
    """The raw key in a protected header."""
    return protected[6:]


def cost_weight(protected: bytes) -> int:
    """What this key's signature costs to verify; an unknown header counts as the dearest."""
    return COST_WEIGHT.get(protected[:6], max(COST_WEIGHT.values()))


def key_id(protected: bytes) -> KeyId:
    """The fixed-width name of a key on the ledger."""
    return KeyId(hashlib.sha256(protected).digest())


def sig_structure(protected: bytes, external_aad: bytes, payload: bytes) -> bytes:
    """What is signed (RFC 9052, 4.4)."""
    return cbor.encode(["Signature1", protected, external_aad, payload])


def identity(protected: bytes, external_aad: bytes, payload: bytes) -> Hash:
    """A signed message's identity: never of signature or container, so nobody can give one message a second name."""
    return Hash(hashlib.sha256(sig_structure(protected, external_aad, payload)).digest())


def encode_signed(message: SignedMessage) -> bytes:
    """The COSE_Sign1 array."""
    return cbor.encode([message.protected, {}, message.payload, message.signature])


def decode_signed(data: bytes) -> SignedMessage:
    """The parts of a COSE_Sign1. Raises FormError for tags, another shape, or a filled unprotected header."""
    parts = cbor.decode(data)
    if not isinstance(parts, list) or len(parts) != 4:
        raise FormError("a COSE_Sign1 is an untagged array of four")
    protected, unprotected, payload, signature = parts
    if unprotected != {} or not isinstance(unprotected, dict):
        raise FormError("the unprotected header must be empty")
    if not (isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)):
        raise FormError("protected header, payload and signature must be byte strings")
    return SignedMessage(protected, payload, signature)
