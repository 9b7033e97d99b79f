"""A call auction's price, a function of what is bid and offered at each: for the ledger, and for a check by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from yuzhong.features.instruments.types import TieRule
from yuzhong.features.settlement.types import Side
from yuzhong.ledger.numbers import Ticks, Units

Depth = Iterable[tuple[Ticks, Units]]
"""Prices with the quantity at each, in any order; a price may come more than once."""


@dataclass(frozen=True, slots=True)
class Uncrossing:
    """What a call auction does, or would do now."""

    price: Ticks
    matched: Units
    """What trades, all at `price`."""
    unmatched: Units
    """What is left of those who would trade at `price`."""
    unmatched_side: Side | None
    """On which side; None where nothing is left."""


@dataclass(frozen=True, slots=True)
class _Balance:
    """One order price: what would trade there."""

    price: Ticks
    demand: int
    """Buys at this price or above."""
    demand_above: int
    supply: int
    """Sells at this price or below."""
    supply_below: int

    @property
    def matched(self) -> int:
        return min(self.demand, self.supply)

    @property
    def difference(self) -> int:
        return abs(self.demand - self.supply)


def uncross(buys: Depth, sells: Depth, tie_rule: TieRule, reference: Ticks | None) -> Uncrossing | None:
    """Price and volume of a call auction; None where nothing can trade (TRADING-017, TRADING-018).

    Source: trading rules of the Shanghai and Shenzhen exchanges. `reference` is what Shenzhen's rule looks at:
    the previous close at the opening, the last trade later; without one it takes the middle too.
    """
    balances = _balances(buys, sells)
    candidates = [
        at for at in balances if at.matched > 0 and at.demand_above <= at.supply and at.supply_below <= at.demand
    ]
    if not candidates:
        return None
    most = max(at.matched for at in candidates)
    candidates = [at for at in candidates if at.matched == most]
    if tie_rule is TieRule.SHANGHAI:
        low, high = _least_difference([(at.price, at.price, at.difference) for at in candidates])
    else:
        low, high = _least_difference(_every_tick(candidates))
    if tie_rule is TieRule.SHANGHAI or reference is None:
        price = middle(low, high)
    else:
        price = Ticks(min(max(reference, low), high))
    return _at(price, balances)


def middle(low: Ticks, high: Ticks) -> Ticks:
    """The price half way, half a tick rounded up."""
    return Ticks((low + high + 1) // 2)


def _balances(buys: Depth, sells: Depth) -> list[_Balance]:
    """Every order price from low to high with what stands at, above and below it."""
    wanted: dict[Ticks, tuple[int, int]] = {}
    demand = 0
    for price, quantity in buys:
        demand += quantity
        bought, sold = wanted.get(price, (0, 0))
        wanted[price] = (bought + quantity, sold)
    for price, quantity in sells:
        bought, sold = wanted.get(price, (0, 0))
        wanted[price] = (bought, sold + quantity)
    balances = []
    supply = 0
    for price in sorted(wanted):
        bought, sold = wanted[price]
        balances.append(_Balance(price, demand, demand - bought, supply + sold, supply))
        demand -= bought
        supply += sold
    return balances


def _every_tick(candidates: list[_Balance]) -> list[tuple[Ticks, Ticks, int]]:
    """Ranges of ticks (first, last, difference): the candidates, and between two of them the ticks without orders."""
    ranges = [(candidates[0].price, candidates[0].price, candidates[0].difference)]
    for below, above in pairwise(candidates):
        if above.price - below.price > 1:
            ranges.append((Ticks(below.price + 1), Ticks(above.price - 1), abs(above.demand - below.supply)))
        ranges.append((above.price, above.price, above.difference))
    return ranges


def _least_difference(ranges: list[tuple[Ticks, Ticks, int]]) -> tuple[Ticks, Ticks]:
    """The lowest and the highest price with the least difference between demand and supply.

    Demand only falls and supply only grows with the price, so every range between the two has it as well.
    """
    least = min(difference for _, _, difference in ranges)
    kept = [(first, last) for first, last, difference in ranges if difference == least]
    return kept[0][0], kept[-1][1]


def _at(price: Ticks, balances: list[_Balance]) -> Uncrossing:
    demand = max((at.demand for at in balances if at.price >= price), default=0)
    supply = max((at.supply for at in balances if at.price <= price), default=0)
    side = None if demand == supply else Side.BUY if demand > supply else Side.SELL
    return Uncrossing(price, Units(min(demand, supply)), Units(abs(demand - supply)), side)
