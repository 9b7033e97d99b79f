"""An instrument's book while one transaction or piece of due work is at it: who is first, and what is written back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from yuzhong.features.instruments import actions as instruments
from yuzhong.features.instruments.types import InstrumentId, ListedTerms
from yuzhong.features.settlement import actions as settlement
from yuzhong.features.settlement.questions import worst_case_hold
from yuzhong.features.settlement.types import Hold, Side
from yuzhong.features.trading.index import Level, OrderIndex
from yuzhong.features.trading.outcomes import OrderCanceled, OrderExpired
from yuzhong.features.trading.tables import BOOKS, ORDERS
from yuzhong.features.trading.types import Book, CancelReason, Order, OrderNumber, OrdStatus, Rank, TradeNumber, Uncross
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.numbers import Millis, Ticks, Units
from yuzhong.ledger.outcomes import About
from yuzhong.ledger.records import changed
from yuzhong.ledger.state import State

EMPTY_BOOK = Book(OrderNumber(1), Rank(1), TradeNumber(1), None, None)
OPPOSITE = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


@dataclass(slots=True)
class Desk:
    """Where the work on one book stands: its counters, and what has happened so far."""

    state: State
    instrument: InstrumentId
    terms: ListedTerms
    now: Millis
    """Ledger time."""
    before: Book
    next_number: OrderNumber
    next_rank: Rank
    next_trade: TradeNumber
    sweep_at: Millis | None
    uncross: Uncross | None
    steps: int = 0
    """Trades made, and expired orders cleared out of their way."""
    last_price: Ticks | None = None
    events: list[Any] = field(default_factory=list)


def read_book(state: State, instrument: InstrumentId) -> Book:
    """The counters of the instrument's book."""
    return BOOKS.get(state, instrument) or EMPTY_BOOK


def open_desk(state: State, instrument: InstrumentId, terms: ListedTerms, now: Millis) -> Desk:
    """Begin to work on a book."""
    book = read_book(state, instrument)
    counters = (book.next_number, book.next_rank, book.next_trade, book.sweep_at, book.uncross)
    return Desk(state, instrument, terms, now, book, *counters)


def close_desk(desk: Desk) -> tuple[Any, ...]:
    """Write the counters and the last price back; returns the events."""
    after = Book(desk.next_number, desk.next_rank, desk.next_trade, desk.sweep_at, desk.uncross)
    if after != desk.before:
        BOOKS.put(desk.state, desk.instrument, row=after)
    if desk.last_price is not None:
        instruments.record_price(desk.state, desk.instrument, desk.last_price)
    return tuple(desk.events)


def take_rank(desk: Desk) -> Rank:
    """The next place in time, behind all others."""
    rank = desk.next_rank
    desk.next_rank = Rank(rank + 1)
    return rank


def first_in_line(desk: Desk, side: Side) -> tuple[OrderNumber, Order] | None:
    """The order that trades next on that side: best price, then time. It may have expired."""
    level = desk.state.index(OrderIndex).best(desk.instrument, side)
    if level is None:
        return None
    number = level.queue[0][1]
    return number, read_order(desk.state, desk.instrument, number)


def levels(state: State, instrument: InstrumentId, side: Side) -> Iterator[Level]:
    """One side's price levels, best first, expired orders included."""
    return state.index(OrderIndex).levels(instrument, side)


def read_order(state: State, instrument: InstrumentId, number: OrderNumber) -> Order:
    """The order of that number. Raises RuleFailed where there is none: ask the index before."""
    order = ORDERS.get(state, instrument, number)
    if order is None:
        raise RuleFailed(f"order {number} of instrument {instrument} does not exist")
    return order


def is_valid(order: Order, now: Millis) -> bool:
    """Whether an order may trade: open, and not past its time even if nobody has removed it yet (TRADING-011)."""
    return order.closed_at is None and (order.expires_at is None or now < order.expires_at)


def hold_of(terms: ListedTerms, order: Order) -> Hold:
    """What an order keeps on its account; nothing once it is closed."""
    return worst_case_hold(terms, order.side, order.price, order.leaves_qty, order.charge_outstanding)


def with_fresh_slice(order: Order, rank: Rank) -> Order:
    """An open order that shows a new slice (all it has, if it is no iceberg) at a place in line (TRADING-013)."""
    shown = first_slice(order.leaves_qty, order.display_qty)
    if shown == order.shown_qty and rank == order.rank:
        return order
    return changed(order, shown_qty=shown, rank=rank)


def first_slice(leaves: Units, display: Units | None) -> Units:
    """How much an order shows that begins to wait with `leaves` left (TRADING-013)."""
    return leaves if display is None else min(display, leaves)


def cancel(desk: Desk, number: OrderNumber, order: Order, reason: CancelReason) -> None:
    """Close an order, free what it held, and say why."""
    event = OrderCanceled(
        desk.instrument, number, order.cl_ord_id, order.account, order.cum_qty, order.leaves_qty, reason
    )
    _close(desk, number, order, OrdStatus.CANCELED, event)


def expire(desk: Desk, number: OrderNumber, order: Order) -> None:
    """Close an order whose time is over, and free what it held (TRADING-011)."""
    event = OrderExpired(desk.instrument, number, order.cl_ord_id, order.account, order.cum_qty, order.leaves_qty)
    _close(desk, number, order, OrdStatus.EXPIRED, event)


def _close(desk: Desk, number: OrderNumber, order: Order, status: OrdStatus, event: Any) -> None:
    settlement.release_for_order(desk.state, order.account, desk.instrument, hold_of(desk.terms, order))
    closed = changed(order, leaves_qty=Units(0), shown_qty=Units(0), status=status, closed_at=desk.now)
    ORDERS.put(desk.state, desk.instrument, number, row=closed)
    desk.events.append(About(order.salt, event))
