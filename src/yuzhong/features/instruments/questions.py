"""What other features ask of `instruments`."""

from __future__ import annotations

from collections.abc import Iterator

from yuzhong.features.instruments.tables import INSTRUMENTS, PROFILES, SESSIONS
from yuzhong.features.instruments.types import (
    Instrument,
    InstrumentId,
    InstrumentKind,
    InstrumentSession,
    ListedTerms,
    Profile,
    ProfileId,
)
from yuzhong.features.parties.types import Role
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.state import State

ISSUER_ROLE = {InstrumentKind.CASH: Role.SETTLEMENT_BANK, InstrumentKind.LISTED: Role.ISSUER}
"""What an issuer of each kind must be admitted as (INSTRUMENTS-003)."""


def find(state: State, instrument: InstrumentId) -> Instrument | None:
    """The instrument, or None where no such number was registered."""
    return INSTRUMENTS.get(state, instrument)


def terms(state: State, instrument: InstrumentId) -> ListedTerms | None:
    """How a listed instrument is traded; None for cash and for one that does not exist."""
    row = INSTRUMENTS.get(state, instrument)
    return None if row is None else row.terms


def session(state: State, instrument: InstrumentId) -> InstrumentSession:
    """A listed instrument's moving facts. Raises RuleFailed where it has none: check `terms` before."""
    row = SESSIONS.get(state, instrument)
    if row is None:
        raise RuleFailed(f"instrument {instrument} has no session")
    return row


def profile(state: State, number: ProfileId) -> Profile:
    """A registered profile. Raises RuleFailed for none: a listed instrument's terms always name one."""
    row = PROFILES.get(state, number)
    if row is None:
        raise RuleFailed(f"profile {number} is not registered")
    return row


def may_issue(instrument: Instrument, quantity: int) -> bool:
    """Whether `quantity` more units stay within the instrument's limit (INSTRUMENTS-006)."""
    return instrument.issued + quantity <= instrument.limit


def every(state: State) -> Iterator[tuple[InstrumentId, Instrument]]:
    """All instruments. For checks and exports, not for rules: its work has no bound."""
    for (number,), row in INSTRUMENTS.every(state):
        yield number, row
