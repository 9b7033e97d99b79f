"""The trace that the preloaded shim writes: one record for each operation on watched files, in their order."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_HEAD = struct.Struct("<IHHHHIQqq")


class Op(IntEnum):
    """What a record tells; the numbers are those of shim/shim.h, which says what each field holds."""

    OPEN = 1
    WRITE = 2
    SIZE = 3
    ALLOCATE = 4
    ZERO = 5
    SYNC = 6
    SYNC_FAILED = 7
    SYNC_FOLDER = 8
    SYNC_ALL = 9
    RENAME = 10
    UNLINK = 11
    MKDIR = 12
    RMDIR = 13
    LINK = 14
    MAP = 15
    UNSUPPORTED = 16


CREATED = 1
"""`first` of an OPEN that made the file."""
EMPTIED = 2
"""`first` of an OPEN that cut it to nothing."""


@dataclass(frozen=True, slots=True)
class Event:
    """One operation that was done."""

    at: int
    """Where its record begins in the trace, in bytes: the number by which syncs say how far they reach."""
    op: Op
    inode: int = 0
    first: int = 0
    second: int = 0
    path: str = ""
    other: str = ""
    data: bytes = b""


def read_trace(path: Path) -> Iterator[Event]:
    """The records in order.

    A last one that was being written when the process was killed is left out: its operation had not returned.
    """
    data = path.read_bytes() if path.exists() else b""
    at = 0
    while at + _HEAD.size <= len(data):
        length, op, path_length, other_length, _, data_length, inode, first, second = _HEAD.unpack_from(data, at)
        end = at + length
        if end > len(data):
            return
        names = at + _HEAD.size
        other = names + path_length
        content = other + other_length
        yield Event(
            at,
            Op(op),
            inode,
            first,
            second,
            data[names:other].decode(),
            data[other:content].decode(),
            data[content : content + data_length],
        )
        at = end
