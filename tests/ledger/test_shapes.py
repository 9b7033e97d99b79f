"""Shapes: bytes derive from annotations, and what states no limit is refused when the machine is put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pytest

from yuzhong.ledger.numbers import AtMost, Hash, Units
from yuzhong.ledger.shapes import record_shape, union_shape


@dataclass(frozen=True)
class Inner:
    TAG: ClassVar[int] = 7
    quantity: Units


@dataclass(frozen=True)
class Outer:
    TAG: ClassVar[int] = 8
    digest: Hash
    inner: Inner | None
    many: Annotated[tuple[Inner, ...], AtMost(3)]
    flag: bool


@dataclass(frozen=True)
class Unlimited:
    TAG: ClassVar[int] = 9
    number: int


@dataclass(frozen=True)
class Endless:
    TAG: ClassVar[int] = 10
    many: tuple[Inner, ...]


def test_a_shape_says_every_bound() -> None:
    inner: tuple[Any, ...] = ("record", Inner, 7, (("quantity", ("int", 0, 2**62 - 1)),))
    assert record_shape(Outer) == (
        "record",
        Outer,
        8,
        (
            ("digest", ("bytes", 32, 32)),
            ("inner", ("optional", inner)),
            ("many", ("list", inner, 3)),
            ("flag", ("bool",)),
        ),
    )


@pytest.mark.parametrize("cls", [Unlimited, Endless])
def test_a_field_without_a_limit_is_refused(cls: type[Any]) -> None:
    with pytest.raises(TypeError, match=r"has no bounded form"):
        record_shape(cls)


def test_two_records_cannot_share_a_type_number() -> None:
    with pytest.raises(TypeError, match="type number 7"):
        union_shape((Inner, Inner))
