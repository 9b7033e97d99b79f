"""A book's random life against the naive one: invariants after each block, the index rebuilt after each step."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.harness import ALICE, ALICE_ACCOUNT, BOB, BOB_ACCOUNT, OPERATOR, SHARE, listed_terms, market
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading import questions, uncrossing
from yuzhong.features.trading.book import is_valid
from yuzhong.features.trading.index import OrderIndex
from yuzhong.features.trading.outcomes import OrderExecuted, PlaceOrderRejection, ReplaceOrderRejection
from yuzhong.features.trading.phases import ACCEPTED, AUCTIONS, FOLLOWING, uncrosses
from yuzhong.features.trading.rules import sweep
from yuzhong.features.trading.tables import ORDERS
from yuzhong.features.trading.tests.naive import NaiveMarket, NaiveOrder, Trade
from yuzhong.features.trading.tests.venue import PLENTY, order, replacement
from yuzhong.features.trading.transactions import CancelOrder, ChangePhase
from yuzhong.features.trading.types import ClOrdId, OrdType, TimeInForce
from yuzhong.ledger.kernels import choose
from yuzhong.ledger.numbers import DAY_MS, end_of_day
from yuzhong.ledger.outcomes import ACCEPTED as CODE_ACCEPTED

PRICES, QUANTITIES = st.integers(10, 13), st.integers(1, 12)
ORDER = st.tuples(
    st.sampled_from((ALICE, BOB)),
    st.sampled_from(Side),
    PRICES,
    QUANTITIES,
    st.sampled_from((None, None, 1, 2, 3)),
    st.sampled_from(TimeInForce),
)
SHORT_OF_MEANS = (PlaceOrderRejection.ACCOUNT_MUST_FUND_ORDER, ReplaceOrderRejection.ACCOUNT_MUST_FUND_ORDER)


class BookLife(RuleBasedStateMachine):
    """Two owners, few prices, small slices: much happens at the same place."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = [patch.object(uncrossing, "SLICE", 3), patch.object(sweep, "SLICE", 1)]
        for each in self.patches:
            each.start()
        self.naive = NaiveMarket()
        self.owners: dict[str, Any] = {}

    def teardown(self) -> None:
        for each in self.patches:
            each.stop()

    @initialize(
        means=st.sampled_from((100, PLENTY, PLENTY)), charge=st.sampled_from((0, 3, 25)), kernels=st.just("rust")
    )
    def open_market(self, means: int, charge: int, kernels: str) -> None:
        self.ledger = market(choose(kernels), terms=listed_terms(), charge=charge, cash=means, units=means)
        self.phase = Phase.CLOSED
        self.change_phase(Phase.CONTINUOUS)

    @rule(orders=st.lists(ORDER, min_size=3, max_size=12))
    def place(self, orders: list[tuple[Any, Side, int, int, int | None, TimeInForce]]) -> None:
        for each in orders:
            self.place_one(*each)

    def place_one(
        self, who: Any, side: Side, price: int, quantity: int, display: int | None, validity: TimeInForce
    ) -> None:
        name = f"o{len(self.owners)}"
        display = None if display is None else min(display, quantity)
        tx = order(name, side, price, quantity, account=who, display=display, validity=validity)
        trades = self.run(who, tx, (OrdType.LIMIT, validity) in ACCEPTED[self.phase])
        if trades is None:
            return
        self.owners[name] = who
        expires_at = end_of_day(self.ledger.time) if validity is TimeInForce.DAY else None
        self.naive.place(NaiveOrder(name, side, price, quantity, display, expires_at), validity)
        self.compare(trades)

    @precondition(lambda self: self.naive.orders)
    @rule(data=st.data(), price_change=st.sampled_from((0, 0, 0, -1, 2)), leaves_change=st.integers(-2, 1))
    def replace(self, data: st.DataObject, price_change: int, leaves_change: int) -> None:
        name = data.draw(st.sampled_from([each.name for each in self.naive.orders]))
        who, before = self.owners[name], self.naive.find(name)
        price, quantity = before.price + price_change, max(1, before.leaves + leaves_change)
        tx = replacement(name, price, quantity, account=who)
        trades = self.run(who, tx, (OrdType.LIMIT, TimeInForce.GTC) in ACCEPTED[self.phase])
        if trades is not None:
            self.naive.replace(name, price, quantity)
            self.compare(trades)

    @precondition(lambda self: self.naive.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([each.name for each in self.naive.orders]))
        who = self.owners[name]
        account = ALICE_ACCOUNT if who == ALICE else BOB_ACCOUNT
        assert self.run(who, CancelOrder(account, ClOrdId(name)), True) == []
        self.naive.cancel(name)
        self.compare([])

    @precondition(lambda self: self.phase is Phase.CONTINUOUS)
    @rule(orders=st.lists(ORDER, min_size=3, max_size=12))
    def hold_auction(self, orders: list[tuple[Any, Side, int, int, int | None, TimeInForce]]) -> None:
        self.change_phase(Phase.CLOSING_AUCTION)
        self.place(orders)
        self.change_phase(Phase.CONTINUOUS)

    @rule(phase=st.sampled_from((Phase.CONTINUOUS, Phase.VOLATILITY_AUCTION, Phase.BREAK)))
    def change_phase(self, phase: Phase) -> None:
        before = self.phase
        if phase not in FOLLOWING[before]:
            return
        indicated = questions.indicative(self.ledger.state, SHARE, self.ledger.time)
        trades = self.run(OPERATOR, ChangePhase(SHARE, phase), True) or []
        while questions.is_uncrossing(self.ledger.state, SHARE):
            for receipt in self.ledger.wait_until(self.ledger.time + 1):
                trades += pairs(receipt.events)
        assert instruments.session(self.ledger.state, SHARE).phase is phase
        self.phase, self.naive.matching = phase, phase not in AUCTIONS
        if uncrosses(before, phase):
            self.naive.uncross()
            assert sum(trade[3] for trade in trades) == (0 if indicated is None else indicated.matched)
        self.compare(trades)

    @rule(days=st.integers(0, 2))
    def pass_time(self, days: int) -> None:
        to = end_of_day(self.ledger.time) + days * DAY_MS
        self.ledger.wait_until(to)
        self.naive.pass_time(to)
        self.compare([])

    def run(self, who: Any, tx: Any, is_taken: bool) -> list[Trade] | None:
        """One transaction; its trades, or None where it is refused as it must be, or for want of means."""
        receipt = self.ledger.run(who, tx)
        if receipt.code == CODE_ACCEPTED:
            assert is_taken
            return pairs(receipt.events)
        assert int(receipt.code) in SHORT_OF_MEANS or not is_taken, self.ledger.machine.code_name(receipt.code)
        return None

    def compare(self, trades: list[Trade]) -> None:
        """Trades, and every open order with its place in line, are the naive market's; the index is the rows'."""
        assert trades == self.naive.trades
        self.naive.trades = []
        state = self.ledger.state
        for side in Side:
            rows = [row for _, row in ORDERS.every(state) if row.side is side and is_valid(row, self.ledger.time)]
            rows.sort(key=lambda row: (-row.price if row.side is Side.BUY else row.price, row.rank))
            assert [(row.cl_ord_id, row.price, row.leaves_qty, row.shown_qty, row.cum_qty) for row in rows] == [
                (each.name, each.price, each.leaves, each.shown, each.cum) for each in self.naive.side(side)
            ]
        followed = {side: list(state.index(OrderIndex).levels(SHARE, side)) for side in Side}
        state.rebuild_indexes()
        assert followed == {side: list(state.index(OrderIndex).levels(SHARE, side)) for side in Side}


def pairs(events: tuple[Any, ...]) -> list[Trade]:
    """Both names, price and quantity of each trade."""
    executed = [event for event in events if isinstance(event, OrderExecuted)]
    return [
        (bought.cl_ord_id, sold.cl_ord_id, bought.last_px, bought.last_qty)
        for bought, sold in zip(executed[::2], executed[1::2], strict=True)
    ]


TestBookLife = BookLife.TestCase
TestBookLife.settings = settings(stateful_step_count=30)
"""TRADING-009, TRADING-011 to TRADING-013, TRADING-019 to TRADING-021, TRADING-027, TRADING-028."""
