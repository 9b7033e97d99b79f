"""What trading asks of `settlement`: what an order must hold, and whether its account can."""

from __future__ import annotations

from yuzhong.features.holdings import questions as holdings
from yuzhong.features.holdings.types import AccountId, Purpose
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId, ListedTerms
from yuzhong.features.settlement.tables import CHARGE_SCHEDULES
from yuzhong.features.settlement.types import NOTHING, Hold, Side
from yuzhong.ledger.numbers import MAX_UNITS, Money, Ticks, Units, trade_value
from yuzhong.ledger.state import State


def charge_per_order(state: State, instrument: InstrumentId) -> Money:
    """The flat charge of an order entered now, which stays that order's own whatever is set later (SETTLEMENT-002)."""
    schedule = CHARGE_SCHEDULES.get(state, instrument)
    return Money(0) if schedule is None else schedule.per_order


def hold_fits(terms: ListedTerms, price: Ticks, quantity: Units, charge: Money) -> bool:
    """Whether an order's worst case stays within the bounds of Money: to be checked at entry, before `worst_case_hold`.

    False for a negative price or quantity too. Covers both sides, with every price or quantity below these.
    """
    worst = price * max(quantity, terms.lot_size) * terms.tick_value + charge
    return price >= 0 and quantity >= 0 and worst <= MAX_UNITS


def worst_case_hold(terms: ListedTerms, side: Side, price: Ticks, leaves: Units, charge_outstanding: Money) -> Hold:
    """What an order of `leaves` at limit `price` holds so that no fill can overdraw its account (SETTLEMENT-003).

    A buyer's cash is price, quantity and charge at their highest. A seller holds the units, and in cash what the charge
    could exceed the proceeds of the first fill by, which is at least one lot at the limit: `leaves` are whole lots.
    Raises BoundPassed where `hold_fits` is False.
    """
    if leaves == 0:
        return NOTHING
    if side is Side.BUY:
        return Hold(Money(trade_value(price, leaves, terms.tick_value) + charge_outstanding), Units(0))
    if charge_outstanding == 0:
        return Hold(Money(0), leaves)
    first_proceeds = trade_value(price, terms.lot_size, terms.tick_value)
    return Hold(Money(max(0, charge_outstanding - first_proceeds)), leaves)


def additional(before: Hold, after: Hold) -> Hold:
    """What going from one hold to another needs on top, e.g. for an order that is replaced."""
    return Hold(Money(max(0, after.cash - before.cash)), Units(max(0, after.units - before.units)))


def may_fund(state: State, account: AccountId, instrument: InstrumentId, hold: Hold) -> bool:
    """Whether the account has free what the order must hold (SETTLEMENT-003). False where the instrument is cash."""
    terms = instruments.terms(state, instrument)
    if terms is None:
        return False
    return (hold.cash == 0 or holdings.available(state, account, terms.cash, Purpose.BUY) >= hold.cash) and (
        hold.units == 0 or holdings.available(state, account, instrument, Purpose.SELL) >= hold.units
    )
