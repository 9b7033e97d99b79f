"""Records to bytes and back: the compiled codec and its twin do the same with every shape, record and byte string."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.same import outcome
from tests.kernels.shapes import ENUM, Phase, damaged, root_shapes, values
from yuzhong import _kernels
from yuzhong.ledger.failures import BoundPassed, FormError
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.twins import codec as twin


@dataclass(frozen=True)
class Leg:
    quantity: int


@dataclass(frozen=True)
class Order:
    account: bytes
    code: str
    price: int
    buy: bool
    phase: Phase
    limit: int | None
    legs: tuple[Leg, ...]


LEG = ("record", Leg, 3, (("quantity", ("int", 1, 1000)),))
ORDER = (
    "record",
    Order,
    300,
    (
        ("account", ("bytes", 2, 4)),
        ("code", ("text", 6)),
        ("price", ("int", -5, 2**64 - 1)),
        ("buy", ("bool",)),
        ("phase", ENUM),
        ("limit", ("optional", ("int", 0, 9))),
        ("legs", ("list", LEG, 2)),
    ),
)
GOOD = Order(b"ab", "600519", 24, True, Phase.CALL, None, (Leg(7),))
GOOD_BYTES = bytes.fromhex("88 19012c 426162 66363030353139 1818 f5 1818 f6 81 820307")
ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**66), 2**66),
    st.binary(max_size=50),
    st.text(max_size=40),
    st.text(st.characters(categories=["Cs"]), min_size=1, max_size=2),
    st.sampled_from(Phase),
    st.just(1.5),
    st.lists(st.integers(0, 3), max_size=7),
    st.lists(st.integers(0, 3), max_size=7).map(tuple),
    st.just(GOOD),
)


@pytest.fixture
def codec(kernels: Kernels) -> Any:
    return kernels.codec(ORDER)


@given(st.data())
def test_kernel_and_twin_give_every_record_the_same_bytes_and_read_them_back(data: st.DataObject) -> None:
    shape = data.draw(root_shapes)
    record = data.draw(values(shape))
    rust, python = _kernels.RecordCodec(shape), twin.RecordCodec(shape)
    encoded = rust.encode(record)
    assert encoded == python.encode(record)
    assert outcome(rust.decode, encoded) == outcome(python.decode, encoded) == (record, repr(record))


@given(st.data())
def test_kernel_and_twin_judge_damaged_bytes_alike_and_accept_only_the_canonical_form(data: st.DataObject) -> None:
    shape = data.draw(root_shapes)
    rust, python = _kernels.RecordCodec(shape), twin.RecordCodec(shape)
    encoded = data.draw(damaged(rust.encode(data.draw(values(shape)))))
    found = outcome(rust.decode, encoded)
    assert found == outcome(python.decode, encoded)
    if found[0] is not FormError:
        assert rust.encode(found[0]) == encoded


@given(root_shapes, st.binary(max_size=60))
def test_kernel_and_twin_judge_random_bytes_alike(shape: tuple[Any, ...], encoded: bytes) -> None:
    rust, python = _kernels.RecordCodec(shape), twin.RecordCodec(shape)
    assert outcome(rust.decode, encoded) == outcome(python.decode, encoded)


@given(st.data())
def test_kernel_and_twin_refuse_the_same_values_with_the_same_words(data: st.DataObject) -> None:
    shape = data.draw(root_shapes)
    record = data.draw(values(shape))
    fields = list(vars(record))
    if fields:
        object.__setattr__(record, data.draw(st.sampled_from(fields)), data.draw(ANYTHING))
    rust, python = _kernels.RecordCodec(shape), twin.RecordCodec(shape)
    found = outcome(rust.encode, record)
    assert found == outcome(python.encode, record)
    assert isinstance(found[0], bytes) or found[0] in (TypeError, BoundPassed)


def test_a_record_has_the_bytes_that_the_format_says(codec: Any) -> None:
    assert codec.encode(GOOD) == GOOD_BYTES
    assert codec.decode(GOOD_BYTES) == GOOD


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("account", b"a", "Order.account: too short"),
        ("account", b"abcde", "Order.account: too long"),
        ("code", "股票代", "Order.code: too long"),
        ("code", "a\x1f", "Order.code: holds a control character"),
        ("code", "a\x7f", "Order.code: holds a control character"),
        ("code", "\ud800", "Order.code: not UTF-8"),
        ("price", -6, "Order.price: out of bounds"),
        ("price", 2**64, "Order.price: out of bounds"),
        ("price", 10**40, "Order.price: out of bounds"),
        ("limit", 10, "Order.limit: out of bounds"),
        ("legs", (Leg(1),) * 3, "Order.legs: too many items"),
        ("legs", (Leg(1), Leg(0)), "Order.legs[1].quantity: out of bounds"),
    ],
)
def test_a_value_past_a_bound_is_a_bound_passed(codec: Any, field: str, value: Any, message: str) -> None:
    record = Order(**{**vars(GOOD), field: value})
    assert outcome(codec.encode, record) == (BoundPassed, message)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("account", "ab", "Order.account: expected bytes"),
        ("account", bytearray(b"ab"), "Order.account: expected bytes"),
        ("code", b"ab", "Order.code: expected text"),
        ("price", True, "Order.price: expected an integer"),
        ("price", 1.0, "Order.price: expected an integer"),
        ("buy", 1, "Order.buy: expected true or false"),
        ("phase", 24, "Order.phase: expected a member of its enumeration"),
        ("legs", [Leg(1)], "Order.legs: expected a tuple"),
        ("legs", (GOOD,), "Order.legs[0]: expected Leg"),
    ],
)
def test_a_value_of_another_type_is_a_type_error(codec: Any, field: str, value: Any, message: str) -> None:
    record = Order(**{**vars(GOOD), field: value})
    assert outcome(codec.encode, record) == (TypeError, message)


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ("", "Order: cut short"),
        ("87 19012c", "Order: must have 8 items"),
        ("88 19012d", "Order: tag must be 300"),
        ("88 1a0000012c", "Order: not in its shortest form"),
        ("88 f5", "Order: expected a tag"),
        ("9f 19012c", "Order: reserved or indefinite length"),
        ("88 19012c 66", "Order.account: expected bytes"),
        ("88 19012c 4161", "Order.account: too short"),
        ("88 19012c 4361", "Order.account: cut short"),
        ("88 19012c 426162 62c328", "Order.code: not UTF-8"),
        ("88 19012c 426162 610a", "Order.code: holds a control character"),
        ("88 19012c 426162 60 25", "Order.price: out of bounds"),
        ("88 19012c 426162 60 fa47c35000", "Order.price: expected an integer"),
        ("88 19012c 426162 60 c100", "Order.price: expected an integer"),
        ("88 19012c 426162 60 00 f6", "Order.buy: expected true or false"),
        ("88 19012c 426162 60 00 f5 01", "Order.phase: unknown value"),
        ("88 19012c 426162 60 00 f5 00 f7", "Order.limit: expected an integer"),
        ("88 19012c 426162 60 00 f5 00 f6 83", "Order.legs: too many items"),
        ("88 19012c 426162 60 00 f5 00 f6 82 820301 8203 1903e9", "Order.legs[1].quantity: out of bounds"),
        ("88 19012c 426162 60 00 f5 00 f6 80 00", "trailing bytes"),
    ],
)
def test_bytes_that_are_not_canonical_are_a_form_error_that_names_the_field(
    codec: Any, encoded: str, message: str
) -> None:
    assert outcome(codec.decode, bytes.fromhex(encoded)) == (FormError, message)


def test_a_union_chooses_by_the_first_item_and_by_the_class(kernels: Kernels) -> None:
    union = kernels.codec(("union", {3: LEG, 300: ORDER}))
    assert union.decode(union.encode(Leg(9))) == Leg(9)
    assert union.decode(GOOD_BYTES) == GOOD
    assert outcome(union.decode, bytes.fromhex("820407")) == (FormError, "unknown tag 4")
    assert outcome(union.decode, bytes.fromhex("820300")) == (FormError, "Leg.quantity: out of bounds")
    assert outcome(union.encode, 5) == (TypeError, "expected a record of the union")


def test_a_claimed_length_sets_nothing_aside(kernels: Kernels) -> None:
    @dataclass(frozen=True)
    class Bag:
        items: tuple[int, ...]

    codec = kernels.codec(("record", Bag, 1, (("items", ("list", ("int", 0, 9), 2**40)),)))
    tracemalloc.start()
    assert outcome(codec.decode, bytes.fromhex("8201 9b000000ffffffffff 00")) == (FormError, "Bag.items: cut short")
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def test_a_record_has_at_most_a_mebibyte(kernels: Kernels) -> None:
    @dataclass(frozen=True)
    class Blob:
        content: bytes

    codec = kernels.codec(("record", Blob, 1, (("content", ("bytes", 0, 2**32)),)))
    largest = Blob(bytes(2**20 - 7))
    assert len(codec.encode(largest)) == 2**20
    assert codec.decode(codec.encode(largest)) == largest
    assert outcome(codec.encode, Blob(bytes(2**20 - 6))) == (BoundPassed, "longer than 1048576 bytes")
    assert outcome(codec.decode, bytes(2**20 + 1)) == (FormError, "longer than 1048576 bytes")


def nested(levels: int) -> tuple[Any, ...]:
    shape: tuple[Any, ...] = ("bool",)
    for _ in range(levels - 1):
        shape = ("list", shape, 1)
    return ("record", Leg, 3, (("quantity", shape),))


def test_sixteen_arrays_nest_and_seventeen_do_not(kernels: Kernels) -> None:
    value: Any = True
    for _ in range(15):
        value = (value,)
    codec = kernels.codec(nested(16))
    assert codec.decode(codec.encode(Leg(value))) == Leg(value)
    assert outcome(kernels.codec, nested(17)) == (ValueError, "deeper than 16 arrays")


@pytest.mark.parametrize(
    "field",
    [
        ("int", 5, 4),
        ("int", -(2**63) - 1, 0),
        ("int", 0, 2**64),
        ("bytes", 5, 4),
        ("enum", Phase, {2**64: Phase.CALL}),
        ("optional", ("optional", ("bool",))),
        ("union", {4: LEG}),
        ("union", {3: LEG, 4: ("record", Leg, 4, ())}),
        ("union", {3: ("bool",)}),
        ("float",),
    ],
)
def test_a_shape_that_is_not_well_formed_makes_no_codec(kernels: Kernels, field: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape|bounds|optional|union"):
        kernels.codec(("record", Leg, 3, (("quantity", field),)))
    with pytest.raises(ValueError, match="a codec is for a record or a union"):
        kernels.codec(("bool",))
