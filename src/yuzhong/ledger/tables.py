"""A typed table over the one ordered map.

A two-byte number and fixed-width big-endian key fields, so that byte order is meaning.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from yuzhong.ledger.failures import BoundPassed

if TYPE_CHECKING:
    from yuzhong.ledger.state import State

R = TypeVar("R")
Key = tuple[Any, ...]

_WIDTHS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "b16": "16s", "b32": "32s"}


class Privacy(IntEnum):
    """How a row's hash is kept from being guessed."""

    PUBLIC = 0
    """Everybody may read such rows."""
    BLINDED = 1
    """The stored value begins with a 16-byte blind."""
    SALTED = 2
    """The row itself holds a secret salt, so its hash already says nothing."""


class Index(Protocol):
    """A sorted view that follows from old and new rows of one table: not authenticated, rebuilt at will."""

    def change(self, key: Key, old: Any, new: Any) -> None:
        """Take note that the row at `key` was `old` and is now `new` (None: absent)."""
        ...


@dataclass(frozen=True)
class Table(Generic[R]):
    """One kind of row.

    `key` names each key field with its width, e.g. `("account:u64", "instrument:u32")`. `bounded_by` says what keeps
    the table finite and `leaves` when a row goes: a table without both is refused by a test.
    """

    number: int
    name: str
    key: tuple[str, ...]
    row: type[R]
    bounded_by: str
    leaves: str
    privacy: Privacy = Privacy.PUBLIC
    indexes: tuple[type[Index], ...] = ()

    @cached_property
    def _struct(self) -> struct.Struct:
        return struct.Struct(">H" + "".join(_WIDTHS[field.split(":")[1]] for field in self.key))

    @cached_property
    def _pack(self) -> Callable[..., bytes]:
        return partial(self._struct.pack, self.number)

    def pack(self, *key: Any) -> bytes:
        """The key's bytes. Raises BoundPassed where a field does not fit its width."""
        try:
            return self._pack(*key)
        except struct.error as error:
            raise BoundPassed(f"key of {self.name}") from error

    def unpack(self, packed: bytes) -> Key:
        """The key fields of packed bytes, without the table number."""
        return self._struct.unpack(packed)[1:]

    def get(self, state: State, *key: Any) -> R | None:
        """The row at `key`, or None. The key's fields are of types whose bounds fit their widths."""
        packed = self._pack(*key)
        row: R | None = state.known.get(packed)
        return row if row is not None else state.get(self, packed)

    def put(self, state: State, *key: Any, row: R) -> None:
        """Write the row at `key`. Raises BoundPassed where a field leaves its type's bounds."""
        state.put(self, key, self._pack(*key), row)

    def delete(self, state: State, *key: Any) -> None:
        """Remove the row at `key`. Raises KeyError where there is none."""
        state.put(self, key, self.pack(*key), None)

    def scan(self, state: State, *prefix: Any, limit: int) -> list[tuple[Key, R]]:
        """At most `limit` rows whose key begins with the fields of `prefix`, in key order."""
        head = struct.pack(
            ">H" + "".join(_WIDTHS[field.split(":")[1]] for field in self.key[: len(prefix)]), self.number, *prefix
        )
        return self.scan_range(state, head, after(head), limit=limit)

    def scan_range(self, state: State, start: bytes, end: bytes, *, limit: int) -> list[tuple[Key, R]]:
        """At most `limit` rows with `start` <= packed key < `end`."""
        return [(self.unpack(packed), row) for packed, row in state.scan(self, start, end, limit)]

    def every(self, state: State, page: int = 1_000) -> Iterator[tuple[Key, R]]:
        """All rows in key order, read in pages. For checks and exports, not for rules: its work has no bound."""
        start, end = struct.pack(">H", self.number), struct.pack(">H", self.number + 1)
        while rows := self.scan_range(state, start, end, limit=page):
            yield from rows
            start = self.pack(*rows[-1][0]) + b"\x00"


def after(prefix: bytes) -> bytes:
    """The smallest bytes above everything that begins with `prefix`."""
    number = int.from_bytes(prefix, "big") + 1
    return number.to_bytes(len(prefix), "big")
