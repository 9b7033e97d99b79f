"""A tiny feature for tests of the node: tallies that can be added to, and forgotten when their time has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from yuzhong.ledger import due, sequences, signatures
from yuzhong.ledger.due import DueClass
from yuzhong.ledger.feature import Context, Feature
from yuzhong.ledger.genesis import Clock, Genesis
from yuzhong.ledger.invariants import Checker
from yuzhong.ledger.kernels import Codec, Signed, python
from yuzhong.ledger.numbers import KeyId, Millis, PartyId, Salt, Sequence, Units
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import Change, State
from yuzhong.ledger.tables import Table
from yuzhong.ledger.transactions import Body, Protected, body_shape
from yuzhong.node.recovery import MakeGenesis

START = Millis(1_750_000_000_000)
FAR = Millis(2**47)


@dataclass(frozen=True, slots=True)
class Tally:
    TAG: ClassVar[int] = 1
    value: Units


@dataclass(frozen=True, slots=True)
class RegisterKey:
    TAG: ClassVar[int] = 9_001
    key: KeyId


@dataclass(frozen=True, slots=True)
class AddUnits:
    TAG: ClassVar[int] = 9_002
    tally: PartyId
    amount: Units
    forget_at: Millis | None


@dataclass(frozen=True, slots=True)
class BreakRule:
    TAG: ClassVar[int] = 9_003


@dataclass(frozen=True, slots=True)
class UnitsAdded:
    TAG: ClassVar[int] = 9_051
    tally: PartyId
    value: Units


@dataclass(frozen=True, slots=True)
class TallyForgotten:
    TAG: ClassVar[int] = 9_052
    tally: PartyId


class AddUnitsRejection(IntEnum):
    AMOUNT_MUST_BE_POSITIVE = 900_201


TALLIES = Table(23_000, "tallies", ("tally:u64",), Tally, bounded_by="the test", leaves="when forgotten")
FORGET = 9_001


def register_key(state: State, tx: RegisterKey, context: Context) -> Outcome:
    sequences.open_window(state, tx.key)
    return Accepted()


def add_units(state: State, tx: AddUnits, context: Context) -> Outcome:
    tally = TALLIES.get(state, tx.tally)
    if tx.amount == 0:
        return Rejected(AddUnitsRejection.AMOUNT_MUST_BE_POSITIVE)
    value = Units((tally.value if tally else 0) + tx.amount)
    TALLIES.put(state, tx.tally, row=Tally(value))
    if tx.forget_at is not None:
        due.put(state, DueClass.EXPIRIES, tx.forget_at, FORGET, due.subject(tx.tally))
    return Accepted(UnitsAdded(tx.tally, value))


def break_rule(state: State, tx: BreakRule, context: Context) -> Outcome:
    raise ZeroDivisionError("this rule is broken")


def forget(state: State, subject: bytes, context: Context) -> Outcome:
    tally, _ = due.subject_numbers(subject)
    TALLIES.delete(state, tally)
    return Accepted(TallyForgotten(PartyId(tally)))


class NothingNegative:
    name = "no tally is negative"

    def __init__(self) -> None:
        self.low = 0

    def observe(self, change: Change) -> None:
        if change.table is TALLIES and change.new is not None:
            self.low = min(self.low, change.new.value)

    def problem(self, state: State) -> str | None:
        return None if self.low >= 0 else f"{self.low}"


def make_checker() -> Checker:
    return NothingNegative()


TOY = Feature(
    name="toy",
    rules={RegisterKey: register_key, AddUnits: add_units, BreakRule: break_rule},
    events=(UnitsAdded, TallyForgotten),
    rejections=(AddUnitsRejection,),
    tables=(TALLIES,),
    due={FORGET: forget},
    invariants=(make_checker,),
)
FEATURES = (TOY,)


class Signer:
    """Somebody who signs toy transactions, with a sequence that counts up."""

    def __init__(self, number: int) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.protected = signatures.protected_header(public)
        self.sequence = 0

    def sign(self, chain_id: str, content: Any, valid_until: Millis = FAR) -> Signed:
        self.sequence += 1
        salt = Salt(self.sequence.to_bytes(16, "big"))
        payload = BODY.encode(Body(PartyId(1), Sequence(self.sequence), valid_until, salt, content))
        message = signatures.sig_structure(self.protected, signatures.TRANSACTION_CONTEXT + chain_id.encode(), payload)
        return self.protected, payload, self._private.sign(message)

    def add(self, chain_id: str, tally: int, amount: int, forget_at: int | None = None) -> Signed:
        when = None if forget_at is None else Millis(forget_at)
        return self.sign(chain_id, AddUnits(PartyId(tally), Units(amount), when))


BODY: Codec = python().codec(body_shape((RegisterKey, AddUnits, BreakRule)))


def genesis(clock: Clock, *signers: Signer, time: int = START) -> MakeGenesis:
    """Makes a genesis that registers these signers' keys."""

    def make(operator: Protected) -> Genesis:
        acts = tuple(RegisterKey(signatures.key_id(signer.protected)) for signer in signers)
        return Genesis("toy", clock, Millis(time), operator, acts)

    return make
