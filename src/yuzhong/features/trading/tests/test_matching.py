"""Continuous trading: price, time, icebergs, IOC, FOK, limits of work."""

from __future__ import annotations

import pytest

from tests.harness import (
    ALICE,
    ALICE_ACCOUNT,
    BOB,
    BOB_ACCOUNT,
    CNY,
    OPERATOR_ACCOUNT,
    SHARE,
    listed_terms,
)
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading import matching
from yuzhong.features.trading.outcomes import (
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderPlaced,
    TradeReported,
)
from yuzhong.features.trading.tests.venue import PLENTY, Venue, fills, order, trades, venue
from yuzhong.features.trading.types import (
    Aggressor,
    CancelReason,
    Liquidity,
    OrdStatus,
    TimeInForce,
)
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import end_of_day


@pytest.fixture
def market(kernels: Kernels) -> Venue:
    """In continuous trading."""
    return venue(kernels)


def test_better_prices_fill_first_then_earlier_orders_at_the_resting_price(market: Venue) -> None:
    """TRADING-012."""
    market.sell("late", 11, 5)
    market.sell("dear", 12, 5)
    market.sell("later", 11, 5)
    market.sell("cheap", 10, 5)
    events = market.buy("b", 12, 17)
    assert fills(events, Aggressor.BUY) == [("cheap", 10, 5), ("late", 11, 5), ("later", 11, 5), ("dear", 12, 2)]
    assert market.depth(Side.SELL) == [(12, 3)]
    assert instruments.session(market.ledger.state, SHARE).last_price == 12


def test_a_seller_meets_the_highest_bid_first(market: Venue) -> None:
    """TRADING-012."""
    for name, price in (("low", 9), ("high", 11), ("middle", 10)):
        market.buy(name, price, 1)
    assert fills(market.sell("s", 10, 5), Aggressor.SELL) == [("high", 11, 1), ("middle", 10, 1)]
    assert market.depth(Side.SELL) == [(10, 3)]
    assert market.depth(Side.BUY) == [(9, 1)]


def test_both_sides_and_the_public_hear_of_each_trade(kernels: Kernels) -> None:
    """TRADING-014: the charge comes with the first fill only."""
    market = venue(kernels, charge=7)
    market.sell("s", 10, 3, who=BOB)
    placed, bought, sold, reported, bought_again, _, _ = _two_fills(market)
    assert isinstance(placed, OrderPlaced)
    assert isinstance(bought, OrderExecuted)
    assert (bought.order_id, bought.cl_ord_id, bought.account) == (placed.order_id, "b", ALICE_ACCOUNT)
    assert (bought.trade, bought.last_px, bought.last_qty, bought.cum_qty, bought.leaves_qty) == (1, 10, 3, 3, 2)
    assert (bought.side, bought.charge, bought.liquidity) == (Side.BUY, 7, Liquidity.REMOVED)
    assert isinstance(sold, OrderExecuted)
    assert (sold.cl_ord_id, sold.account, sold.liquidity, sold.charge) == ("s", BOB_ACCOUNT, Liquidity.ADDED, 7)
    assert reported == TradeReported(SHARE, sold.trade, sold.last_px, sold.last_qty, Aggressor.BUY)
    assert isinstance(bought_again, OrderExecuted)
    assert (bought_again.charge, bought_again.trade, bought_again.cum_qty) == (0, 2, 5)


def _two_fills(market: Venue) -> tuple[object, ...]:
    market.sell("s2", 11, 3, who=BOB)
    return market.buy("b", 11, 5)


def test_a_trade_moves_units_and_money_at_once_and_frees_what_a_better_price_saves(kernels: Kernels) -> None:
    """TRADING-008, TRADING-009, TRADING-014."""
    market = venue(kernels, charge=7)
    market.buy("b", 12, 10)
    assert market.holding(ALICE_ACCOUNT, CNY) == (PLENTY, 127)
    market.cancel("b")
    market.sell("s", 10, 4, who=BOB)
    market.buy("b2", 12, 10)
    assert market.holding(ALICE_ACCOUNT, CNY) == (PLENTY - 47, 72)
    assert market.holding(BOB_ACCOUNT, CNY) == (PLENTY + 33, 0)
    assert market.holding(ALICE_ACCOUNT, SHARE)[0] == PLENTY + 4
    assert market.holding(OPERATOR_ACCOUNT, CNY)[0] == 14


def test_an_owner_may_trade_with_himself(market: Venue) -> None:
    """TRADING-014: there is no self-trade prevention in this profile, and nothing is lost."""
    market.sell("s", 10, 4)
    market.buy("b", 12, 4)
    assert market.holding(ALICE_ACCOUNT, CNY) == (PLENTY, 0)
    assert market.holding(ALICE_ACCOUNT, SHARE) == (PLENTY, 0)


def test_an_iceberg_shows_one_slice_and_its_next_joins_the_back_of_the_queue(market: Venue) -> None:
    """TRADING-013."""
    market.sell("iceberg", 10, 7, display=3)
    market.sell("plain", 10, 4)
    assert market.depth(Side.SELL) == [(10, 7)]
    assert fills(market.buy("b1", 10, 3), Aggressor.BUY) == [("iceberg", 10, 3)]
    assert fills(market.buy("b2", 10, 5), Aggressor.BUY) == [("plain", 10, 4), ("iceberg", 10, 1)]
    assert market.order("iceberg").shown_qty == 2
    assert fills(market.buy("b3", 10, 9), Aggressor.BUY) == [("iceberg", 10, 2), ("iceberg", 10, 1)]
    assert market.order("iceberg").status is OrdStatus.FILLED


def test_an_incoming_iceberg_takes_with_all_it_has_and_rests_with_one_slice(market: Venue) -> None:
    """TRADING-013."""
    market.sell("s", 10, 5)
    assert trades(market.buy("iceberg", 10, 9, display=2)) == [(10, 5)]
    assert market.depth(Side.BUY) == [(10, 2)]
    assert market.order("iceberg").leaves_qty == 4


def test_an_ioc_order_fills_what_it_can_and_cancels_the_rest(market: Venue) -> None:
    """TRADING-015."""
    market.sell("s", 10, 5)
    events = market.buy("b", 11, 8, validity=TimeInForce.IOC)
    assert trades(events) == [(10, 5)]
    assert isinstance(events[-1], OrderCanceled)
    assert (events[-1].cum_qty, events[-1].canceled_qty, events[-1].reason) == (5, 3, CancelReason.NOT_FILLED_AT_ONCE)
    assert market.depth(Side.BUY) == []


@pytest.mark.parametrize(("quantity", "filled"), [(9, True), (10, True), (11, False)])
def test_a_fok_order_fills_wholly_or_not_at_all(market: Venue, quantity: int, filled: bool) -> None:
    """TRADING-015: what icebergs hide counts too, worse prices do not."""
    market.sell("s", 10, 4)
    market.sell("iceberg", 11, 6, display=2)
    market.sell("dear", 12, 100)
    events = market.buy("b", 11, quantity, validity=TimeInForce.FOK)
    assert sum(each for _, each in trades(events)) == (quantity if filled else 0)
    assert market.order("b").status is (OrdStatus.FILLED if filled else OrdStatus.CANCELED)
    if not filled:
        assert isinstance(events[-1], OrderCanceled)
        assert events[-1].reason is CancelReason.NOT_WHOLLY_FILLABLE
        assert market.depth(Side.SELL) == [(10, 4), (11, 2), (12, 100)]


def test_a_taker_stops_after_its_most_fills_and_what_still_crosses_is_cancelled(
    market: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRADING-015: with the limit at 3 instead of 1,000."""
    monkeypatch.setattr(matching, "FILLS_MAX", 3)
    market.place_many(order(f"s{number}", Side.SELL, 10, 1) for number in range(5))
    events = market.buy("b", 10, 5)
    assert len(trades(events)) == 3
    assert isinstance(events[-1], OrderCanceled)
    assert (events[-1].canceled_qty, events[-1].reason) == (2, CancelReason.FILLS_LIMIT)
    assert len(trades(market.buy("b2", 10, 5))) == 2
    assert market.depth(Side.BUY) == [(10, 3)]


@pytest.mark.parametrize(("display", "filled"), [(3, True), (2, False), (1, False)])
def test_a_fok_order_that_needs_too_many_fills_does_nothing(
    market: Venue, monkeypatch: pytest.MonkeyPatch, display: int, filled: bool
) -> None:
    """TRADING-015: slices of an iceberg and the orders between them are counted as they would come."""
    monkeypatch.setattr(matching, "FILLS_MAX", 3)
    market.sell("iceberg", 10, 6, display=display)
    market.sell("plain", 10, 1)
    events = market.buy("b", 10, 7, validity=TimeInForce.FOK)
    assert len(trades(events)) == (3 if filled else 0)
    assert market.depth(Side.SELL) == ([] if filled else [(10, display + 1)])


def test_the_limit_of_fills_is_a_thousand(kernels: Kernels) -> None:
    """TRADING-015: with as many events as a receipt holds."""
    market = venue(kernels)
    assert matching.FILLS_MAX == 1_000
    market.sell("iceberg", 10, 1_001, display=1)
    events = market.buy("b", 10, 1_001)
    assert len(trades(events)) == 1_000
    assert market.order("b").status is OrdStatus.CANCELED
    assert market.depth(Side.SELL) == [(10, 1)]


def test_what_is_past_its_time_never_trades_though_nobody_has_removed_it(market: Venue) -> None:
    """TRADING-010, TRADING-011: in the block in which the day turns, before the sweep has come to it."""
    market.sell("expiring", 10, 5, validity=TimeInForce.DAY)
    market.sell("staying", 10, 5)
    assert market.order("expiring").expires_at == end_of_day(market.ledger.time)
    (receipt,) = market.turn_day((ALICE, order("b", Side.BUY, 10, 10)))
    assert fills(receipt.events, Aggressor.BUY) == [("staying", 10, 5)]
    expired = [event for event in receipt.events if isinstance(event, OrderExpired)]
    assert [(event.cl_ord_id, event.expired_qty) for event in expired] == [("expiring", 5)]
    assert market.order("expiring").status is OrdStatus.EXPIRED
    assert market.depth(Side.SELL) == []


def test_expired_orders_count_for_nothing_in_a_fok_order(market: Venue) -> None:
    """TRADING-011, TRADING-015."""
    market.sell("expiring", 10, 5, validity=TimeInForce.DAY)
    (receipt,) = market.turn_day((ALICE, order("b", Side.BUY, 10, 5, validity=TimeInForce.FOK)))
    assert trades(receipt.events) == []
    assert market.order("expiring").status is OrdStatus.NEW


def test_lots_hold_through_every_fill(kernels: Kernels) -> None:
    """TRADING-005, TRADING-008: whole lots fill in whole lots; a tick may be worth more than one unit."""
    market = venue(kernels, terms=listed_terms(lot_size=100, tick_value=5), charge=3_000)
    market.sell("iceberg", 4, 500, display=200, who=BOB)
    assert market.holding(BOB_ACCOUNT, CNY)[1] == 1_000
    assert [each for _, each in trades(market.buy("b", 4, 300))] == [200, 100]
    assert market.order("iceberg", BOB).shown_qty == 100
    assert market.holding(BOB_ACCOUNT, CNY) == (PLENTY + 3_000, 0)


def test_after_a_break_the_book_goes_on_as_it_stood(market: Venue) -> None:
    """TRADING-016."""
    market.buy("b", 10, 5)
    market.enter(Phase.BREAK)
    market.enter(Phase.CONTINUOUS)
    assert trades(market.sell("s", 10, 5)) == [(10, 5)]
