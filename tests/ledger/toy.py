"""A small feature for tests of the machine: counters that can be raised, overrun and made to fail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from yuzhong.ledger import due, sequences
from yuzhong.ledger.due import DueClass
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.feature import Context, Feature, Machine, assemble
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import Hash, Height, KeyId, Millis, PartyId, Salt, Sequence, Units
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import Change, State
from yuzhong.ledger.tables import Key, Privacy, Table
from yuzhong.ledger.transactions import Body
from yuzhong.ledger.transition import Judged

KEY = KeyId(hashlib.sha256(b"toy").digest())


@dataclass(frozen=True, slots=True)
class Raise:
    TAG: ClassVar[int] = 101
    counter: Units
    by: Units


@dataclass(frozen=True, slots=True)
class FailLate:
    TAG: ClassVar[int] = 102
    counter: Units


@dataclass(frozen=True, slots=True)
class WriteThenRefuse:
    TAG: ClassVar[int] = 103
    counter: Units


@dataclass(frozen=True, slots=True)
class ResetAt:
    TAG: ClassVar[int] = 104
    counter: Units
    at: Millis


@dataclass(frozen=True, slots=True)
class Register:
    TAG: ClassVar[int] = 105
    key: Hash


@dataclass(frozen=True, slots=True)
class Raised:
    TAG: ClassVar[int] = 151
    counter: Units
    total: Units


class RaiseRejection(IntEnum):
    BY_MUST_BE_POSITIVE = 10101


@dataclass(frozen=True, slots=True)
class Counter:
    TAG: ClassVar[int] = 1
    total: Units


class Totals:
    """An index: the sum over all counters."""

    def __init__(self) -> None:
        self.total = 0

    def change(self, key: Key, old: Any, new: Any) -> None:
        self.total += (new.total if new else 0) - (old.total if old else 0)


COUNTERS = Table(257, "counters", ("counter:u64",), Counter, "tests", "tests", Privacy.BLINDED, (Totals,))
RESET = 101


def raise_counter(state: State, tx: Raise, context: Context) -> Outcome:
    row = COUNTERS.get(state, tx.counter) or Counter(Units(0))
    if tx.by == 0:
        return Rejected(RaiseRejection.BY_MUST_BE_POSITIVE)
    total = Units(row.total + tx.by)
    COUNTERS.put(state, tx.counter, row=Counter(total))
    return Accepted(Raised(tx.counter, total))


def fail_late(state: State, tx: FailLate, context: Context) -> Outcome:
    COUNTERS.put(state, tx.counter, row=Counter(Units(77)))
    raise RuleFailed("after a write")


def write_then_refuse(state: State, tx: WriteThenRefuse, context: Context) -> Outcome:
    COUNTERS.put(state, tx.counter, row=Counter(Units(77)))
    return Rejected(RaiseRejection.BY_MUST_BE_POSITIVE)


def reset_at(state: State, tx: ResetAt, context: Context) -> Outcome:
    due.put(state, DueClass.DEADLINES, tx.at, RESET, due.subject(tx.counter))
    return Accepted()


def register(state: State, tx: Register, context: Context) -> Outcome:
    sequences.open_window(state, KeyId(tx.key))
    return Accepted()


def reset(state: State, subject: bytes, context: Context) -> Outcome:
    counter, _ = due.subject_numbers(subject)
    if COUNTERS.get(state, counter) is None:
        return Accepted()
    COUNTERS.delete(state, counter)
    return Accepted(Raised(Units(counter), Units(0)))


class BelowTenThousand:
    name = "counters stay below ten thousand"

    def __init__(self) -> None:
        self.total = 0

    def observe(self, change: Change) -> None:
        if change.table is COUNTERS:
            self.total += (change.new.total if change.new else 0) - (change.old.total if change.old else 0)

    def problem(self, state: State) -> str | None:
        return None if self.total < 10_000 else f"they are {self.total}"


TOY = Feature(
    name="toy",
    rules={
        Raise: raise_counter,
        FailLate: fail_late,
        WriteThenRefuse: write_then_refuse,
        ResetAt: reset_at,
        Register: register,
    },
    events=(Raised,),
    rejections=(RaiseRejection,),
    tables=(COUNTERS,),
    due={RESET: reset},
    invariants=(BelowTenThousand,),
)


def toy_machine(kernels: Kernels) -> Machine:
    return assemble((TOY,), kernels)


def judged(content: Any, sequence: int, *, valid_until: int = 2**40, key: KeyId = KEY, verdict: int = 0) -> Judged:
    """A transaction as `judge` would give it, without a signature."""
    salt = Salt(sequence.to_bytes(16, "big"))
    body = Body(PartyId(1), Sequence(sequence), Millis(valid_until), salt, content)
    identity = Hash(hashlib.sha256(repr((content, sequence, valid_until, key)).encode()).digest())
    return Judged(identity, key, verdict, body)


GENESIS_HEIGHT = Height(0)
