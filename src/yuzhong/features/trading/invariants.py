"""What must hold after every block: holds equal open orders, no book is crossed, each order's row makes sense."""

from __future__ import annotations

from yuzhong.features.holdings.types import AccountId, Position
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId, InstrumentSession
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.book import hold_of, read_book
from yuzhong.features.trading.checks import listed_terms
from yuzhong.features.trading.index import OrderIndex, OrderKey
from yuzhong.features.trading.phases import AUCTIONS
from yuzhong.features.trading.types import Book, ClOrdId, Order, OrdStatus
from yuzhong.ledger.numbers import PartyId
from yuzhong.ledger.state import Change, State

POSITIONS = "positions"
"""The table of `holdings` whose `held` is compared with the orders."""
PositionKey = tuple[AccountId, InstrumentId]


class HeldEqualsOrders:
    """Each position's `held` is what the account's open orders must hold of it, to the unit (TRADING-009)."""

    name = "held equals open orders"

    def __init__(self) -> None:
        self._held: dict[PositionKey, int] = {}
        self._needed: dict[PositionKey, int] = {}
        self._orders: list[tuple[InstrumentId, Order | None, Order | None]] = []
        self._touched: dict[PositionKey, None] = {}

    def observe(self, change: Change) -> None:
        """Take note of positions and orders."""
        row = change.new or change.old
        if isinstance(row, Order):
            self._orders.append((change.key[0], change.old, change.new))
        elif isinstance(row, Position) and change.table.name == POSITIONS:
            self._touched[change.key] = None
            if change.new is None:
                self._held.pop(change.key, None)
            else:
                self._held[change.key] = change.new.held

    def problem(self, state: State) -> str | None:
        """The first position that differs."""
        for instrument, old, new in self._orders:
            self._count(state, instrument, old, -1)
            self._count(state, instrument, new, 1)
        touched = list(self._touched)
        self._orders, self._touched = [], {}
        for key in touched:
            held, needed = self._held.get(key, 0), self._needed.get(key, 0)
            if held != needed:
                return f"account {key[0]} holds {held} of instrument {key[1]}, its open orders {needed}"
        return None

    def _count(self, state: State, instrument: InstrumentId, order: Order | None, sign: int) -> None:
        if order is None or order.closed_at is not None:
            return
        terms = listed_terms(state, instrument)
        hold = hold_of(terms, order)
        for key, quantity in (((order.account, terms.cash), hold.cash), ((order.account, instrument), hold.units)):
            self._touched[key] = None
            needed = self._needed.get(key, 0) + sign * quantity
            if needed:
                self._needed[key] = needed
            else:
                self._needed.pop(key, None)


class NoCrossedBook:
    """Outside a call auction the best bid is below the best offer (TRADING-027)."""

    name = "no crossed book outside an auction"

    def __init__(self) -> None:
        self._touched: dict[InstrumentId, None] = {}

    def observe(self, change: Change) -> None:
        """Take note of the instruments whose orders or phase changed."""
        if isinstance(change.new or change.old, Order | InstrumentSession):
            self._touched[change.key[0]] = None

    def problem(self, state: State) -> str | None:
        """The first crossed book."""
        touched = list(self._touched)
        self._touched = {}
        for instrument in touched:
            bid = state.index(OrderIndex).best(instrument, Side.BUY)
            offer = state.index(OrderIndex).best(instrument, Side.SELL)
            if bid is None or offer is None or bid.price < offer.price:
                continue
            if instruments.session(state, instrument).phase not in AUCTIONS:
                return f"instrument {instrument}: bid {bid.price}, offer {offer.price}"
        return None


class OrderRowsConsistent:
    """Every order's quantities, status and place agree, and no two orders of an owner share an id (TRADING-028)."""

    name = "order rows are consistent"

    def __init__(self) -> None:
        self._ids: dict[tuple[PartyId, ClOrdId], OrderKey] = {}
        self._changed: dict[OrderKey, Order] = {}
        self._problem: str | None = None

    def observe(self, change: Change) -> None:
        """Take note of changed orders."""
        row = change.new or change.old
        if not isinstance(row, Order):
            return
        owned = (row.owner, row.cl_ord_id)
        if change.new is None:
            self._ids.pop(owned, None)
            self._changed.pop(change.key, None)
        else:
            if self._ids.setdefault(owned, change.key) != change.key:
                self._problem = f"owner {row.owner} has two orders {row.cl_ord_id}"
            self._changed[change.key] = change.new

    def problem(self, state: State) -> str | None:
        """The first order that makes no sense."""
        changed, self._changed = self._changed, {}
        for key, order in changed.items():
            book = read_book(state, key[0])
            wrong = _wrong_open(order, book) if order.closed_at is None else _wrong_closed(order)
            if wrong is None and (key[1] >= book.next_number or order.rank >= book.next_rank):
                wrong = "number or rank is not given out yet"
            if wrong is not None:
                return f"order {key[1]} of instrument {key[0]}: {wrong}"
        return self._problem


def _wrong_open(order: Order, book: Book) -> str | None:
    if order.cum_qty + order.leaves_qty != order.order_qty or order.leaves_qty == 0:
        return "quantities do not add up"
    if order.status is not (OrdStatus.PARTIALLY_FILLED if order.cum_qty else OrdStatus.NEW):
        return f"open with status {order.status.name}"
    if order.cum_qty and order.charge_outstanding:
        return "filled without its charge"
    if order.display_qty is None:
        return None if order.shown_qty == order.leaves_qty else "does not show all it has"
    least = 0 if book.uncross is not None else 1
    most = min(order.display_qty, order.leaves_qty)
    return None if least <= order.shown_qty <= most else f"shows {order.shown_qty}, not {least} to {most}"


def _wrong_closed(order: Order) -> str | None:
    if order.leaves_qty or order.shown_qty:
        return "closed with something left"
    if (order.status is OrdStatus.FILLED) != (order.cum_qty == order.order_qty):
        return f"closed with status {order.status.name}"
    if order.status in (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED):
        return f"closed with status {order.status.name}"
    return None
