"""A call auction's price: the worked examples, and a search of every tick that reads as the rule does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuzhong.features.instruments.types import TieRule
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.auction import Uncrossing, middle, uncross
from yuzhong.ledger.numbers import Ticks, Units

Orders = list[tuple[Ticks, Units]]


def depth(*orders: tuple[int, int]) -> Orders:
    """Prices in ticks of 0.01 with their quantities."""
    return [(Ticks(price), Units(quantity)) for price, quantity in orders]


def found(price: int, matched: int, unmatched: int = 0, side: Side | None = None) -> Uncrossing:
    """A result."""
    return Uncrossing(Ticks(price), Units(matched), Units(unmatched), side)


def test_auction_1() -> None:
    """AUCTION-1 of the worked examples (TRADING-017, TRADING-018)."""
    buys, sells = depth((1005, 1000), (1000, 500)), depth((998, 1000), (1003, 300))
    assert uncross(buys, sells, TieRule.SHANGHAI, None) == found(1003, 1000, 300, Side.SELL)
    assert uncross(buys, sells, TieRule.SHENZHEN, Ticks(1010)) == found(1002, 1000)
    assert uncross(buys, sells, TieRule.SHENZHEN, Ticks(990)) == found(1001, 1000)


def test_auction_2() -> None:
    """AUCTION-2 of the worked examples: the middle is rounded half a tick up (TRADING-018)."""
    buys, sells = depth((1005, 1000)), depth((1000, 1000))
    assert uncross(buys, sells, TieRule.SHANGHAI, None) == found(1003, 1000)
    assert uncross(buys, sells, TieRule.SHENZHEN, Ticks(950)) == found(1000, 1000)
    assert uncross(buys, sells, TieRule.SHENZHEN, Ticks(1001)) == found(1001, 1000)


def test_without_a_reference_shenzhen_takes_the_middle_too() -> None:
    """TRADING-018."""
    assert uncross(depth((1005, 10)), depth((1000, 10)), TieRule.SHENZHEN, None) == found(1003, 10)


@pytest.mark.parametrize("tie_rule", TieRule)
def test_nothing_trades_where_nothing_crosses(tie_rule: TieRule) -> None:
    """TRADING-017."""
    assert uncross([], [], tie_rule, None) is None
    assert uncross(depth((10, 5)), [], tie_rule, None) is None
    assert uncross(depth((10, 5)), depth((11, 5)), tie_rule, Ticks(10)) is None


@pytest.mark.parametrize("tie_rule", TieRule)
def test_one_price_on_both_sides_is_the_price(tie_rule: TieRule) -> None:
    """TRADING-017: a price may come in several orders."""
    assert uncross(depth((10, 5), (10, 2)), depth((10, 3)), tie_rule, Ticks(99)) == found(10, 3, 4, Side.BUY)


SIDES = st.lists(
    st.tuples(st.integers(1, 14).map(Ticks), st.integers(1, 6).map(lambda lots: Units(lots * 100))), max_size=7
)


@given(SIDES, SIDES, st.sampled_from(TieRule), st.none() | st.integers(0, 16).map(Ticks))
def test_the_price_is_the_one_that_a_search_of_every_tick_finds(
    buys: Orders, sells: Orders, tie_rule: TieRule, reference: Ticks | None
) -> None:
    """TRADING-017, TRADING-018: an independent reading of the rule, tick by tick."""
    assert uncross(buys, sells, tie_rule, reference) == _searched(buys, sells, tie_rule, reference)


@given(SIDES, SIDES, st.sampled_from(TieRule), st.none() | st.integers(0, 16).map(Ticks))
def test_what_remains_after_the_auction_does_not_cross(
    buys: Orders, sells: Orders, tie_rule: TieRule, reference: Ticks | None
) -> None:
    """TRADING-017, TRADING-027."""
    result = uncross(buys, sells, tie_rule, reference)
    matched = 0 if result is None else result.matched
    bids = _left([(-price, quantity) for price, quantity in buys], matched)
    offers = _left(sells, matched)
    assert not bids or not offers or -bids[0] < offers[0]


def _left(orders: list[tuple[Ticks, Units]] | list[tuple[int, Units]], matched: int) -> list[int]:
    """The sort keys of the prices at which something is left, best first."""
    left = []
    for position, quantity in sorted(orders):
        taken = min(quantity, matched)
        matched -= taken
        left += [int(position)] if quantity > taken else []
    return left


def _searched(buys: Orders, sells: Orders, tie_rule: TieRule, reference: Ticks | None) -> Uncrossing | None:
    ticks = list(range(1, 15))
    if tie_rule is TieRule.SHANGHAI:
        ticks = sorted({price for price, _ in buys + sells})
    demand = {at: sum(quantity for price, quantity in buys if price >= at) for at in range(17)}
    supply = {at: sum(quantity for price, quantity in sells if price <= at) for at in range(-1, 16)}
    volume = {at: min(demand[at], supply[at]) for at in ticks}
    good = [
        at for at in ticks if volume[at] > 0 and demand[at + 1] <= volume[at] and supply[at - 1] <= volume[at]
    ]  # what is priced better fills
    if not good:
        return None
    good = [at for at in good if volume[at] == max(volume[at] for at in good)]
    least = min(abs(demand[at] - supply[at]) for at in good)
    good = [at for at in good if abs(demand[at] - supply[at]) == least]
    if tie_rule is TieRule.SHANGHAI or reference is None:
        price = int(middle(Ticks(good[0]), Ticks(good[-1])))
    else:
        price = min(good, key=lambda at: (abs(at - reference), at))
    difference = demand[price] - supply[price]
    side = None if difference == 0 else Side.BUY if difference > 0 else Side.SELL
    return found(price, min(demand[price], supply[price]), abs(difference), side)
