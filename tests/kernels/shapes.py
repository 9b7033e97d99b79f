"""Random shapes, random records of a shape, and random damage to bytes."""

from __future__ import annotations

import dataclasses
from enum import IntEnum
from typing import Any

from hypothesis import strategies as st

Shape = tuple[Any, ...]


class Phase(IntEnum):
    """An enumeration whose numbers take one, two, three and nine bytes, and a negative one."""

    CLOSED = 0
    CALL = 24
    CONTINUOUS = 256
    HALTED = 2**63
    UNKNOWN = -(2**63)


ENUM: Shape = ("enum", Phase, {int(phase): phase for phase in Phase})

integers = st.integers(-(2**63), 2**64 - 1) | st.sampled_from(
    [0, 23, 24, 255, 256, 65535, 65536, 2**32, 2**63, -1, -25]
)


@st.composite
def int_shapes(draw: st.DrawFn) -> Shape:
    lo, hi = sorted((draw(integers), draw(integers)))
    return ("int", max(lo, -(2**63)), max(hi, -(2**63))) if lo < 2**63 else ("int", 0, hi)


@st.composite
def bytes_shapes(draw: st.DrawFn) -> Shape:
    lo, hi = sorted((draw(st.integers(0, 40)), draw(st.integers(0, 40))))
    return ("bytes", lo, hi)


scalar_shapes = st.one_of(
    int_shapes(), bytes_shapes(), st.integers(0, 30).map(lambda most: ("text", most)), st.just(("bool",)), st.just(ENUM)
)


@st.composite
def record_shapes(draw: st.DrawFn, inner: st.SearchStrategy[Shape], tag: int | None = None) -> Shape:
    number = draw(st.integers(0, 70_000)) if tag is None else tag
    fields = tuple((f"field_{index}", shape) for index, shape in enumerate(draw(st.lists(inner, max_size=5))))
    cls = dataclasses.make_dataclass(f"Record{number}", [name for name, _ in fields], frozen=True)
    return ("record", cls, number, fields)


@st.composite
def union_shapes(draw: st.DrawFn, inner: st.SearchStrategy[Shape]) -> Shape:
    tags = draw(st.lists(st.integers(0, 300), min_size=1, max_size=4, unique=True))
    return ("union", {tag: draw(record_shapes(inner, tag)) for tag in tags})


def _deeper(inner: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    return st.one_of(
        inner.filter(lambda shape: shape[0] != "optional").map(lambda shape: ("optional", shape)),
        st.tuples(st.just("list"), inner, st.integers(0, 6)),
        record_shapes(inner),
        union_shapes(inner),
    )


value_shapes = st.recursive(scalar_shapes, _deeper, max_leaves=8)
root_shapes = record_shapes(value_shapes) | union_shapes(value_shapes)

printable = st.text(st.characters(min_codepoint=0x20, exclude_characters="\x7f", codec="utf-8"), max_size=30)


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Values inside the bounds of a shape."""
    kind, *rest = shape
    if kind == "int":
        return st.integers(rest[0], rest[1])
    if kind == "bytes":
        return st.binary(min_size=rest[0], max_size=rest[1])
    if kind == "text":
        return printable.map(lambda text: text.encode()[: rest[0]].decode(errors="ignore"))
    if kind == "bool":
        return st.booleans()
    if kind == "enum":
        return st.sampled_from(list(rest[0]))
    if kind == "optional":
        return st.none() | values(rest[0])
    if kind == "list":
        return st.lists(values(rest[0]), max_size=rest[1]).map(tuple)
    if kind == "record":
        return st.builds(rest[0], *[values(inner) for _, inner in rest[2]])
    return st.one_of([values(record) for record in rest[0].values()])


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes after up to three changes: a byte replaced, put in, taken out, or the end cut off."""
    out = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(out)))
        change = draw(st.sampled_from(["replace", "insert", "remove", "cut"]))
        if change == "insert":
            out[at:at] = draw(st.binary(min_size=1, max_size=9))
        elif change == "cut":
            del out[at:]
        elif at < len(out):
            out[at : at + 1] = bytes([draw(st.integers(0, 255))]) if change == "replace" else b""
    return bytes(out)
