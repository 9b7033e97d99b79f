"""An order's life beside trading: replaced, cancelled, expired, gone; and the index that follows it."""

from __future__ import annotations

import pytest

from tests.harness import ALICE, BOB, CNY
from yuzhong.features.holdings.types import AccountId
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading import questions
from yuzhong.features.trading.outcomes import (
    CancelOrderRejection,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    PlaceOrderRejection,
    ReplaceOrderRejection,
)
from yuzhong.features.trading.rules import sweep
from yuzhong.features.trading.tables import ORDERS
from yuzhong.features.trading.tests.venue import PLENTY, Venue, fills, order, replacement, venue
from yuzhong.features.trading.transactions import CancelOrder
from yuzhong.features.trading.types import Aggressor, CancelReason, ClOrdId, OrdStatus, TimeInForce
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import DAY_MS, end_of_day
from yuzhong.ledger.twins.blinds import leaf_blind


@pytest.fixture
def market(kernels: Kernels) -> Venue:
    """In continuous trading."""
    return venue(kernels)


def test_less_quantity_at_the_same_price_keeps_the_place(market: Venue) -> None:
    """TRADING-021."""
    market.sell("first", 10, 5)
    market.sell("second", 10, 5)
    (event,) = market.replace("first", 10, 3)
    assert isinstance(event, OrderReplaced)
    assert (event.price, event.order_qty, event.leaves_qty, event.keeps_priority) == (10, 3, 3, True)
    assert fills(market.buy("b", 10, 4), Aggressor.BUY) == [("first", 10, 3), ("second", 10, 1)]


@pytest.mark.parametrize("quantity", [5, 6])
def test_as_much_or_more_goes_to_the_back_of_the_queue(market: Venue, quantity: int) -> None:
    """TRADING-021."""
    market.sell("first", 10, 5)
    market.sell("second", 10, 5)
    (event,) = market.replace("first", 10, quantity)
    assert event.keeps_priority is False
    assert fills(market.buy("b", 10, 6), Aggressor.BUY) == [("second", 10, 5), ("first", 10, 1)]


def test_a_new_price_goes_to_the_back_of_its_queue_and_trades_if_it_crosses(market: Venue) -> None:
    """TRADING-023."""
    market.buy("b", 9, 2)
    market.sell("waiting", 10, 5)
    market.sell("moving", 11, 5)
    market.replace("moving", 10, 5)
    events = market.replace("waiting", 9, 5)
    assert fills(events, Aggressor.SELL) == [("b", 9, 2)]
    assert market.depth(Side.SELL) == [(9, 3), (10, 5)]
    after = market.order("waiting")
    assert (after.cum_qty, after.leaves_qty, after.order_qty, after.cl_ord_id) == (2, 3, 5, "waiting")


def test_leaves_qty_is_what_may_still_trade_and_the_guard_refuses_what_is_out_of_date(market: Venue) -> None:
    """TRADING-022."""
    market.sell("s", 10, 5)
    market.buy("b", 10, 2)
    market.ledger.expect(ReplaceOrderRejection.CUM_QTY_MUST_BE_AS_EXPECTED, ALICE, replacement("s", 10, 8, cum=0))
    market.replace("s", 10, 8, cum=2)
    after = market.order("s")
    assert (after.order_qty, after.cum_qty, after.leaves_qty) == (10, 2, 8)


def test_an_iceberg_with_less_keeps_its_place_and_no_larger_slice_than_it_has(market: Venue) -> None:
    """TRADING-013, TRADING-021."""
    market.sell("iceberg", 10, 9, display=3)
    market.replace("iceberg", 10, 8)
    assert market.depth(Side.SELL) == [(10, 3)]
    market.replace("iceberg", 10, 2)
    assert market.depth(Side.SELL) == [(10, 2)]
    market.replace("iceberg", 11, 20)
    assert market.depth(Side.SELL) == [(11, 3)]


def test_a_replacement_holds_what_it_needs_and_frees_what_it_does_not(market: Venue) -> None:
    """TRADING-008, TRADING-009."""
    market.buy("b", 10, 10)
    for price, quantity in ((12, 20), (12, 5), (3, 5)):
        market.replace("b", price, quantity)
        assert market.holding(AccountId(ALICE), CNY) == (PLENTY, price * quantity)
    market.ledger.expect(ReplaceOrderRejection.ACCOUNT_MUST_FUND_ORDER, ALICE, replacement("b", PLENTY, 2))
    market.replace("b", PLENTY, 1)


def test_cancelling_frees_what_was_held_and_a_second_time_there_is_nothing_to_cancel(market: Venue) -> None:
    """TRADING-024."""
    market.buy("b", 10, 10)
    (event,) = market.cancel("b")
    assert isinstance(event, OrderCanceled)
    assert (event.canceled_qty, event.reason) == (10, CancelReason.REQUESTED)
    assert market.holding(AccountId(ALICE), CNY) == (PLENTY, 0)
    again = CancelOrder(AccountId(ALICE), ClOrdId("b"))
    market.ledger.expect(CancelOrderRejection.ORDER_MUST_BE_OPEN, ALICE, again)


def test_a_cl_ord_id_is_its_owner_s_own_and_free_again_when_the_row_has_left(market: Venue) -> None:
    """TRADING-002, TRADING-026: the row stays until the end of the day after the order closed."""
    market.buy("same", 10, 1)
    market.buy("same", 10, 1, who=BOB)
    market.cancel("same")
    day = end_of_day(market.ledger.time)
    again = order("same", Side.BUY, 10, 1)
    market.ledger.wait_until(day)
    market.ledger.expect(PlaceOrderRejection.CL_ORD_ID_MUST_BE_UNUSED, ALICE, again)
    market.ledger.wait_until(day + DAY_MS)
    assert questions.find_order(market.ledger.state, ALICE, ClOrdId("same")) is None
    market.ledger.do(ALICE, again)


def test_day_orders_end_with_the_trade_date_and_gtc_orders_stay(market: Venue) -> None:
    """TRADING-010, TRADING-011."""
    market.buy("day", 10, 4, validity=TimeInForce.DAY)
    market.buy("gtc", 10, 4)
    day = end_of_day(market.ledger.time)
    assert market.ledger.wait_until(day - 1) == []
    (receipt,) = market.ledger.wait_until(day)
    (event,) = receipt.events
    assert isinstance(event, OrderExpired)
    assert (event.cl_ord_id, event.expired_qty) == ("day", 4)
    assert market.order("day").status is OrdStatus.EXPIRED
    assert market.holding(AccountId(ALICE), CNY)[1] == 40
    for later in range(1, 4):
        market.ledger.wait_until(day + later * DAY_MS)
    assert market.depth(Side.BUY) == [(10, 4)]
    assert [row.cl_ord_id for _, row in ORDERS.every(market.ledger.state)] == ["gtc"]


def test_an_expired_order_can_be_neither_cancelled_nor_replaced(market: Venue) -> None:
    """TRADING-011: even where its sweep has not come yet."""
    market.buy("day", 10, 4, validity=TimeInForce.DAY)
    cancel = CancelOrder(AccountId(ALICE), ClOrdId("day"))
    receipts = market.turn_day((ALICE, cancel), (ALICE, replacement("day", 10, 2)))
    assert [int(receipt.code) for receipt in receipts] == [
        CancelOrderRejection.ORDER_MUST_BE_OPEN,
        ReplaceOrderRejection.ORDER_MUST_BE_OPEN,
    ]


def test_the_sweep_goes_on_in_slices_until_every_order_was_looked_at(
    market: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRADING-011, TRADING-026: with 3 orders a slice instead of 200, a slice a block; no sweep for no order."""
    assert sweep.SLICE == 200
    monkeypatch.setattr(sweep, "SLICE", 3)
    market.place_many(order(f"day {n}", Side.BUY, 10, 1, validity=TimeInForce.DAY) for n in range(7))
    day = end_of_day(market.ledger.time)
    ended = [len(receipt.events) for block in range(4) for receipt in market.ledger.wait_until(day + block)]
    assert ended == [3, 3, 1]
    assert market.holding(AccountId(ALICE), CNY)[1] == 0
    for block in range(4):
        assert len(list(ORDERS.every(market.ledger.state))) == 7
        market.ledger.wait_until(day + DAY_MS + block)
    ended = [len(market.ledger.wait_until(day + 2 * DAY_MS + block)) for block in range(4)]
    assert list(ORDERS.every(market.ledger.state)) == []
    assert market.ledger.wait_until(day + 9 * DAY_MS) == []


def test_what_happens_to_an_order_is_blinded_with_that_order_s_own_salt(market: Venue) -> None:
    """TRADING-014: so its owner can show it, whoever's transaction caused it."""
    market.sell("s", 10, 5)
    receipt = market.ledger.run(BOB, order("b", Side.BUY, 10, 5, account=BOB))
    number = market.ledger.applied.app.receipts_count - 1
    salts = {"s": market.order("s").salt, "b": market.order("b", BOB).salt}
    executed = [(at, event) for at, event in enumerate(receipt.events, 1) if isinstance(event, OrderExecuted)]
    assert [event.cl_ord_id for _, event in executed] == ["b", "s"]
    for at, event in executed:
        assert receipt.blinds[at] == leaf_blind(salts[event.cl_ord_id], number, at)


def test_a_failing_rule_leaves_rows_and_index_as_they_were(market: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRADING-012: the index follows an undone transaction backwards."""
    market.sell("iceberg", 10, 6, display=2)
    market.sell("s", 10, 4)
    before = market.ledger.rows()
    with monkeypatch.context() as patch:
        patch.setattr("yuzhong.features.trading.rules.place_order.close_desk", _fails)
        market.ledger.expect_failure(ALICE, order("b", Side.BUY, 10, 8))
    assert market.ledger.rows() == before
    assert market.depth(Side.SELL) == [(10, 6)]
    assert fills(market.buy("b", 10, 6), Aggressor.BUY) == [("iceberg", 10, 2), ("s", 10, 4)]


def _fails(*_: object) -> None:
    raise RuleFailed("on purpose")
