"""The due-queue.

Work that waits for a time, done at the start of a block, in order of class and time, with a budget a block for each.

What is past its time never takes effect even if its turn here has not come: rules look at the time themselves, this
queue tidies up.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from yuzhong.ledger.numbers import Hash, Millis
from yuzhong.ledger.state import State
from yuzhong.ledger.tables import Key, Privacy, Table


class DueClass(IntEnum):
    """Kinds of due work, in the order in which a block does them."""

    PHASES = 1
    DEADLINES = 2
    EXPIRIES = 3


BUDGET = {DueClass.PHASES: 64, DueClass.DEADLINES: 64, DueClass.EXPIRIES: 64}
"""How many pieces of each class one block may do; each piece is itself a slice of a stated size."""


@dataclass(frozen=True, slots=True)
class DueRow:
    """Something is due; the key says all."""

    TAG: ClassVar[int] = 1


DUE = Table(
    3,
    "due",
    ("class:u8", "at:u64", "kind:u16", "subject:b16"),
    DueRow,
    bounded_by="each feature states how many pieces it may have waiting, by its own rows",
    leaves="when its turn has come",
    # What is due tells of whom: an authorization's end names owner and member.
    privacy=Privacy.BLINDED,
)


def subject(first: int, second: int = 0) -> bytes:
    """Two numbers as the sixteen bytes that name what is due."""
    return first.to_bytes(8, "big") + second.to_bytes(8, "big")


def subject_numbers(packed: bytes) -> tuple[int, int]:
    """The two numbers of a subject."""
    return int.from_bytes(packed[:8], "big"), int.from_bytes(packed[8:], "big")


def put(state: State, kind_class: DueClass, at: Millis, kind: int, about: bytes) -> None:
    """Ask for `kind` of work on `about` at `at`. Asking twice is asking once."""
    if DUE.get(state, kind_class, at, kind, about) is None:
        DUE.put(state, kind_class, at, kind, about, row=DueRow())


def withdraw(state: State, kind_class: DueClass, at: Millis, kind: int, about: bytes) -> None:
    """Take back what was asked, if it still waits."""
    if DUE.get(state, kind_class, at, kind, about) is not None:
        DUE.delete(state, kind_class, at, kind, about)


def ready(state: State, kind_class: DueClass, time: Millis) -> list[Key]:
    """The keys of what is due at `time`, oldest first, within the class's budget."""
    start, end = DUE.pack(kind_class, 0, 0, bytes(16)), DUE.pack(kind_class, time + 1, 0, bytes(16))
    return [key for key, _ in DUE.scan_range(state, start, end, limit=BUDGET[kind_class])]


def take(state: State, key: Key) -> None:
    """Remove a piece whose turn has come, before it is done: it may ask for itself again."""
    DUE.delete(state, *key)


def next_time(state: State) -> Millis | None:
    """When the earliest piece is due, or None: a node with nothing else to do waits for it."""
    first = [rows[0][0][1] for kind_class in DueClass if (rows := DUE.scan(state, kind_class, limit=1))]
    return Millis(min(first)) if first else None


def identity(key: Key, height: int) -> Hash:
    """The identity that due work's receipt carries in place of a transaction's."""
    return Hash(hashlib.sha256(b"yuzhong/due/1" + DUE.pack(*key) + height.to_bytes(8, "big")).digest())
