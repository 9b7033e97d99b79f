"""Whether a shape is well formed, asked once when its codec is made."""

from __future__ import annotations

from typing import Any

from yuzhong.ledger.twins.cbor import MAX_DEPTH

Shape = tuple[Any, ...]

SCALARS = ("int", "bytes", "text", "bool", "enum")


def check_shape(shape: Shape, depth: int) -> None:
    """Raises ValueError unless the shape is well formed and its arrays nest `depth` levels at most."""
    kind, *rest = shape
    if depth < 0:
        raise ValueError(f"deeper than {MAX_DEPTH} arrays")
    if kind == "optional" and rest[0][0] == "optional":
        raise ValueError("an optional inside an optional")
    if kind == "union":
        _check_union(rest[0])
    if not _in_order(kind, rest):
        raise ValueError("bounds out of order or of range")
    for inner, inner_depth in _inner_shapes(kind, rest, depth):
        check_shape(inner, inner_depth)


def _inner_shapes(kind: str, rest: list[Any], depth: int) -> list[tuple[Shape, int]]:
    if kind == "record":
        # A record without fields is an array all the same.
        return [(("bool",), depth - 1), *((inner, depth - 1) for _, inner in rest[2])]
    if kind == "list":
        return [(rest[0], depth - 1)]
    if kind == "optional":
        return [(rest[0], depth)]
    if kind == "union":
        return [(record, depth) for record in rest[0].values()]
    if kind not in SCALARS:
        raise ValueError(f"not a shape: {kind}")
    return []


def _check_union(records: dict[int, Shape]) -> None:
    if any(record[0] != "record" for record in records.values()):
        raise ValueError("a union holds records")
    classes = [record[1] for record in records.values()]
    if any(record[2] != tag for tag, record in records.items()) or len(dict.fromkeys(classes)) != len(classes):
        raise ValueError("each record of a union has its own class and tag")


def _in_order(kind: str, rest: list[Any]) -> bool:
    if kind == "int":
        return bool(-(1 << 63) <= rest[0] <= rest[1] < 1 << 64)
    if kind == "bytes":
        return bool(0 <= rest[0] <= rest[1])
    if kind == "enum":
        return all(-(1 << 63) <= number < 1 << 64 for number in rest[1])
    return True
