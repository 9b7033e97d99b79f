"""Every movement of units, for other features to call after their checks; each looks again at what those were told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from yuzhong.features.holdings import questions
from yuzhong.features.holdings.tables import ACCOUNTS, POSITIONS
from yuzhong.features.holdings.types import Account, AccountId, AccountStatus, DutyCount, Position
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.numbers import Units
from yuzhong.ledger.records import changed
from yuzhong.ledger.state import State


def credit(state: State, account: AccountId, instrument: InstrumentId, quantity: Units) -> None:
    """Add free units to an open account. Raises RuleFailed where it is not open or `quantity` is not positive."""
    _positive(quantity)
    _open(state, account)
    before = questions.position(state, account, instrument)
    _write(state, account, instrument, before.total + quantity, before.held)


def debit(state: State, account: AccountId, instrument: InstrumentId, quantity: Units) -> None:
    """Take free units from an account. Raises RuleFailed where it has not so many free."""
    _positive(quantity)
    before = questions.position(state, account, instrument)
    _write(state, account, instrument, before.total - quantity, before.held)


def hold(state: State, account: AccountId, instrument: InstrumentId, quantity: Units) -> None:
    """Keep free units for an order (HOLDINGS-008). Raises RuleFailed where the account has not so many free."""
    _positive(quantity)
    before = questions.position(state, account, instrument)
    _write(state, account, instrument, before.total, before.held + quantity)


def release(state: State, account: AccountId, instrument: InstrumentId, quantity: Units) -> None:
    """Free held units. Raises RuleFailed where the account has not so many held."""
    _positive(quantity)
    before = questions.position(state, account, instrument)
    _write(state, account, instrument, before.total, before.held - quantity)


class Entry(NamedTuple):
    """How one position changes: by so much in all, and by so much of what is held."""

    account: AccountId
    instrument: InstrumentId
    total: int
    held: int


def post(state: State, entries: Sequence[Entry]) -> None:
    """Change several positions at once, each written once (HOLDINGS-007).

    Entries of one position add up, so that what a party pays and gets in one act is netted. Raises RuleFailed unless
    the totals of each instrument add up to nothing, whoever receives has an open account, and 0 <= held <= total
    holds of every position afterwards.
    """
    net: dict[tuple[AccountId, InstrumentId], tuple[int, int]] = {}
    sums: dict[InstrumentId, int] = {}
    for account, instrument, total, held in entries:
        total_before, held_before = net.get((account, instrument), (0, 0))
        net[account, instrument] = (total_before + total, held_before + held)
        sums[instrument] = sums.get(instrument, 0) + total
        if total > 0:
            _open(state, account)
    if any(sums.values()):
        raise RuleFailed(f"entries that do not add up to nothing: {sums}")
    for (account, instrument), (total, held) in net.items():
        if total or held:
            before = questions.position(state, account, instrument)
            _write(state, account, instrument, before.total + total, before.held + held)


def deliver(
    state: State, source: AccountId, target: AccountId, instrument: InstrumentId, quantity: Units, from_held: bool
) -> None:
    """Move units to another account, where they are free; `from_held` says whether held or free ones go (HOLDINGS-007).

    Source and target may be one account: then held units become free, and free ones stay. Raises RuleFailed where the
    source has not so many of them, or the target is not open.
    """
    _positive(quantity)
    before = questions.position(state, source, instrument)
    if quantity > (before.held if from_held else before.total - before.held):
        raise RuleFailed(f"account {source} has not {quantity} of instrument {instrument} to deliver")
    held = -quantity if from_held else 0
    post(state, (Entry(source, instrument, -quantity, held), Entry(target, instrument, quantity, 0)))


def keep_open(state: State, account: AccountId) -> None:
    """Note that a rule needs the account: it can not be closed before `no_longer_keep_open` (HOLDINGS-003)."""
    row = _open(state, account)
    ACCOUNTS.put(state, account, row=changed(row, duties=DutyCount(row.duties + 1)))


def no_longer_keep_open(state: State, account: AccountId) -> None:
    """Take back one `keep_open`. Raises RuleFailed where there is none."""
    row = _open(state, account)
    if row.duties == 0:
        raise RuleFailed(f"account {account} has no duty")
    ACCOUNTS.put(state, account, row=changed(row, duties=DutyCount(row.duties - 1)))


def _write(state: State, account: AccountId, instrument: InstrumentId, total: int, held: int) -> None:
    """The position's next row; none at zero (HOLDINGS-009).

    Raises RuleFailed unless 0 <= held <= total, BoundPassed above the bounds of Units.
    """
    if not 0 <= held <= total:
        raise RuleFailed(f"account {account} would have {total} of instrument {instrument}, {held} held")
    if total == 0:
        POSITIONS.delete(state, account, instrument)
    else:
        POSITIONS.put(state, account, instrument, row=Position(Units(total), Units(held)))


def _positive(quantity: Units) -> None:
    if quantity <= 0:
        raise RuleFailed(f"a movement of {quantity} units")


def _open(state: State, account: AccountId) -> Account:
    row = ACCOUNTS.get(state, account)
    if row is None or row.status is not AccountStatus.OPEN:
        raise RuleFailed(f"account {account} is not open")
    return row
