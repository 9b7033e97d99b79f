"""A market to trade in from a test, in few words: two investors with plenty, orders by name, fills as plain tuples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.harness import (
    ALICE,
    OPERATOR,
    SHARE,
    Ledger,
    listed_terms,
    market,
)
from yuzhong.features.holdings import questions as holdings
from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments import actions as instruments
from yuzhong.features.instruments.types import InstrumentId, InstrumentStatus, ListedTerms, Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading import questions
from yuzhong.features.trading.book import read_book
from yuzhong.features.trading.outcomes import OrderExecuted, TradeReported
from yuzhong.features.trading.rules.sweep import SWEEP_ORDERS
from yuzhong.features.trading.tables import BOOKS
from yuzhong.features.trading.transactions import CancelOrder, ChangePhase, PlaceOrder, ReplaceOrder
from yuzhong.features.trading.types import Aggressor, Capacity, ClOrdId, Order, OrdType, TimeInForce, Uncross
from yuzhong.ledger import due
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import PartyId, Ticks, Units, end_of_day
from yuzhong.ledger.receipts import Receipt
from yuzhong.ledger.state import State

PLENTY = 10**12
Fill = tuple[str, int, int]
"""Whose order rested, price, quantity."""


def order(
    name: str,
    side: Side,
    price: int,
    quantity: int,
    *,
    account: int = ALICE,
    display: int | None = None,
    validity: TimeInForce = TimeInForce.GTC,
) -> PlaceOrder:
    """An order in SHARE; in the harness an investor's account has the investor's number."""
    return PlaceOrder(
        ClOrdId(name),
        AccountId(account),
        SHARE,
        side,
        OrdType.LIMIT,
        Ticks(price),
        Units(quantity),
        None if display is None else Units(display),
        validity,
        Capacity.PRINCIPAL,
    )


@dataclass
class Venue:
    """A ledger whose SHARE is traded."""

    ledger: Ledger

    def buy(self, name: str, price: int, quantity: int, **more: Any) -> tuple[Any, ...]:
        """Place a buy order that must be accepted: its events."""
        return self._place(name, Side.BUY, price, quantity, **more)

    def sell(self, name: str, price: int, quantity: int, **more: Any) -> tuple[Any, ...]:
        """Place a sell order that must be accepted: its events."""
        return self._place(name, Side.SELL, price, quantity, **more)

    def _place(
        self, name: str, side: Side, price: int, quantity: int, *, who: PartyId = ALICE, **more: Any
    ) -> tuple[Any, ...]:
        return self.ledger.do(who, order(name, side, price, quantity, account=who, **more))

    def place_many(self, orders: Iterable[PlaceOrder], who: PartyId = ALICE) -> None:
        """Place orders that must be accepted, all in one block."""
        receipts = self.ledger.block(*((who, each) for each in orders))
        assert all(receipt.code == 0 for receipt in receipts)

    def replace(
        self, name: str, price: int, leaves: int, *, who: PartyId = ALICE, cum: int | None = None
    ) -> tuple[Any, ...]:
        """Replace an order, which must be accepted: its events."""
        return self.ledger.do(who, replacement(name, price, leaves, account=who, cum=cum))

    def cancel(self, name: str, who: PartyId = ALICE) -> tuple[Any, ...]:
        """Cancel an order, which must be accepted: its events."""
        return self.ledger.do(who, CancelOrder(AccountId(who), ClOrdId(name)))

    def enter(self, phase: Phase) -> tuple[Any, ...]:
        """Let market control change the phase: its events."""
        return self.ledger.do(OPERATOR, ChangePhase(SHARE, phase))

    def order(self, name: str, who: PartyId = ALICE) -> Order:
        """An order as it stands, open or closed."""
        key = questions.find_order(self.ledger.state, who, ClOrdId(name))
        assert key is not None, f"no order {name}"
        found = questions.order(self.ledger.state, *key)
        assert found is not None
        return found

    def turn_day(self, *transactions: tuple[PartyId, Any]) -> list[Receipt]:
        """The next day's first block, to which the sweep has not come yet: the receipts of these transactions."""
        end, about = end_of_day(self.ledger.time), due.subject(SHARE)
        self.ledger.act(lambda state: due.withdraw(state, due.DueClass.EXPIRIES, end, SWEEP_ORDERS, about))
        return self.ledger.block(*transactions, time=end)

    def holding(self, account: AccountId, instrument: InstrumentId) -> tuple[int, int]:
        """What an account has of an instrument, and how much of it is held."""
        position = holdings.position(self.ledger.state, account, instrument)
        return position.total, position.held

    def depth(self, side: Side) -> list[tuple[int, int]]:
        """What the public sees of one side."""
        return [
            (price, shown) for price, shown in questions.depth(self.ledger.state, SHARE, side, self.ledger.time, 99)
        ]


def replacement(name: str, price: int, leaves: int, *, account: int = ALICE, cum: int | None = None) -> ReplaceOrder:
    """A replacement of an order in SHARE."""
    expected = None if cum is None else Units(cum)
    return ReplaceOrder(AccountId(account), ClOrdId(name), Ticks(price), Units(leaves), expected)


def fills(events: Iterable[Any], aggressor: Aggressor) -> list[Fill]:
    """The fills of resting orders in the order in which they were made, from an incoming order's events."""
    side = Side.SELL if aggressor is Aggressor.BUY else Side.BUY
    return [
        (event.cl_ord_id, event.last_px, event.last_qty)
        for event in events
        if isinstance(event, OrderExecuted) and event.side is side
    ]


def trades(events: Iterable[Any]) -> list[tuple[int, int]]:
    """Price and quantity of each trade that was reported."""
    return [(event.price, event.quantity) for event in events if isinstance(event, TradeReported)]


def allocations(events: Iterable[Any]) -> dict[str, int]:
    """How much each order got, by its name."""
    got: dict[str, int] = {}
    for event in events:
        if isinstance(event, OrderExecuted):
            got[event.cl_ord_id] = got.get(event.cl_ord_id, 0) + event.last_qty
    return got


def venue(
    kernels: Kernels, phase: Phase | None = Phase.CONTINUOUS, terms: ListedTerms | None = None, charge: int = 0
) -> Venue:
    """A market in `phase`, with plenty of cash and units for both investors; None leaves it before its first phase."""
    made = Venue(market(kernels, terms=terms or listed_terms(), charge=charge, cash=PLENTY, units=PLENTY))
    if phase is not None:
        made.enter(phase)
    return made


def set_scene(
    made: Venue, phase: Phase, status: InstrumentStatus = InstrumentStatus.TRADING, *, frozen: bool = False
) -> None:
    """Put SHARE into a phase and status whatever the rules say, its book in the middle of an uncrossing or not."""
    uncross = Uncross(None, Units(0), made.ledger.time, Phase.CONTINUOUS) if frozen else None

    def write(state: State) -> None:
        instruments.set_phase(state, SHARE, phase)
        instruments.set_status(state, SHARE, status)
        BOOKS.put(state, SHARE, row=replace(read_book(state, SHARE), uncross=uncross))

    made.ledger.act(write)
