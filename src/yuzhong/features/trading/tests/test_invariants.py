"""The invariants of trading notice what they are there for, after a block and over a whole state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.harness import ALICE, ALICE_ACCOUNT, CNY, SHARE
from yuzhong.features.holdings import actions as holdings
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading import questions
from yuzhong.features.trading.feature import FEATURE
from yuzhong.features.trading.tables import ORDERS
from yuzhong.features.trading.tests.venue import Venue, venue
from yuzhong.features.trading.types import ClOrdId, OrdStatus, Rank
from yuzhong.ledger.failures import Stop
from yuzhong.ledger.invariants import Watch
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import Millis, Ticks, Units
from yuzhong.ledger.state import State


@pytest.fixture
def market(kernels: Kernels) -> Venue:
    """With a bid of 5 at 9, and an iceberg of 5 offered at 10 that shows 2."""
    made = venue(kernels)
    made.buy("bid", 9, 5)
    made.sell("offer", 10, 5, display=2)
    return made


def change(name: str, **fields: Any) -> Callable[[State], None]:
    """Write an order's row as no rule does."""

    def write(state: State) -> None:
        key = questions.find_order(state, ALICE, ClOrdId(name))
        assert key is not None
        row = questions.order(state, *key)
        assert row is not None
        ORDERS.put(state, *key, row=replace(row, **fields))

    return write


def test_held_differs_from_open_orders(market: Venue) -> None:
    """TRADING-009."""
    with pytest.raises(Stop, match="held equals open orders: account 5 holds 46 of instrument 1, its open orders 45"):
        market.ledger.act(lambda state: holdings.hold(state, ALICE_ACCOUNT, CNY, Units(1)))


def test_a_book_is_crossed_outside_an_auction(market: Venue) -> None:
    """TRADING-027."""
    with pytest.raises(Stop, match="no crossed book outside an auction: instrument 2: bid 9, offer 9"):
        market.ledger.act(change("offer", price=Ticks(9)))


def test_a_book_may_be_crossed_in_an_auction(market: Venue) -> None:
    """TRADING-027."""
    market.enter(Phase.CLOSING_AUCTION)
    market.ledger.act(change("offer", price=Ticks(9)))
    assert market.depth(Side.SELL) == [(9, 2)]


@pytest.mark.parametrize(
    "fields",
    [
        {"order_qty": Units(6)},
        {"shown_qty": Units(0)},
        {"shown_qty": Units(3)},
        {"display_qty": None},
        {"status": OrdStatus.PARTIALLY_FILLED},
        {"status": OrdStatus.CANCELED},
        {"rank": Rank(99)},
        {"cl_ord_id": ClOrdId("bid")},
    ],
)
def test_an_order_s_row_makes_no_sense(market: Venue, fields: dict[str, Any]) -> None:
    """TRADING-028."""
    with pytest.raises(Stop, match="order rows are consistent"):
        market.ledger.act(change("offer", **fields))


@pytest.mark.parametrize(
    "fields", [{"leaves_qty": Units(1)}, {"status": OrdStatus.FILLED}, {"status": OrdStatus.NEW}, {"cum_qty": Units(5)}]
)
def test_a_closed_order_s_row_makes_no_sense(market: Venue, fields: dict[str, Any]) -> None:
    """TRADING-028."""
    market.cancel("offer")
    with pytest.raises(Stop, match="order rows are consistent"):
        market.ledger.act(change("offer", closed_at=Millis(1), **fields))


def test_a_whole_state_is_judged_as_its_blocks_were(market: Venue) -> None:
    """TRADING-009, TRADING-027, TRADING-028: e.g. one that came from a snapshot."""
    Watch(FEATURE.invariants).begin(market.ledger.state)
    holdings.hold(market.ledger.state, ALICE_ACCOUNT, SHARE, Units(1))
    with pytest.raises(Stop, match="account 5 holds 6 of instrument 2, its open orders 5"):
        Watch(FEATURE.invariants).begin(market.ledger.state)
