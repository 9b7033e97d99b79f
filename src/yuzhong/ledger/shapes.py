"""From a frozen dataclass to the shape of its bytes: fields, bounds and limits as nested plain tuples.

A record is an array whose first item is the class's `TAG`: the registered type number of a message, the version of a
row. Both codecs (`twins/codec.py` and the kernel) compile the same shape, so a new record needs no codec code in
either language.
"""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Any, ClassVar, NewType, Protocol

from yuzhong.ledger.numbers import AtMost, Length, Range

Shape = tuple[Any, ...]


class Record(Protocol):
    """A frozen dataclass that can become bytes."""

    TAG: ClassVar[int]
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


def record_shape(cls: type[Any]) -> Shape:
    """The shape of a dataclass, derived from its annotations.

    Raises TypeError where a field's type states no bounds: there is no way to read without a limit.
    """
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = tuple(
        (field.name, _shape(hints[field.name], f"{cls.__name__}.{field.name}")) for field in dataclasses.fields(cls)
    )
    return ("record", cls, cls.TAG, fields)


def union_shape(classes: tuple[type[Any], ...]) -> Shape:
    """The shape of "one of these records", told apart by tag. Raises TypeError where two share a tag."""
    members: dict[int, Shape] = {}
    for cls in classes:
        if cls.TAG in members:
            raise TypeError(f"type number {cls.TAG} of {cls.__name__} is taken by {members[cls.TAG][1].__name__}")
        members[cls.TAG] = record_shape(cls)
    return ("union", members)


def _shape(hint: Any, where: str) -> Shape:
    if isinstance(hint, NewType):
        return _bounded(hint, where)
    if hint is bool:
        return ("bool",)
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return ("enum", hint, {int(member): member for member in hint})
    if dataclasses.is_dataclass(hint):
        return record_shape(typing.cast("type[Any]", hint))
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _annotated(arguments, where)
    if origin in (types.UnionType, typing.Union) and len(arguments) == 2 and arguments[1] is types.NoneType:
        return ("optional", _shape(arguments[0], where))
    raise TypeError(
        f"{where}: {hint} has no bounded form; use a NewType with BOUNDS, or Annotated[tuple[X, ...], AtMost(n)]"
    )


def _annotated(arguments: tuple[Any, ...], where: str) -> Shape:
    inner, limit = arguments
    if isinstance(limit, AtMost) and typing.get_origin(inner) is tuple:
        return ("list", _shape(typing.get_args(inner)[0], where), limit.items)
    return _limited(inner, limit, where)


def _bounded(hint: NewType, where: str) -> Shape:
    bounds: Mapping[Any, Range | Length] = getattr(sys.modules[str(hint.__module__)], "BOUNDS", {})
    if hint not in bounds:
        raise TypeError(f"{where}: {hint} is not in BOUNDS of {hint.__module__}")
    return _limited(hint.__supertype__, bounds[hint], where)


def _limited(base: Any, limit: Range | Length, where: str) -> Shape:
    if base is int and isinstance(limit, Range):
        return ("int", limit.low, limit.high)
    if base is bytes and isinstance(limit, Length):
        return ("bytes", limit.shortest, limit.longest)
    if base is str and isinstance(limit, Length):
        return ("text", limit.longest)
    raise TypeError(f"{where}: {base} with {limit} says nothing")
