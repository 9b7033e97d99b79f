"""What other features ask of `holdings`."""

from __future__ import annotations

from collections.abc import Iterator

from yuzhong.features.holdings.tables import ACCOUNTS, POSITIONS
from yuzhong.features.holdings.types import Account, AccountId, AccountStatus, Position, Purpose
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.numbers import Units
from yuzhong.ledger.state import State

EMPTY = Position(Units(0), Units(0))
"""The position of an account that has none."""


def account(state: State, number: AccountId) -> Account | None:
    """The account, open or closed; None where no such number was opened."""
    return ACCOUNTS.get(state, number)


def is_open(state: State, number: AccountId) -> bool:
    """Whether the account exists and may receive units."""
    row = ACCOUNTS.get(state, number)
    return row is not None and row.status is AccountStatus.OPEN


def position(state: State, number: AccountId, instrument: InstrumentId) -> Position:
    """What the account has of the instrument; zeros where it has none."""
    return POSITIONS.get(state, number, instrument) or EMPTY


def available(state: State, number: AccountId, instrument: InstrumentId, purpose: Purpose) -> Units:  # noqa: ARG001  # same for all
    """The units that the account may use now for `purpose`: what no order holds (HOLDINGS-008)."""
    row = POSITIONS.get(state, number, instrument)
    return Units(0) if row is None else Units(row.total - row.held)


def has_positions(state: State, number: AccountId) -> bool:
    """Whether the account has anything at all."""
    return bool(POSITIONS.scan(state, number, limit=1))


def every_position(state: State) -> Iterator[tuple[AccountId, InstrumentId, Position]]:
    """All positions. For checks and exports, not for rules: its work has no bound."""
    for (number, instrument), row in POSITIONS.every(state):
        yield number, instrument, row
