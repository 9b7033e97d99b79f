"""A ledger in the test's own process: real machine, real blocks, all invariants after each; only nobody signs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from yuzhong.catalogue import FEATURES
from yuzhong.features.holdings.transactions import IssueUnits, OpenAccount
from yuzhong.features.holdings.types import AccountId, AccountKind, Reference
from yuzhong.features.instruments.profiles import REPLAY
from yuzhong.features.instruments.transactions import RegisterInstrument
from yuzhong.features.instruments.types import (
    Decimals,
    InstrumentId,
    InstrumentKind,
    InstrumentName,
    ListedTerms,
    Symbol,
    TickSize,
)
from yuzhong.features.parties.transactions import AddKey, AdmitParty
from yuzhong.features.parties.types import NO_DIGEST, KeyRole, PartyKind, PartyName, Role
from yuzhong.features.settlement.transactions import SetCharge
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.feature import Feature, assemble
from yuzhong.ledger.genesis import Clock, Genesis
from yuzhong.ledger.invariants import Watch
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import MAX_UNITS, Hash, Height, KeyId, Millis, Money, PartyId, Salt, Sequence, Units
from yuzhong.ledger.outcomes import ACCEPTED, RULE_FAILED
from yuzhong.ledger.receipts import Receipt
from yuzhong.ledger.transactions import Body, Protected
from yuzhong.ledger.transition import Applied, Judged, apply_block, apply_genesis

START = Millis(1_773_100_800_000)
"""2026-03-10T00:00Z."""
NEVER = Millis(2**48 - 1)
FIRST_BUSINESS_ROW = b"\x00\x03"
"""Below it stand the key windows and the log's edge, which also a rejected transaction changes."""

OPERATOR, BANK, ISSUER, MEMBER, ALICE, BOB = (PartyId(number) for number in range(1, 7))
CNY, SHARE = InstrumentId(1), InstrumentId(2)
OPERATOR_ACCOUNT, BANK_ACCOUNT, ISSUER_ACCOUNT, MEMBER_ACCOUNT, ALICE_ACCOUNT, BOB_ACCOUNT = (
    AccountId(number) for number in range(1, 7)
)
OPERATOR_ROLES = (Role.OPERATOR, Role.REGISTRAR, Role.MARKET_CONTROL)


def features_up_to(name: str) -> tuple[Feature, ...]:
    """The catalogue from the bottom to that feature: what its own tests may know."""
    names = [feature.name for feature in FEATURES]
    return FEATURES[: names.index(name) + 1]


def key_named(name: str) -> KeyId:
    """A key that nobody has the private part of: the harness does not sign."""
    return KeyId(hashlib.sha256(name.encode()).digest())


def first_key(party: PartyId) -> KeyId:
    """The key with which the harness admits a party."""
    return key_named(f"first key of {party}")


def admission(party: PartyId, *roles: Role, name: str = "") -> AdmitParty:
    """The act that admits an organisation with its first key."""
    called = PartyName(name or f"Party {party}")
    return AdmitParty(party, PartyKind.ORGANISATION, called, NO_DIGEST, roles, first_key(party))


def listed_terms(lot_size: int = 1, tick_value: int = 1) -> ListedTerms:
    """Terms of an instrument that CNY pays for."""
    return ListedTerms(CNY, Money(tick_value), TickSize(1), Units(lot_size), REPLAY.profile)


def cash_registration(
    issuer: PartyId = BANK, instrument: InstrumentId = CNY, symbol: str = "CNY"
) -> RegisterInstrument:
    """The act that registers a cash instrument."""
    name = InstrumentName(f"{symbol} at the settlement bank")
    kind, limit, decimals = InstrumentKind.CASH, Units(MAX_UNITS), Decimals(2)
    return RegisterInstrument(instrument, kind, Symbol(symbol), name, issuer, limit, decimals, None)


def listed_registration(
    terms: ListedTerms, instrument: InstrumentId = SHARE, symbol: str = "600001"
) -> RegisterInstrument:
    """The act that registers a listed instrument of the issuer."""
    name, limit = InstrumentName("Yuzhong Water"), Units(MAX_UNITS)
    return RegisterInstrument(
        instrument, InstrumentKind.LISTED, Symbol(symbol), name, ISSUER, limit, Decimals(2), terms
    )


@dataclass(frozen=True)
class Row:
    """One row of a decision table: who signs what, and the rule that it breaks."""

    code: IntEnum
    party: PartyId
    content: Any
    key: KeyId | None = None


class Ledger:
    """One ledger under test. Each transaction is a block of its own unless `block` is used."""

    def __init__(self, kernels: Kernels, features: tuple[Feature, ...] = FEATURES, acts: tuple[Any, ...] = ()) -> None:
        """Genesis admits the operator, who is registrar and market control too, and then does `acts`."""
        self.machine = assemble(features, kernels)
        self.state = self.machine.new_state()
        self.watch = Watch(tuple(invariant for feature in features for invariant in feature.invariants))
        self.height, self.time = Height(0), START
        self.sequences: dict[KeyId, int] = {}
        acts = (admission(OPERATOR, *OPERATOR_ROLES), *acts)
        genesis = Genesis("test", Clock.DRIVEN, START, Protected(b"\x00"), acts)
        self.applied: Applied = apply_genesis(self.machine, self.state, genesis, self.watch)

    # Blocks.

    def block(self, *transactions: tuple[PartyId, Any], time: Millis | None = None) -> list[Receipt]:
        """One block of (party, transaction), each signed by the party's first key; due work's receipts come first."""
        return self._apply([self._judged(party, content, first_key(party)) for party, content in transactions], time)

    def run(self, party: PartyId, content: Any, *, key: KeyId | None = None) -> Receipt:
        """One transaction in a block of its own: its receipt."""
        return self._apply([self._judged(party, content, key or first_key(party))], None)[-1]

    def do(self, party: PartyId, content: Any, *, key: KeyId | None = None) -> tuple[Any, ...]:
        """One transaction that must be accepted: its events."""
        receipt = self.run(party, content, key=key)
        assert receipt.code == ACCEPTED, f"{type(content).__name__}: {self.machine.code_name(receipt.code)}"
        return receipt.events

    def expect(self, code: int, party: PartyId, content: Any, *, key: KeyId | None = None) -> Receipt:
        """One transaction that must end with this code, and unless that is ACCEPTED, change nothing."""
        before = self.rows()
        receipt = self.run(party, content, key=key)
        found, wanted = self.machine.code_name(receipt.code), self.machine.code_name(int(code))
        assert receipt.code == code, f"{type(content).__name__}: {found} instead of {wanted}"
        if code != ACCEPTED:
            assert self.rows() == before, f"{found} changed a row"
            assert receipt.events == ()
        return receipt

    def decide(self, rejections: type[IntEnum], rows: list[Row]) -> None:
        """A decision table: one row for each rejection, in order of precedence; a good row breaks later rules too."""
        assert [row.code for row in rows] == list(rejections)
        for row in rows:
            self.expect(row.code, row.party, row.content, key=row.key)

    def expect_failure(self, party: PartyId, content: Any) -> Receipt:
        """One transaction whose rule must fail after its checks and be undone."""
        return self.expect(RULE_FAILED, party, content)

    def act(self, action: Callable[[Any], None]) -> None:
        """Let an action of a feature work on the state, in a block of its own. RuleFailed undoes it and is raised."""
        mark = self.state.begin(self._salt())
        try:
            action(self.state)
            self.state.store()
        except RuleFailed:
            self.state.undo(mark)
            raise
        finally:
            self._apply([], None)

    def wait_until(self, time: int) -> list[Receipt]:
        """An idle block at `time`: the receipts of what was due."""
        return self._apply([], Millis(time))

    def _apply(self, judged: list[Judged], time: Millis | None) -> list[Receipt]:
        self.height = Height(self.height + 1)
        self.time = Millis(self.time + 1) if time is None else time
        self.applied = apply_block(self.machine, self.state, self.height, self.time, judged, self.watch)
        return self.applied.receipts

    def _judged(self, party: PartyId, content: Any, key: KeyId) -> Judged:
        number = self.sequences[key] = self.sequences.get(key, 0) + 1
        payload = self.machine.body.encode(Body(party, Sequence(number), NEVER, self._salt(key, number), content))
        return Judged(Hash(hashlib.sha256(key + payload).digest()), key, 0, self.machine.body.decode(payload))

    def _salt(self, key: bytes = b"", number: int = 0) -> Salt:
        return Salt(hashlib.sha256(b"salt" + key + number.to_bytes(8, "big")).digest()[:16])

    # What there is.

    def rows(self) -> list[tuple[bytes, bytes]]:
        """Every row that features wrote."""
        return self.state.map.scan(FIRST_BUSINESS_ROW, b"\xff\xff\xff", 1_000_000)

    def root(self) -> bytes:
        """The state's root after the last block."""
        return self.state.map.root()

    # What most tests need first.

    def admit(self, party: PartyId, *roles: Role, name: str = "") -> PartyId:
        """Admit an organisation."""
        self.do(OPERATOR, admission(party, *roles, name=name))
        return party

    def add_key(
        self,
        party: PartyId,
        name: str,
        role: KeyRole,
        order_value_max: Money | None = None,
        expires_at: Millis | None = None,
    ) -> KeyId:
        """Register one more key of a party."""
        key = key_named(name)
        self.do(party, AddKey(key, role, order_value_max, expires_at))
        return key

    def open_own(self, account: AccountId, owner: PartyId) -> AccountId:
        """Let the operator open an account that its owner serves itself."""
        self.do(OPERATOR, OpenAccount(account, owner, AccountKind.OWN))
        return account

    def issue(self, instrument: InstrumentId, account: AccountId, quantity: int) -> None:
        """Let the bank or the issuer create units on an account."""
        issuer = BANK if instrument == CNY else ISSUER
        self.do(issuer, IssueUnits(instrument, account, Units(quantity), Reference("test")))


def market(
    kernels: Kernels,
    *,
    features: tuple[Feature, ...] = FEATURES,
    terms: ListedTerms | None = None,
    charge: int = 0,
    cash: int = 0,
    units: int = 0,
) -> Ledger:
    """A ledger with a bank, an issuer, a member and two investors, their own accounts, CNY and a listed SHARE.

    Both investors have `cash` and `units`; with a `charge` the operator's account receives it.
    """
    ledger = Ledger(
        kernels,
        features,
        acts=(
            admission(BANK, Role.SETTLEMENT_BANK),
            admission(ISSUER, Role.ISSUER),
            admission(MEMBER, Role.MEMBER),
            admission(ALICE, Role.INVESTOR),
            admission(BOB, Role.INVESTOR),
            REPLAY,
            cash_registration(),
            listed_registration(terms or listed_terms()),
        ),
    )
    for number in (OPERATOR, BANK, ISSUER, MEMBER, ALICE, BOB):
        ledger.open_own(AccountId(number), number)
    for account in (ALICE_ACCOUNT, BOB_ACCOUNT):
        if cash:
            ledger.issue(CNY, account, cash)
        if units:
            ledger.issue(SHARE, account, units)
    if charge:
        ledger.do(OPERATOR, SetCharge(SHARE, Money(charge), OPERATOR_ACCOUNT))
    return ledger
