"""The end of a call auction, and the bugs that others had with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness import ALICE, OPERATOR, SHARE
from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading import questions, uncrossing
from yuzhong.features.trading.auction import Uncrossing
from yuzhong.features.trading.outcomes import (
    AuctionUncrossed,
    CancelOrderRejection,
    ChangePhaseRejection,
    HaltInstrumentRejection,
    OrderExecuted,
    OrderExpired,
    PhaseChanged,
    PlaceOrderRejection,
    ReplaceOrderRejection,
)
from yuzhong.features.trading.tests.venue import Venue, allocations, order, replacement, trades, venue
from yuzhong.features.trading.transactions import CancelOrder, ChangePhase, HaltInstrument
from yuzhong.features.trading.types import ClOrdId, Liquidity, TimeInForce
from yuzhong.ledger.kernels import Kernels, choose
from yuzhong.ledger.numbers import Ticks, Units, end_of_day
from yuzhong.ledger.outcomes import ACCEPTED


@pytest.fixture
def market(kernels: Kernels) -> Venue:
    """In its opening auction."""
    return venue(kernels, Phase.OPENING_AUCTION)


def said(price: int | None, matched: int, unmatched: int = 0, side: Side | None = None) -> AuctionUncrossed:
    """What the uncrossing says first."""
    return AuctionUncrossed(SHARE, None if price is None else Ticks(price), Units(matched), Units(unmatched), side)


def test_everything_trades_at_one_price_by_price_then_time(market: Venue) -> None:
    """TRADING-017, TRADING-020: then continuous trading goes on with what is left."""
    for name, price, quantity in (("b1", 11, 4), ("b2", 12, 3), ("b3", 11, 4)):
        market.buy(name, price, quantity)
    for name, price, quantity in (("s1", 10, 5), ("s2", 9, 4), ("s3", 13, 9)):
        market.sell(name, price, quantity)
    events = market.enter(Phase.CONTINUOUS)
    assert events[0] == said(11, 9, 2, Side.BUY)
    assert events[-1] == PhaseChanged(SHARE, Phase.OPENING_AUCTION, Phase.CONTINUOUS)
    assert trades(events) == [(11, 3), (11, 1), (11, 3), (11, 2)]
    assert allocations(events) == {"b2": 3, "s2": 4, "b1": 4, "s1": 5, "b3": 2}
    assert all(event.liquidity is Liquidity.AUCTION for event in events if isinstance(event, OrderExecuted))
    assert (market.depth(Side.BUY), market.depth(Side.SELL)) == ([(11, 2)], [(13, 9)])
    assert instruments.session(market.ledger.state, SHARE).last_price == 11


def test_auction_1_on_the_ledger(market: Venue) -> None:
    """AUCTION-1 of the worked examples: what stands afterwards (TRADING-017, TRADING-018)."""
    market.buy("b1", 1005, 1000)
    market.buy("b2", 1000, 500)
    market.sell("s1", 998, 1000)
    market.sell("s2", 1003, 300)
    assert market.enter(Phase.CONTINUOUS)[0] == said(1003, 1000, 300, Side.SELL)
    assert (market.depth(Side.BUY), market.depth(Side.SELL)) == ([(1000, 500)], [(1003, 300)])


def test_where_nothing_crosses_the_phase_just_changes(market: Venue) -> None:
    """TRADING-017, TRADING-020."""
    market.buy("b", 9, 1)
    market.sell("s", 10, 1)
    assert market.enter(Phase.BREAK) == (
        said(None, 0),
        PhaseChanged(SHARE, Phase.OPENING_AUCTION, Phase.BREAK),
    )


def test_going_from_one_auction_into_another_keeps_accumulating(market: Venue) -> None:
    """TRADING-016."""
    market.enter(Phase.CONTINUOUS)
    market.enter(Phase.VOLATILITY_AUCTION)
    market.buy("b", 10, 1)
    market.sell("s", 10, 1)
    assert len(market.enter(Phase.CLOSING_AUCTION)) == 1
    assert trades(market.enter(Phase.POST_TRADING)) == [(10, 1)]


@pytest.fixture
def slow(market: Venue, monkeypatch: pytest.MonkeyPatch) -> Venue:
    """Seven trades to make, two in a slice."""
    assert uncrossing.SLICE == 1_000
    monkeypatch.setattr(uncrossing, "SLICE", 2)
    market.place_many(order(f"b{n}", Side.BUY, 10, 1) for n in range(7))
    market.sell("s", 10, 7)
    return market


def test_an_uncrossing_goes_on_slice_by_slice_and_the_phase_changes_when_it_is_done(slow: Venue) -> None:
    """TRADING-020."""
    first = slow.enter(Phase.CONTINUOUS)
    assert (first[0], len(trades(first))) == (said(10, 7), 2)
    assert instruments.session(slow.ledger.state, SHARE).phase is Phase.OPENING_AUCTION
    assert questions.indicative(slow.ledger.state, SHARE, slow.ledger.time) is None
    slices = [slow.ledger.wait_until(slow.ledger.time + 1) for _ in range(3)]
    assert [len(trades(receipt.events)) for (receipt,) in slices] == [2, 2, 1]
    assert slices[-1][0].events[-1] == PhaseChanged(SHARE, Phase.OPENING_AUCTION, Phase.CONTINUOUS)
    assert not questions.is_uncrossing(slow.ledger.state, SHARE)
    assert slow.ledger.wait_until(slow.ledger.time + 1) == []


def test_while_it_is_uncrossed_a_book_is_frozen(slow: Venue) -> None:
    """TRADING-004, TRADING-020, TRADING-024: nothing is placed, replaced, cancelled, halted, or moved on."""
    receipts = slow.ledger.block(
        (OPERATOR, ChangePhase(SHARE, Phase.CONTINUOUS)),
        (ALICE, order("new", Side.BUY, 10, 1)),
        (ALICE, replacement("b6", 10, 1)),
        (ALICE, CancelOrder(AccountId(ALICE), ClOrdId("b6"))),
        (OPERATOR, ChangePhase(SHARE, Phase.POST_TRADING)),
        (OPERATOR, HaltInstrument(SHARE)),
    )
    assert [receipt.code for receipt in receipts] == [
        ACCEPTED,
        PlaceOrderRejection.BOOK_MUST_NOT_BE_UNCROSSING,
        ReplaceOrderRejection.BOOK_MUST_NOT_BE_UNCROSSING,
        CancelOrderRejection.BOOK_MUST_NOT_BE_UNCROSSING,
        ChangePhaseRejection.BOOK_MUST_NOT_BE_UNCROSSING,
        HaltInstrumentRejection.BOOK_MUST_NOT_BE_UNCROSSING,
    ]


def test_a_day_order_valid_at_the_start_takes_part_though_its_day_ends_meanwhile(slow: Venue) -> None:
    """TRADING-011, TRADING-020: price and volume were fixed with it; the sweep waits until the book is free."""
    slow.cancel("s")
    slow.sell("day", 10, 7, validity=TimeInForce.DAY)
    slow.enter(Phase.CONTINUOUS)
    day = end_of_day(slow.ledger.time)
    blocks = [slow.ledger.wait_until(day + number) for number in range(4)]
    assert [len(trades(event for receipt in block for event in receipt.events)) for block in blocks] == [2, 2, 1, 0]
    assert slow.order("day").leaves_qty == 0


def test_expired_orders_take_no_part_and_do_not_leave_the_book_crossed(market: Venue) -> None:
    """TRADING-011, TRADING-027: they are cleared away, though their sweep has not come."""
    market.buy("day", 12, 5, validity=TimeInForce.DAY)
    market.buy("gtc", 11, 2)
    market.sell("s", 10, 4)
    (receipt,) = market.turn_day((OPERATOR, ChangePhase(SHARE, Phase.CONTINUOUS)))
    events = receipt.events
    assert events[0] == said(10, 2, 2, Side.SELL)
    assert allocations(events) == {"gtc": 2, "s": 2}
    assert [event.cl_ord_id for event in events if isinstance(event, OrderExpired)] == ["day"]


def test_only_expired_orders_are_cleared_where_nothing_trades(market: Venue) -> None:
    """TRADING-011, TRADING-027."""
    market.buy("day", 12, 5, validity=TimeInForce.DAY)
    market.sell("s", 10, 4)
    (receipt,) = market.turn_day((OPERATOR, ChangePhase(SHARE, Phase.CONTINUOUS)))
    events = receipt.events
    assert [type(event) for event in events] == [AuctionUncrossed, OrderExpired, PhaseChanged]
    assert market.depth(Side.SELL) == [(10, 4)]


# Bugs that others had.


def test_vega_8426_an_iceberg_leaves_no_crossed_book_after_an_auction(market: Venue) -> None:
    """TRADING-020, TRADING-027: it takes part with all it has."""
    market.sell("iceberg", 10, 100, display=5)
    market.buy("b", 12, 60)
    market.buy("low", 9, 5)
    assert trades(market.enter(Phase.CONTINUOUS)) == [(10, 60)]
    assert market.depth(Side.BUY) == [(9, 5)]
    assert [shown for _, shown in market.depth(Side.SELL)] == [5]


ORDERS = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 9), st.integers(1, 9), st.none() | st.integers(1, 3)), max_size=12
)


@given(ORDERS)
def test_vega_5474_the_indicative_price_and_volume_are_what_uncrossing_then_does(
    orders: list[tuple[Side, int, int, int | None]],
) -> None:
    """TRADING-019: after every order, for any orders, icebergs too."""
    market = venue(choose("python"), Phase.OPENING_AUCTION)
    for number, (side, price, quantity, display) in enumerate(orders):
        shown = None if display is None else min(display, quantity)
        market.ledger.do(ALICE, order(str(number), side, price, quantity, display=shown))
    state = market.ledger.state
    indicated = questions.indicative(state, SHARE, market.ledger.time)
    events = market.enter(Phase.CONTINUOUS)
    traded = sum(quantity for _, quantity in trades(events))
    if indicated is None:
        assert (events[0], traded) == (said(None, 0), 0)
        return
    unmatched = (indicated.unmatched, indicated.unmatched_side)
    assert events[0] == said(indicated.price, indicated.matched, *unmatched)
    assert traded == indicated.matched
    assert {price for price, _ in trades(events)} == {indicated.price}
    assert questions.indicative(state, SHARE, market.ledger.time) is None


def test_the_indicative_price_looks_at_what_is_hidden_too(market: Venue) -> None:
    """TRADING-019."""
    market.sell("iceberg", 10, 100, display=5)
    market.buy("b", 10, 60)
    found = questions.indicative(market.ledger.state, SHARE, market.ledger.time)
    assert found == Uncrossing(Ticks(10), Units(60), Units(40), Side.SELL)


def test_flox_472_an_auction_loses_nothing_of_an_iceberg(market: Venue) -> None:
    """TRADING-013, TRADING-020: what it does not trade stays, with a fresh slice at the back of its queue."""
    market.sell("iceberg", 10, 100, display=5)
    market.sell("plain", 10, 3)
    market.buy("b", 10, 58)
    market.enter(Phase.CONTINUOUS)
    after = market.order("iceberg")
    assert (after.cum_qty, after.leaves_qty, after.shown_qty) == (58, 42, 5)
    events = market.buy("b2", 10, 45)
    assert allocations(events) == {"b2": 45, "plain": 3, "iceberg": 42}
    assert trades(events)[0] == (10, 3)


def test_an_iceberg_whose_slice_was_not_used_up_keeps_its_place(market: Venue) -> None:
    """TRADING-020."""
    market.sell("iceberg", 10, 100, display=5)
    market.sell("plain", 10, 3)
    market.buy("b", 10, 2)
    market.enter(Phase.CONTINUOUS)
    assert market.order("iceberg").shown_qty == 3
    assert trades(market.buy("b2", 10, 7)) == [(10, 3), (10, 3), (10, 1)]


def test_an_iceberg_keeps_its_place_throughout_an_uncrossing(market: Venue) -> None:
    """TRADING-020: with several counterparties it is not overtaken at its own price, though its slice is used up."""
    market.sell("iceberg", 10, 6, display=1)
    market.sell("plain", 10, 6)
    for number in range(4):
        market.buy(f"b{number}", 10, 2)
    assert allocations(market.enter(Phase.CONTINUOUS))["iceberg"] == 6


def test_nasdaq_facebook_a_storm_of_cancels_can_not_hold_up_an_uncrossing(slow: Venue) -> None:
    """TRADING-020: the book is frozen, so each slice does its share whatever arrives, and none is worked out again."""
    slow.enter(Phase.CONTINUOUS)
    storm = [(ALICE, CancelOrder(AccountId(ALICE), ClOrdId(f"b{number}"))) for number in range(7)]
    done = []
    for _ in range(3):
        receipts = slow.ledger.block(*storm)
        done.append(len(trades(receipts[0].events)))
        codes = [receipt.code for receipt in receipts[1:]]
        assert 0 not in codes
    assert done == [2, 2, 1]
    assert instruments.session(slow.ledger.state, SHARE).phase is Phase.CONTINUOUS


def test_exchange_core_81_a_cl_ord_id_in_use_neither_matches_nor_places(market: Venue) -> None:
    """TRADING-002: a repeated id is refused before anything happens, whatever the order would do."""
    market.enter(Phase.CONTINUOUS)
    market.sell("s", 10, 5)
    market.buy("same", 5, 1)
    market.ledger.expect(PlaceOrderRejection.CL_ORD_ID_MUST_BE_UNUSED, ALICE, order("same", Side.BUY, 10, 5))
    market.cancel("same")
    market.ledger.expect(PlaceOrderRejection.CL_ORD_ID_MUST_BE_UNUSED, ALICE, order("same", Side.BUY, 10, 5))
    assert market.depth(Side.SELL) == [(10, 5)]
