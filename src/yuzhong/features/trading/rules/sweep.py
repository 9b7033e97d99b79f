"""The daily sweep through an instrument's orders: those past their time end, closed ones leave; a slice a block."""

from __future__ import annotations

from yuzhong.features.instruments.types import InstrumentId
from yuzhong.features.trading.book import Desk, close_desk, expire, is_valid, open_desk
from yuzhong.features.trading.checks import listed_terms
from yuzhong.features.trading.tables import ORDERS
from yuzhong.features.trading.types import Order
from yuzhong.ledger import due
from yuzhong.ledger.feature import Context
from yuzhong.ledger.numbers import DAY_MS, Millis, end_of_day
from yuzhong.ledger.outcomes import Accepted, Outcome
from yuzhong.ledger.state import State
from yuzhong.ledger.tables import after

SWEEP_ORDERS = 1802
"""Kind of due work: a slice of the sweep; its subject is the instrument and the order number to begin at."""
SLICE = 200
"""Orders that one slice looks at."""
NUMBER_BYTES = 8
"""Of an order's packed key: what stands behind its instrument."""


def plan_sweep(desk: Desk) -> None:
    """See to it that a sweep comes at the end of the day."""
    if desk.sweep_at is None:
        desk.sweep_at = end_of_day(desk.now)
        due.put(desk.state, due.DueClass.EXPIRIES, desk.sweep_at, SWEEP_ORDERS, due.subject(desk.instrument))


def sweep_orders(state: State, subject: bytes, context: Context) -> Outcome:
    """Look at a slice of orders; ask for the next, or for tomorrow's sweep (TRADING-011, TRADING-026)."""
    # READ
    first, number = due.subject_numbers(subject)
    instrument = InstrumentId(first)
    desk = open_desk(state, instrument, listed_terms(state, instrument), context.time)
    if desk.uncross is not None:
        _ask(state, context.time, subject)
        return Accepted()
    start = ORDERS.pack(instrument, number)
    found = ORDERS.scan_range(state, start, after(start[:-NUMBER_BYTES]), limit=SLICE)

    # From here on the work must succeed.
    # WRITE, EMIT
    for key, order in found:
        if order.closed_at is None and not is_valid(order, context.time):
            expire(desk, key[1], order)
        elif _has_left(order, context.time):
            ORDERS.delete(state, *key)
    if len(found) == SLICE:
        _ask(state, context.time, due.subject(instrument, found[-1][0][1] + 1))
    else:
        desk.sweep_at = None
        if ORDERS.scan(state, instrument, limit=1):
            plan_sweep(desk)
    return Accepted(*close_desk(desk))


def _has_left(order: Order, now: Millis) -> bool:
    """Whether a closed order's last day is over: the one after that on which it closed (TRADING-026)."""
    return order.closed_at is not None and end_of_day(order.closed_at) + DAY_MS <= now


def _ask(state: State, at: Millis, subject: bytes) -> None:
    due.put(state, due.DueClass.EXPIRIES, at, SWEEP_ORDERS, subject)
