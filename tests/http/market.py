"""A small market behind HTTP: two investors whose orders meet."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from tests.http.support import Served
from yuzhong.cli.demo.plan import PLAN
from yuzhong.cli.opening import LISTED, Trader, make_market
from yuzhong.client import Receipt
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.transactions import ChangePhase, PlaceOrder
from yuzhong.features.trading.types import Capacity, ClOrdId, OrdType, TimeInForce
from yuzhong.ledger.numbers import Ticks, Units


class Maker(NamedTuple):
    """Whose order was there first."""

    party: str
    account: str


def crossing_orders(served: Served) -> tuple[Maker, Receipt]:
    """The maker of a resting order, and the receipt of the order that took it."""
    market = make_market(replace(PLAN, investors=4), served.client.chain, served.operator)
    operator = market.operator
    phases = [Phase.PRE_TRADING, Phase.OPENING_AUCTION, Phase.CONTINUOUS]
    acts = [signed for _, signed in market.opening()] + [operator.sign(ChangePhase(LISTED, phase)) for phase in phases]
    answers = served.client.submit_many(acts)
    assert [answer.code for answer in answers] == [0] * len(acts), answers
    seller, buyer = market.traders[0], market.traders[2]
    assert served.client.submit(seller.signer.sign(order(seller, Side.SELL))).is_accepted
    return Maker(str(seller.owner), str(seller.account)), served.client.submit(
        buyer.signer.sign(order(buyer, Side.BUY))
    )


def order(trader: Trader, side: Side) -> PlaceOrder:
    return PlaceOrder(
        ClOrdId("first"),
        trader.account,
        LISTED,
        side,
        OrdType.LIMIT,
        Ticks(1_234),
        Units(100),
        None,
        TimeInForce.DAY,
        Capacity.AGENCY,
    )
