"""Deterministic CBOR of plain values: the published examples, an independent library, and kernel against twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.same import outcome
from tests.kernels.shapes import damaged
from tests.kernels.vectors import load
from yuzhong import _kernels
from yuzhong.ledger.failures import BoundPassed, FormError
from yuzhong.ledger.twins import cbor

VECTORS = load("rfc8949_appendix_a.json")
ENCODERS = [pytest.param(cbor.encode, id="python"), pytest.param(_kernels.cbor_encode, id="rust")]
DECODERS = [pytest.param(cbor.decode, id="python"), pytest.param(_kernels.cbor_decode, id="rust")]
Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]

scalars = st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=30)
plain = st.recursive(st.none() | st.booleans() | scalars, lambda inner: st.lists(inner, max_size=30), max_leaves=30)
with_maps = st.recursive(
    st.none() | st.booleans() | scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(scalars, inner, max_size=30),
    max_leaves=30,
)


def untagged(value: Any) -> Any:
    """A value as the file of vectors writes it: byte strings and maps are objects of one entry."""
    if isinstance(value, list):
        return [untagged(item) for item in value]
    if isinstance(value, dict):
        if "bytes" in value:
            return bytes.fromhex(value["bytes"])
        return {untagged(key): untagged(item) for key, item in value["map"]}
    return value


def test_the_vectors_are_all_82_examples_of_the_appendix() -> None:
    assert (len(VECTORS["accepted"]), len(VECTORS["refused"])) == (37, 45)


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("encode", ENCODERS)
@pytest.mark.parametrize("vector", VECTORS["accepted"], ids=lambda vector: vector["hex"])
def test_an_example_inside_the_subset_is_decoded_and_encoded(
    vector: dict[str, Any], encode: Encode, decode: Decode
) -> None:
    data, value = bytes.fromhex(vector["hex"]), untagged(vector["value"])
    assert (decode(data), repr(decode(data))) == (value, repr(value))
    assert encode(value) == data


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["hex"])
def test_an_example_outside_the_subset_is_refused(vector: dict[str, Any], decode: Decode) -> None:
    with pytest.raises(FormError):
        decode(bytes.fromhex(vector["hex"]))


@given(plain)
def test_an_independent_library_gives_the_same_canonical_bytes(value: Any) -> None:
    data = cbor2.dumps(value, canonical=True)
    assert _kernels.cbor_encode(value) == cbor.encode(value) == data
    assert _kernels.cbor_decode(data) == cbor.decode(data) == value


@given(with_maps)
def test_maps_are_read_back_by_us_and_by_an_independent_library(value: Any) -> None:
    data = _kernels.cbor_encode(value)
    assert data == cbor.encode(value)
    assert _kernels.cbor_decode(data) == cbor.decode(data) == cbor2.loads(data) == value


@given(st.data())
def test_kernel_and_twin_judge_damaged_bytes_alike_and_accept_only_the_canonical_form(data: st.DataObject) -> None:
    encoded = data.draw(damaged(cbor.encode(data.draw(with_maps))))
    found = outcome(_kernels.cbor_decode, encoded)
    assert found == outcome(cbor.decode, encoded)
    if found[0] is not FormError:
        assert cbor.encode(found[0]) == encoded


@given(st.binary(max_size=40))
def test_kernel_and_twin_judge_random_bytes_alike(encoded: bytes) -> None:
    assert outcome(_kernels.cbor_decode, encoded) == outcome(cbor.decode, encoded)


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        (2**64, (BoundPassed, "out of bounds")),
        (-(2**64) - 1, (BoundPassed, "out of bounds")),
        ([1, [1.5]], (TypeError, "[1][0]: not a type that CBOR holds here")),
        (bytearray(b"a"), (TypeError, "not a type that CBOR holds here")),
        ({None: 1}, (TypeError, "a key must be an integer, bytes or text")),
        ({True: 1}, (TypeError, "a key must be an integer, bytes or text")),
        ("\ud800", (BoundPassed, "not UTF-8")),
    ],
)
@pytest.mark.parametrize("encode", ENCODERS)
def test_a_value_without_a_form_is_refused(encode: Encode, value: Any, refusal: tuple[Any, ...]) -> None:
    assert outcome(encode, value) == refusal


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ("", "cut short"),
        ("1817", "not in its shortest form"),
        ("1900ff", "not in its shortest form"),
        ("1a0000ffff", "not in its shortest form"),
        ("1b00000000ffffffff", "not in its shortest form"),
        ("3b00000000", "cut short"),
        ("1c", "reserved or indefinite length"),
        ("62c328", "not UTF-8"),
        ("63eda080", "not UTF-8"),
        ("a201000100", "keys out of order"),
        ("a202000100", "keys out of order"),
        ("a220001800", "not in its shortest form"),
        ("a1f500", "a tag, float or simple value"),
        ("a18000", "a key must be an integer, bytes or text"),
        ("0000", "trailing bytes"),
        ("5bffffffffffffffff", "cut short"),
        ("9bffffffffffffffff00", "cut short"),
        ("bb7fffffffffffffff00", "cut short"),
        ("81" * 10_000, "[0]" * 16 + ": too deep"),
        ("a100" * 10_000, "too deep"),
    ],
)
@pytest.mark.parametrize("decode", DECODERS)
def test_bytes_that_are_not_canonical_are_refused(decode: Decode, encoded: str, message: str) -> None:
    assert outcome(decode, bytes.fromhex(encoded)) == (FormError, message)


def test_keys_are_ordered_by_their_bytes_and_not_by_their_length() -> None:
    expected = bytes.fromhex("a3 1864 00 20 00 41ff 00")
    assert cbor.encode({b"\xff": 0, -1: 0, 100: 0}) == _kernels.cbor_encode({b"\xff": 0, -1: 0, 100: 0}) == expected


@pytest.mark.parametrize("encode", ENCODERS)
def test_sixteen_levels_nest_and_seventeen_do_not(encode: Encode) -> None:
    value: Any = 0
    for level in range(16):
        value = [value] if level % 2 else {0: value}
    assert len(encode(value)) == 25
    assert outcome(encode, [value])[0] is BoundPassed
