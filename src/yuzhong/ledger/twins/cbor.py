"""Deterministic CBOR (RFC 8949, 4.2) of plain values: integers, byte strings, texts, lists, booleans, None and maps.

No tags, floats, undefined or indefinite lengths; what does not stand in its one canonical form is refused.
"""

from __future__ import annotations

from typing import Any

from yuzhong.ledger.failures import BoundPassed, FormError

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP = range(6)
FALSE, TRUE, NULL = 0xF4, 0xF5, 0xF6

MAX_DEPTH = 16
"""Arrays and maps inside one another, at most."""


class Refused(Exception):
    """Why bytes or a value are refused, with the path of fields that leads there; a codec raises it as `kind`."""

    def __init__(self, kind: type[Exception], why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why
        self.steps: list[str] = []

    def within(self, step: str) -> Refused:
        """The same, seen from one level further out."""
        self.steps.append(step)
        return self

    def as_kind(self) -> Exception:
        """The exception for callers, for example `FormError("PlaceOrder.price: out of bounds")`."""
        path = "".join(reversed(self.steps))
        return self.kind(f"{path}: {self.why}" if path else self.why)


def encode(value: Any) -> bytes:
    """The canonical bytes of `value`.

    Raises BoundPassed for an integer outside -2^64..2^64-1, a text that is not UTF-8 or more than 16 levels, TypeError
    for what has no form here.
    """
    out = bytearray()
    try:
        _write(value, 0, out)
    except Refused as refused:
        raise refused.as_kind() from None
    return bytes(out)


def decode(data: bytes) -> Any:
    """The value whose canonical bytes `data` is. Raises FormError for anything else."""
    reader = Reader(data)
    try:
        value = _read(reader, 0)
        reader.finish()
    except Refused as refused:
        raise refused.as_kind() from None
    return value


def write_head(major: int, argument: int, out: bytearray) -> None:
    """Append the head of an item: its major type, and its argument in the shortest form."""
    if argument < 24:
        out.append(major << 5 | argument)
        return
    for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * width:
            out.append(major << 5 | info)
            out += argument.to_bytes(width, "big")
            return
    raise Refused(BoundPassed, "out of bounds")


def write_integer(number: int, out: bytearray) -> None:
    """Append an integer from -2^64 to 2^64-1."""
    if number < 0:
        write_head(NEGATIVE, -1 - number, out)
    else:
        write_head(UNSIGNED, number, out)


def write_string(major: int, content: bytes, out: bytearray) -> None:
    """Append a byte string, or a text with its major type."""
    write_head(major, len(content), out)
    out += content


def utf8(text: str) -> bytes:
    """A text's UTF-8; half of a surrogate pair has none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Refused(BoundPassed, "not UTF-8") from None


def form_error(why: str) -> Refused:
    """Bytes that are not the canonical form of what is expected."""
    return Refused(FormError, why)


class Reader:
    """A cursor over bytes that are being decoded."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def left(self) -> int:
        """How many bytes are not read yet."""
        return len(self.data) - self.at

    def peek(self) -> int | None:
        """The next byte, without moving past it."""
        return self.data[self.at] if self.at < len(self.data) else None

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        if length > self.left():
            raise form_error("cut short")
        self.at += length
        return self.data[self.at - length : self.at]

    def head(self, major: int, why: str) -> int:
        """The argument of an item of this major type; otherwise refused with `why`."""
        return self.either(major, major, why)[0]

    def either(self, first: int, second: int, why: str) -> tuple[int, bool]:
        """The argument of an item of one of two major types, and whether it is the second."""
        lead = self.peek()
        if lead is None:
            raise form_error("cut short")
        if lead >> 5 not in (first, second):
            raise form_error(why)
        self.at += 1
        return self._argument(lead & 31), lead >> 5 == second

    def integer(self) -> int:
        """An integer from -2^64 to 2^64-1."""
        argument, negative = self.either(UNSIGNED, NEGATIVE, "expected an integer")
        return -1 - argument if negative else argument

    def text(self, length: int) -> str:
        """The next `length` bytes as a text."""
        try:
            return self.take(length).decode()
        except UnicodeDecodeError:
            raise form_error("not UTF-8") from None

    def finish(self) -> None:
        """Refuse what follows the one item that was expected."""
        if self.left():
            raise form_error("trailing bytes")

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise form_error("reserved or indefinite length")
        width = 1 << info - 24
        value = int.from_bytes(self.take(width), "big")
        if value < (24 if width == 1 else 1 << 4 * width):
            raise form_error("not in its shortest form")
        return value


def _write(value: Any, depth: int, out: bytearray) -> None:
    if value is None:
        out.append(NULL)
    elif isinstance(value, bool):
        out.append(TRUE if value else FALSE)
    elif isinstance(value, list | tuple):
        _write_items(value, depth, out)
    elif isinstance(value, dict):
        _write_map(value, depth, out)
    elif not _write_scalar(value, out):
        raise Refused(TypeError, "not a type that CBOR holds here")


def _write_scalar(value: Any, out: bytearray) -> bool:
    """Append an integer, byte string or text; False if it is none of these. A bool must not come here."""
    if isinstance(value, int):
        write_integer(value, out)
    elif isinstance(value, bytes):
        write_string(BYTES, value, out)
    elif isinstance(value, str):
        write_string(TEXT, utf8(value), out)
    else:
        return False
    return True


def _write_items(items: list[Any] | tuple[Any, ...], depth: int, out: bytearray) -> None:
    if depth == MAX_DEPTH:
        raise Refused(BoundPassed, "too deep")
    write_head(ARRAY, len(items), out)
    for index, item in enumerate(items):
        try:
            _write(item, depth + 1, out)
        except Refused as refused:
            raise refused.within(f"[{index}]") from None


def _write_map(entries: dict[Any, Any], depth: int, out: bytearray) -> None:
    if depth == MAX_DEPTH:
        raise Refused(BoundPassed, "too deep")
    encoded = []
    for key, value in entries.items():
        key_bytes, value_bytes = bytearray(), bytearray()
        if isinstance(key, bool) or not _write_scalar(key, key_bytes):
            raise Refused(TypeError, "a key must be an integer, bytes or text")
        _write(value, depth + 1, value_bytes)
        encoded.append((bytes(key_bytes), bytes(value_bytes)))
    write_head(MAP, len(encoded), out)
    for key_content, value_content in sorted(encoded):
        out += key_content + value_content


def _read(reader: Reader, depth: int) -> Any:
    lead = reader.peek()
    if lead is None:
        raise form_error("cut short")
    if lead in (FALSE, TRUE):
        reader.at += 1
        return lead == TRUE
    if lead == NULL:
        reader.at += 1
        return None
    if lead >> 5 == ARRAY:
        return _read_array(reader, depth)
    if lead >> 5 == MAP:
        return _read_map(reader, depth)
    return _read_scalar(reader)


def _read_scalar(reader: Reader) -> int | bytes | str:
    lead = reader.peek()
    major = UNSIGNED if lead is None else lead >> 5
    if major == BYTES:
        return reader.take(reader.head(BYTES, "expected bytes"))
    if major == TEXT:
        return reader.text(reader.head(TEXT, "expected text"))
    if major > MAP:
        raise form_error("a tag, float or simple value")
    if major > TEXT:
        raise form_error("a key must be an integer, bytes or text")
    return reader.integer()


def _read_array(reader: Reader, depth: int) -> list[Any]:
    if depth == MAX_DEPTH:
        raise form_error("too deep")
    count = reader.head(ARRAY, "expected an array")
    if count > reader.left():
        raise form_error("cut short")
    items = []
    for index in range(count):
        try:
            items.append(_read(reader, depth + 1))
        except Refused as refused:
            raise refused.within(f"[{index}]") from None
    return items


def _read_map(reader: Reader, depth: int) -> dict[Any, Any]:
    if depth == MAX_DEPTH:
        raise form_error("too deep")
    count = reader.head(MAP, "expected a map")
    if count > reader.left() // 2:
        raise form_error("cut short")
    entries: dict[Any, Any] = {}
    last = b""
    for _ in range(count):
        begin = reader.at
        key = _read_scalar(reader)
        key_bytes = reader.data[begin : reader.at]
        if key_bytes <= last:
            raise form_error("keys out of order")
        last = key_bytes
        entries[key] = _read(reader, depth + 1)
    return entries
