"""Blinds: the kernel against its twin."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuzhong import _kernels
from yuzhong.ledger.twins import blinds

salts = st.binary(max_size=40)


@given(st.lists(salts, max_size=8), st.integers(0, 2**64 - 1))
def test_leaf_blinds_are_the_twins(given_salts: list[bytes], number: int) -> None:
    assert _kernels.leaf_blinds(given_salts, number) == blinds.leaf_blinds(given_salts, number)


@given(salts, salts, st.binary(max_size=80))
def test_row_blinds_are_the_twins(before: bytes, salt: bytes, packed: bytes) -> None:
    assert _kernels.row_blind(before, salt, packed) == blinds.row_blind(before, salt, packed)


def test_blinds_are_the_hash_that_they_are_said_to_be() -> None:
    said = hashlib.sha256(b"yuzhong/blind/1" + b"s" * 16 + bytes(7) + b"\x05" + bytes(3) + b"\x01").digest()[:16]
    assert blinds.leaf_blinds([b"t" * 16, b"s" * 16], 5)[1] == said


@pytest.mark.parametrize("row_blind", [blinds.row_blind, _kernels.row_blind])
def test_a_salt_without_a_length_byte_is_refused(row_blind: object) -> None:
    assert callable(row_blind)
    with pytest.raises(ValueError, match=r"25[56]"):
        row_blind(b"", bytes(256), b"")
