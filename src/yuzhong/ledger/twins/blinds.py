"""Blinds: sixteen bytes that keep the hash of a row or of a receipt's leaf from being guessed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

BLIND_BYTES = 16


def leaf_blind(salt: bytes, number: int, index: int) -> bytes:
    """The blind of leaf `index` of the receipt at `number` of the log."""
    place = number.to_bytes(8, "big") + index.to_bytes(4, "big")
    return hashlib.sha256(b"yuzhong/blind/1" + salt + place).digest()[:BLIND_BYTES]


def leaf_blinds(salts: Sequence[bytes], number: int) -> list[bytes]:
    """The blinds of the receipt at `number`: one for each leaf, from that leaf's salt."""
    return [leaf_blind(salt, number, index) for index, salt in enumerate(salts)]


def row_blind(before: bytes, salt: bytes, packed: bytes) -> bytes:
    """The next blind of a private row: from the blind before it and the salt of the transaction that writes it.

    Neither alone is enough: who signs a trade must not be able to guess his counterparty's balance, nor the bank that
    opened an account what became of it. Raises ValueError for a blind or a salt above 255 bytes.
    """
    lengths = bytes((len(before), len(salt)))
    return hashlib.sha256(b"yuzhong/row-blind/1" + lengths + before + salt + packed).digest()[:BLIND_BYTES]
