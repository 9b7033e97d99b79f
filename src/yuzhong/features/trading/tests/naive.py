"""Price-time priority, icebergs and call auctions as plainly as can be, to compare with: one list, always searched."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.types import TimeInForce

Trade = tuple[str, str, int, int]
"""Buyer's order, seller's order, price, quantity."""


@dataclass
class NaiveOrder:
    """An open order."""

    name: str
    side: Side
    price: int
    leaves: int
    display: int | None
    expires_at: int | None
    cum: int = 0
    shown: int = 0

    def show(self) -> None:
        """Take a fresh slice."""
        self.shown = self.leaves if self.display is None else min(self.display, self.leaves)


@dataclass
class NaiveMarket:
    """One book: `orders` stand in the order in which they queue."""

    orders: list[NaiveOrder] = field(default_factory=list)
    matching: bool = True
    trades: list[Trade] = field(default_factory=list)

    def place(self, order: NaiveOrder, validity: TimeInForce) -> None:
        """A new order."""
        if validity is TimeInForce.FOK:
            trial = deepcopy(self)
            trial.place(deepcopy(order), TimeInForce.IOC)
            if sum(trade[3] for trade in trial.trades) - sum(trade[3] for trade in self.trades) < order.leaves:
                return
        if self.matching:
            self._take(order)
        if order.leaves and validity in (TimeInForce.DAY, TimeInForce.GTC):
            order.show()
            self.orders.append(order)

    def replace(self, name: str, price: int, leaves: int) -> None:
        """A new price and quantity for an open order."""
        order = self.find(name)
        if price == order.price and leaves < order.leaves:
            order.leaves, order.shown = leaves, min(order.shown, leaves)
            return
        self.orders.remove(order)
        order.price, order.leaves = price, leaves
        self.place(order, TimeInForce.GTC)

    def cancel(self, name: str) -> None:
        """An open order goes."""
        self.orders.remove(self.find(name))

    def pass_time(self, now: int) -> None:
        """Orders whose time is over go."""
        self.orders = [order for order in self.orders if order.expires_at is None or now < order.expires_at]

    def uncross(self) -> None:
        """The call auction by Shanghai's rule."""
        found = shanghai(
            [(order.price, order.leaves) for order in self.side(Side.BUY)],
            [(order.price, order.leaves) for order in self.side(Side.SELL)],
        )
        if found is None:
            return
        price, left = found
        touched: dict[str, int] = {}
        while left:
            buyer, seller = self.side(Side.BUY)[0], self.side(Side.SELL)[0]
            quantity = min(left, buyer.leaves, seller.leaves)
            left -= quantity
            self.trades.append((buyer.name, seller.name, price, quantity))
            for order in (buyer, seller):
                order.leaves -= quantity
                order.cum += quantity
                touched[order.name] = touched.get(order.name, 0) + quantity
                if not order.leaves:
                    self.orders.remove(order)
        for order in [order for order in self.orders if order.name in touched]:
            order.shown -= touched[order.name]
            if order.shown <= 0:
                self._queue_again(order)

    def side(self, side: Side) -> list[NaiveOrder]:
        """One side in the order in which it trades."""
        sign = -1 if side is Side.BUY else 1
        return sorted((order for order in self.orders if order.side is side), key=lambda order: sign * order.price)

    def find(self, name: str) -> NaiveOrder:
        """An open order."""
        return next(order for order in self.orders if order.name == name)

    def _take(self, order: NaiveOrder) -> None:
        other = Side.SELL if order.side is Side.BUY else Side.BUY
        while order.leaves:
            queue = self.side(other)
            if not queue or (queue[0].price > order.price if order.side is Side.BUY else queue[0].price < order.price):
                return
            resting = queue[0]
            quantity = min(order.leaves, resting.shown)
            pair = (order, resting) if order.side is Side.BUY else (resting, order)
            self.trades.append((pair[0].name, pair[1].name, resting.price, quantity))
            for each in pair:
                each.leaves -= quantity
                each.cum += quantity
            resting.shown -= quantity
            if not resting.leaves:
                self.orders.remove(resting)
            elif not resting.shown:
                self._queue_again(resting)

    def _queue_again(self, order: NaiveOrder) -> None:
        self.orders.remove(order)
        order.show()
        self.orders.append(order)


def shanghai(buys: list[tuple[int, int]], sells: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Price and volume of a call auction by Shanghai's rule, searched price by price."""
    best: list[tuple[int, int, int]] = []
    for price in sorted({price for price, _ in buys + sells}):
        demand = sum(quantity for at, quantity in buys if at >= price)
        supply = sum(quantity for at, quantity in sells if at <= price)
        volume = min(demand, supply)
        better = (
            sum(quantity for at, quantity in buys if at > price),
            sum(quantity for at, quantity in sells if at < price),
        )
        if volume and max(better) <= volume:
            best.append((-volume, abs(demand - supply), price))
    if not best:
        return None
    tied = [found for found in best if found[:2] == min(best)[:2]]
    return (tied[0][2] + tied[-1][2] + 1) // 2, -tied[0][0]
