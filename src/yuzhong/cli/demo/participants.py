"""Seeded participants of different temper.

They know what a trader knows: the last price, and what became of their own orders.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from yuzhong.cli.demo.plan import LOT, REFERENCE_TICKS
from yuzhong.cli.opening import LISTED, Trader
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.outcomes import OrderCanceled, OrderExecuted, OrderExpired, OrderPlaced
from yuzhong.features.trading.transactions import CancelOrder, PlaceOrder, ReplaceOrder
from yuzhong.features.trading.types import Capacity, ClOrdId, OrdType, TimeInForce
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.numbers import Ticks, Units
from yuzhong.ledger.receipts import Receipt

TEMPERS = ("maker", "taker", "patient", "iceberg")
OPEN_MAX = 12
"""A participant with more open orders cancels before it places."""


@dataclass
class Participant:
    """One trader with its temper, its own chance, and its open orders."""

    trader: Trader
    temper: str
    chance: random.Random
    open_orders: dict[str, Ticks] = field(default_factory=dict)
    numbered: int = 0

    def act(self, last: Ticks, *, auction: bool) -> list[Signed]:
        """What it does now, signed: nothing, an order, two, or a cancel."""
        if len(self.open_orders) >= OPEN_MAX:
            return [self.trader.signer.sign(CancelOrder(self.trader.account, ClOrdId(self._oldest())))]
        return [self.trader.signer.sign(content) for content in self._wishes(last, auction)]

    def learn(self, receipt: Receipt) -> None:
        """Take note of what became of its own orders."""
        for event in receipt.events:
            if isinstance(event, OrderPlaced) and event.account == self.trader.account:
                self.open_orders[event.cl_ord_id] = event.price
            elif (isinstance(event, OrderCanceled | OrderExpired) and event.account == self.trader.account) or (
                isinstance(event, OrderExecuted) and event.account == self.trader.account and event.leaves_qty == 0
            ):
                self.open_orders.pop(event.cl_ord_id, None)

    def _wishes(self, last: Ticks, auction: bool) -> list[Any]:
        chance = self.chance
        if auction:
            side = chance.choice((Side.BUY, Side.SELL))
            lean = 4 if side is Side.BUY else -4
            return [self._order(side, last + lean + chance.randint(-12, 12), chance.randint(1, 20), TimeInForce.DAY)]
        if self.temper == "maker":
            half, lots = chance.randint(1, 3), chance.randint(2, 10)
            return [
                self._order(Side.BUY, last - half, lots, TimeInForce.DAY),
                self._order(Side.SELL, last + half, lots, TimeInForce.DAY),
            ]
        if self.temper == "taker":
            side = chance.choice((Side.BUY, Side.SELL))
            reach = chance.randint(1, 4) * (1 if side is Side.BUY else -1)
            validity = TimeInForce.FOK if chance.random() < 0.2 else TimeInForce.IOC
            return [self._order(side, last + reach, chance.randint(1, 8), validity)]
        if self.temper == "iceberg":
            side = chance.choice((Side.BUY, Side.SELL))
            away = chance.randint(1, 4) * (-1 if side is Side.BUY else 1)
            return [self._order(side, last + away, chance.randint(10, 30), TimeInForce.GTC, shown_lots=2)]
        return self._patience(last)

    def _patience(self, last: Ticks) -> list[Any]:
        chance = self.chance
        if self.open_orders and chance.random() < 0.4:
            price = Ticks(max(1, last + chance.choice((-5, 5))))
            return [
                ReplaceOrder(
                    self.trader.account, ClOrdId(self._oldest()), price, Units(LOT * chance.randint(1, 6)), None
                )
            ]
        side = chance.choice((Side.BUY, Side.SELL))
        away = chance.randint(3, 9) * (-1 if side is Side.BUY else 1)
        return [self._order(side, last + away, chance.randint(1, 6), TimeInForce.DAY)]

    def _order(self, side: Side, price: int, lots: int, validity: TimeInForce, shown_lots: int = 0) -> PlaceOrder:
        self.numbered += 1
        agency = self.trader.owner != self.trader.signer.party
        return PlaceOrder(
            ClOrdId(f"{self.trader.account}-{self.numbered}"),
            self.trader.account,
            LISTED,
            side,
            OrdType.LIMIT,
            Ticks(max(1, price)),
            Units(LOT * lots),
            Units(LOT * shown_lots) if shown_lots else None,
            validity,
            Capacity.AGENCY if agency else Capacity.PRINCIPAL,
        )

    def _oldest(self) -> str:
        return next(iter(self.open_orders))


def make_participants(traders: tuple[Trader, ...], seed: str) -> list[Participant]:
    """One participant for each trader, tempers in turn."""
    # Chance that anybody can repeat is what is wanted here: S311 warns of it for secrets.
    return [
        Participant(trader, TEMPERS[number % len(TEMPERS)], random.Random(f"{seed}/{trader.account}"))  # noqa: S311
        for number, trader in enumerate(traders)
    ]


FIRST_PRICE = Ticks(REFERENCE_TICKS)
