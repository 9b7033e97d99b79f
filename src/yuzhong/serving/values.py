"""Records as plain values, for JSON and for people: derived from the dataclass, so a new record needs nothing here.

Amounts (Units, Money, Ticks) are strings of decimal digits, bytes are hex, enums go by name, other integers are
numbers (up to 2^62: read them as 64-bit), an absent value is null.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from functools import cache
from typing import Annotated, Any, NewType

from yuzhong.ledger.failures import FormError
from yuzhong.ledger.numbers import Money, Ticks, Units
from yuzhong.ledger.shapes import Shape, record_shape

Plain = Any
"""None, bool, int, str, a list or a dict of these."""

AMOUNTS = (Units, Money, Ticks)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,19})")


def to_plain(record: Any) -> dict[str, Plain]:
    """A record's fields by name."""
    kind: Any = type(record)
    return {
        name: value if convert is None else convert(value)
        for name, convert in _writers(kind)
        for value in (getattr(record, name),)
    }


def named(record: Any) -> dict[str, Plain]:
    """A record with its own name, as events are shown: `{"name": ..., "fields": {...}}`."""
    return {"name": type(record).__name__, "fields": to_plain(record)}


def from_plain(cls: Any, given: Mapping[str, Plain], where: str = "") -> Any:
    """The record of that class with these fields; texts stand for anything, as a command line gives them.

    Raises FormError which names the field: unknown (with the nearest known), missing, malformed, or out of bounds.
    """
    where = where or cls.__name__
    readers = _readers(cls)
    for name in given:
        if name not in readers:
            raise FormError(f"{where}: no field {name!r}{nearest(name, readers)}; fields: {', '.join(readers)}")
    values = []
    for name, (read, is_optional) in readers.items():
        if name in given:
            values.append(read(given[name], f"{where}.{name}"))
        elif is_optional:
            values.append(None)
        else:
            raise FormError(f"{where}: field {name!r} is missing; fields: {', '.join(readers)}")
    return cls(*values)


def nearest(word: str, known: Iterable[str]) -> str:
    """`" (did you mean 'x'?)"` where a known word is near, else nothing."""
    near = difflib.get_close_matches(word.lower(), {name.lower(): name for name in known}, n=1)
    found = [name for name in known if near and name.lower() == near[0]]
    return f" (did you mean {found[0]!r}?)" if found else ""


# From records.

Writer = Callable[[Any], Plain]


@cache
def _writers(cls: Any) -> tuple[tuple[str, Writer | None], ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple((field.name, _writer(hints[field.name])) for field in dataclasses.fields(cls))


def _writer(hint: Any) -> Writer | None:
    """What turns a value of that type into a plain one; None where it is plain already."""
    if hint in AMOUNTS:
        return str
    if isinstance(hint, NewType):
        return _hex if _base(hint) is bytes else None
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return _enum_name
    if dataclasses.is_dataclass(hint):
        return to_plain
    if typing.get_origin(hint) is Annotated:
        inner = typing.get_args(hint)[0]
        if typing.get_origin(inner) is not tuple:
            return _hex if inner is bytes else None
        return _list_of(_writer(typing.get_args(inner)[0]))
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return _optional(_writer(typing.get_args(hint)[0]))
    return None


def _base(hint: Any) -> Any:
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    return hint


def _hex(value: bytes) -> str:
    return value.hex()


def _enum_name(value: IntEnum) -> str:
    return value.name


def _list_of(write: Writer | None) -> Writer:
    return list if write is None else lambda items: [write(item) for item in items]


def _optional(write: Writer | None) -> Writer | None:
    return None if write is None else lambda value: None if value is None else write(value)


# To records.

Reader = Callable[[Plain, str], Any]


@cache
def _readers(cls: Any) -> dict[str, tuple[Reader, bool]]:
    """A reader for each field, and whether the field may be left out."""
    hints = typing.get_type_hints(cls, include_extras=True)
    shapes = dict(record_shape(cls)[3])
    return {name: (_reader(shape, hints[name]), shape[0] == "optional") for name, shape in shapes.items()}


def _reader(shape: Shape, hint: Any) -> Reader:
    kind = shape[0]
    if kind == "optional":
        inner = _reader(shape[1], typing.get_args(hint)[0])
        return lambda value, where: None if value is None or value == "none" else inner(value, where)
    if kind == "list":
        item = _reader(shape[1], typing.get_args(typing.get_args(hint)[0])[0])
        return lambda value, where: _read_list(item, shape[2], value, where)
    if kind == "record":
        return lambda value, where: _read_record(shape[1], value, where)
    simple: dict[str, Callable[[Shape, Plain, str], Any]] = {
        "int": _read_int,
        "bytes": _read_bytes,
        "text": _read_text,
        "bool": _read_bool,
        "enum": _read_enum,
    }
    return lambda value, where: simple[kind](shape, value, where)


def _read_int(shape: Shape, value: Plain, where: str) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise FormError(f"{where}: a whole number is needed, not {value!r}")
    if not shape[1] <= value <= shape[2]:
        raise FormError(f"{where}: {value} is not within {shape[1]} to {shape[2]}")
    return value


def _read_bytes(shape: Shape, value: Plain, where: str) -> bytes:
    if isinstance(value, str) and re.fullmatch(r"(?:[0-9a-fA-F]{2})*", value):
        value = bytes.fromhex(value)
    if not isinstance(value, bytes):
        raise FormError(f"{where}: hex digits are needed, two a byte, not {value!r}")
    if not shape[1] <= len(value) <= shape[2]:
        length = str(shape[1]) if shape[1] == shape[2] else f"{shape[1]} to {shape[2]}"
        raise FormError(f"{where}: {length} bytes are needed ({length} times two hex digits), not {len(value)}")
    return value


def _read_text(shape: Shape, value: Plain, where: str) -> str:
    if not isinstance(value, str):
        raise FormError(f"{where}: a text is needed, not {value!r}")
    if len(value.encode(errors="replace")) > shape[1]:
        raise FormError(f"{where}: at most {shape[1]} bytes of UTF-8")
    if any(character < " " or character == "\x7f" for character in value):
        raise FormError(f"{where}: control characters are not allowed")
    return value


def _read_bool(_shape: Shape, value: Plain, where: str) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if not isinstance(value, bool):
        raise FormError(f"{where}: true or false is needed, not {value!r}")
    return value


def _read_enum(shape: Shape, value: Plain, where: str) -> IntEnum:
    members: dict[int, IntEnum] = shape[2]
    names = {member.name: member for member in members.values()}
    if isinstance(value, str) and value.upper() in names:
        return names[value.upper()]
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, bool) and isinstance(value, int) and value in members:
        return members[value]
    raise FormError(f"{where}: no {value!r}{nearest(str(value), names)}; one of {', '.join(names)}")


def _read_list(item: Reader, most: int, value: Plain, where: str) -> tuple[Any, ...]:
    if isinstance(value, str):
        value = value.split(",") if value else []
    if not isinstance(value, list | tuple):
        raise FormError(f"{where}: a list is needed, not {value!r}")
    if len(value) > most:
        raise FormError(f"{where}: at most {most} items, not {len(value)}")
    return tuple(item(one, f"{where}[{place}]") for place, one in enumerate(value))


def _read_record(cls: type[Any], value: Plain, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise FormError(f"{where}: a table of fields is needed, not {value!r}")
    return from_plain(cls, value, where)


def describe(cls: type[Any]) -> list[tuple[str, str]]:
    """Each field of a record with what it takes, in words."""
    return [(name, _describe(shape)) for name, shape in record_shape(cls)[3]]


def _describe(shape: Shape) -> str:
    kind = shape[0]
    if kind == "int":
        return f"whole number, {shape[1]} to {shape[2]}"
    if kind == "bytes":
        return f"hex of {shape[1]} bytes" if shape[1] == shape[2] else f"hex of {shape[1]} to {shape[2]} bytes"
    if kind == "text":
        return f"text, at most {shape[1]} bytes"
    if kind == "bool":
        return "true or false"
    if kind == "enum":
        return "one of " + ", ".join(member.name for member in shape[2].values())
    if kind == "optional":
        return _describe(shape[1]) + "; may be left out"
    if kind == "list":
        return f"list of at most {shape[2]}: {_describe(shape[1])}"
    fields = ", ".join(name for name, _ in shape[3])
    return f"table with {fields}"
