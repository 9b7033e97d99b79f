"""What others may ask of `trading`: an order, the depth of a book, and what a call auction would do now."""

from __future__ import annotations

from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading import uncrossing
from yuzhong.features.trading.auction import Uncrossing
from yuzhong.features.trading.book import levels, read_book
from yuzhong.features.trading.index import OrderIndex
from yuzhong.features.trading.phases import AUCTIONS
from yuzhong.features.trading.tables import ORDERS
from yuzhong.features.trading.types import ClOrdId, Order, OrderNumber
from yuzhong.ledger.numbers import Millis, PartyId, Ticks, Units
from yuzhong.ledger.state import State


def order(state: State, instrument: InstrumentId, number: OrderNumber) -> Order | None:
    """The order, open or closed; None where there is none or its row has left."""
    return ORDERS.get(state, instrument, number)


def find_order(state: State, owner: PartyId, cl_ord_id: ClOrdId) -> tuple[InstrumentId, OrderNumber] | None:
    """The order that its owner calls so, open or closed; None where there is none or its row has left (TRADING-002)."""
    return state.index(OrderIndex).find(owner, cl_ord_id)


def depth(state: State, instrument: InstrumentId, side: Side, now: Millis, limit: int) -> list[tuple[Ticks, Units]]:
    """The best `limit` prices of one side with what valid orders show at each, best first (TRADING-013)."""
    found: list[tuple[Ticks, Units]] = []
    for level in levels(state, instrument, side):
        if len(found) == limit:
            break
        shown = sum(part.shown for expires_at, part in level.quantities.items() if _is_valid(expires_at, now))
        if shown > 0:
            found.append((level.price, Units(shown)))
    return found


def indicative(state: State, instrument: InstrumentId, now: Millis) -> Uncrossing | None:
    """What the call auction would do if it ended now, hidden quantities included (TRADING-019).

    None outside a call auction, while it is being uncrossed, and where nothing would trade.
    """
    terms = instruments.terms(state, instrument)
    if terms is None or is_uncrossing(state, instrument):
        return None
    session = instruments.session(state, instrument)
    if session.phase not in AUCTIONS:
        return None
    return uncrossing.result(state, instrument, terms, session, now)


def is_uncrossing(state: State, instrument: InstrumentId) -> bool:
    """Whether the book is frozen until its uncrossing is done (TRADING-020)."""
    return read_book(state, instrument).uncross is not None


def _is_valid(expires_at: Millis | None, now: Millis) -> bool:
    return expires_at is None or now < expires_at
