"""Records (frozen dataclasses) to and from their canonical bytes, as a shape of `ledger/shapes.py` says.

A shape is a tuple whose first item names its kind; each kind has one function that writes and one that reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yuzhong.ledger.failures import BoundPassed, FormError
from yuzhong.ledger.twins.cbor import (
    ARRAY,
    BYTES,
    FALSE,
    MAX_DEPTH,
    NULL,
    TEXT,
    TRUE,
    UNSIGNED,
    Reader,
    Refused,
    form_error,
    utf8,
    write_head,
    write_integer,
    write_string,
)
from yuzhong.ledger.twins.shape_check import Shape, check_shape

MAX_RECORD_BYTES = 1 << 20
TOO_LARGE = f"longer than {MAX_RECORD_BYTES} bytes"


class RecordCodec:
    """Encodes and decodes the records of one shape: a record, or a union of records."""

    def __init__(self, shape: Shape) -> None:
        """Raises ValueError for a shape that is not well formed."""
        if shape[0] not in ("record", "union"):
            raise ValueError("a codec is for a record or a union")
        check_shape(shape, MAX_DEPTH)
        self.shape = shape

    def encode(self, record: Any) -> bytes:
        """The canonical bytes of `record`. Raises BoundPassed outside the bounds, TypeError for another type."""
        out = bytearray()
        try:
            shape = _choose_by_class(self.shape, record) if self.shape[0] == "union" else self.shape
            _inside(shape[1].__name__, _write_record, shape, record, out)
            if len(out) > MAX_RECORD_BYTES:
                raise Refused(BoundPassed, TOO_LARGE)
        except Refused as refused:
            raise refused.as_kind() from None
        return bytes(out)

    def decode(self, data: bytes) -> Any:
        """The record whose canonical bytes `data` is. Raises FormError for anything else."""
        if len(data) > MAX_RECORD_BYTES:
            raise FormError(TOO_LARGE)
        reader = Reader(data)
        try:
            if self.shape[0] == "union":
                shape, count = _choose_by_tag(self.shape, reader)
                record = _inside(shape[1].__name__, _read_fields, shape, count, reader)
            else:
                record = _inside(self.shape[1].__name__, _read_record, self.shape, reader)
            reader.finish()
        except Refused as refused:
            raise refused.as_kind() from None
        return record


def _inside(step: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; what it refuses lies inside `step`."""
    try:
        return function(*arguments)
    except Refused as refused:
        raise refused.within(step) from None


# Writing


def _write(shape: Shape, value: Any, out: bytearray) -> None:
    WRITERS[shape[0]](shape, value, out)


def _write_int(shape: Shape, value: Any, out: bytearray) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(TypeError, "expected an integer")
    if not shape[1] <= value <= shape[2]:
        raise Refused(BoundPassed, "out of bounds")
    write_integer(value, out)


def _write_bytes(shape: Shape, value: Any, out: bytearray) -> None:
    if not isinstance(value, bytes):
        raise Refused(TypeError, "expected bytes")
    _check_length(len(value), shape[1], shape[2], BoundPassed)
    write_string(BYTES, value, out)


def _write_text(shape: Shape, value: Any, out: bytearray) -> None:
    if not isinstance(value, str):
        raise Refused(TypeError, "expected text")
    content = utf8(value)
    _check_length(len(content), 0, shape[1], BoundPassed)
    _check_printable(content, BoundPassed)
    write_string(TEXT, content, out)


def _write_bool(_: Shape, value: Any, out: bytearray) -> None:
    if not isinstance(value, bool):
        raise Refused(TypeError, "expected true or false")
    out.append(TRUE if value else FALSE)


def _write_enum(shape: Shape, value: Any, out: bytearray) -> None:
    if type(value) is not shape[1]:
        raise Refused(TypeError, "expected a member of its enumeration")
    if int(value) not in shape[2]:
        raise Refused(BoundPassed, "unknown value")
    write_integer(int(value), out)


def _write_optional(shape: Shape, value: Any, out: bytearray) -> None:
    if value is None:
        out.append(NULL)
    else:
        _write(shape[1], value, out)


def _write_list(shape: Shape, value: Any, out: bytearray) -> None:
    if not isinstance(value, tuple):
        raise Refused(TypeError, "expected a tuple")
    if len(value) > shape[2]:
        raise Refused(BoundPassed, "too many items")
    write_head(ARRAY, len(value), out)
    for index, item in enumerate(value):
        _inside(f"[{index}]", _write, shape[1], item, out)


def _write_record(shape: Shape, value: Any, out: bytearray) -> None:
    _, cls, tag, fields = shape
    if type(value) is not cls:
        raise Refused(TypeError, f"expected {cls.__name__}")
    write_head(ARRAY, len(fields) + 1, out)
    write_head(UNSIGNED, tag, out)
    for name, inner in fields:
        _inside(f".{name}", _write, inner, getattr(value, name), out)


def _write_union(shape: Shape, value: Any, out: bytearray) -> None:
    _write_record(_choose_by_class(shape, value), value, out)


def _choose_by_class(shape: Shape, value: Any) -> Shape:
    for record in shape[1].values():
        if type(value) is record[1]:
            return tuple(record)
    raise Refused(TypeError, "expected a record of the union")


# Reading


def _read(shape: Shape, reader: Reader) -> Any:
    return READERS[shape[0]](shape, reader)


def _read_int(shape: Shape, reader: Reader) -> int:
    number = reader.integer()
    if not shape[1] <= number <= shape[2]:
        raise form_error("out of bounds")
    return number


def _read_bytes(shape: Shape, reader: Reader) -> bytes:
    length = reader.head(BYTES, "expected bytes")
    _check_length(length, shape[1], shape[2], FormError)
    return reader.take(length)


def _read_text(shape: Shape, reader: Reader) -> str:
    length = reader.head(TEXT, "expected text")
    _check_length(length, 0, shape[1], FormError)
    text = reader.text(length)
    _check_printable(utf8(text), FormError)
    return text


def _read_bool(_: Shape, reader: Reader) -> bool:
    lead = reader.peek()
    if lead is None:
        raise form_error("cut short")
    if lead not in (FALSE, TRUE):
        raise form_error("expected true or false")
    reader.at += 1
    return lead == TRUE


def _read_enum(shape: Shape, reader: Reader) -> Any:
    number = reader.integer()
    if number not in shape[2]:
        raise form_error("unknown value")
    return shape[2][number]


def _read_optional(shape: Shape, reader: Reader) -> Any:
    if reader.peek() == NULL:
        reader.at += 1
        return None
    return _read(shape[1], reader)


def _read_list(shape: Shape, reader: Reader) -> tuple[Any, ...]:
    count = reader.head(ARRAY, "expected an array")
    if count > shape[2]:
        raise form_error("too many items")
    if count > reader.left():
        raise form_error("cut short")
    return tuple(_inside(f"[{index}]", _read, shape[1], reader) for index in range(count))


def _read_record(shape: Shape, reader: Reader) -> Any:
    count = reader.head(ARRAY, "expected an array")
    if reader.head(UNSIGNED, "expected a tag") != shape[2]:
        raise form_error(f"tag must be {shape[2]}")
    return _read_fields(shape, count, reader)


def _read_union(shape: Shape, reader: Reader) -> Any:
    record, count = _choose_by_tag(shape, reader)
    return _read_fields(record, count, reader)


def _choose_by_tag(shape: Shape, reader: Reader) -> tuple[Shape, int]:
    """The record that the first item of the array names, and how many items the array has."""
    count = reader.head(ARRAY, "expected an array")
    tag = reader.head(UNSIGNED, "expected a tag")
    if tag not in shape[1]:
        raise form_error(f"unknown tag {tag}")
    return shape[1][tag], count


def _read_fields(shape: Shape, count: int, reader: Reader) -> Any:
    """The fields that follow the tag, and the record made of them."""
    _, cls, _, fields = shape
    if count != len(fields) + 1:
        raise form_error(f"must have {len(fields) + 1} items")
    return cls(*[_inside(f".{name}", _read, inner, reader) for name, inner in fields])


# Bounds


def _check_length(length: int, least: int, most: int, kind: type[Exception]) -> None:
    if length < least:
        raise Refused(kind, "too short")
    if length > most:
        raise Refused(kind, "too long")


def _check_printable(content: bytes, kind: type[Exception]) -> None:
    """Refuse U+0000 to U+001F and U+007F; in UTF-8 their bytes occur nowhere else."""
    if any(byte < 0x20 or byte == 0x7F for byte in content):
        raise Refused(kind, "holds a control character")


WRITERS: dict[str, Callable[[Shape, Any, bytearray], None]] = {
    "int": _write_int,
    "bytes": _write_bytes,
    "text": _write_text,
    "bool": _write_bool,
    "enum": _write_enum,
    "optional": _write_optional,
    "list": _write_list,
    "record": _write_record,
    "union": _write_union,
}
READERS: dict[str, Callable[[Shape, Reader], Any]] = {
    "int": _read_int,
    "bytes": _read_bytes,
    "text": _read_text,
    "bool": _read_bool,
    "enum": _read_enum,
    "optional": _read_optional,
    "list": _read_list,
    "record": _read_record,
    "union": _read_union,
}
