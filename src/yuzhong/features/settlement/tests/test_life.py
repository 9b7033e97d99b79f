"""Whatever two orders trade, at whatever prices between their limits, what they hold suffices exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.harness import ALICE_ACCOUNT, BOB_ACCOUNT, CNY, SHARE, Ledger, features_up_to, listed_terms, market
from yuzhong.features.holdings.questions import position
from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments.types import ListedTerms
from yuzhong.features.settlement import actions
from yuzhong.features.settlement.questions import hold_fits, may_fund, worst_case_hold
from yuzhong.features.settlement.types import NOTHING, Hold, Side, Trade, TradeSide
from yuzhong.ledger.kernels import choose
from yuzhong.ledger.numbers import Money, Ticks, Units

FEATURES = features_up_to("settlement")


@dataclass(frozen=True)
class Order:
    """As much of an order as settlement needs to know."""

    account: AccountId
    way: Side
    price: Ticks
    leaves: Units
    charge: Money

    def hold(self, terms: ListedTerms) -> Hold:
        return worst_case_hold(terms, self.way, self.price, self.leaves, self.charge)

    def part(self) -> TradeSide:
        return TradeSide(self.account, self.price, self.charge)

    def filled(self, quantity: int) -> Order:
        return replace(self, leaves=Units(self.leaves - quantity), charge=Money(0))


def held(ledger: Ledger, account: AccountId) -> Hold:
    cash, units = (position(ledger.state, account, instrument).held for instrument in (CNY, SHARE))
    return Hold(Money(cash), units)


def enter(ledger: Ledger, terms: ListedTerms, order: Order) -> None:
    """Give the account exactly what the order holds, not a cent more, and hold it."""
    needed = order.hold(terms)
    for instrument, amount in ((CNY, needed.cash), (SHARE, needed.units)):
        if amount:
            ledger.issue(instrument, order.account, amount)
    assert hold_fits(terms, order.price, order.leaves, order.charge)
    assert may_fund(ledger.state, order.account, SHARE, needed)
    ledger.act(lambda state: actions.hold_for_order(state, order.account, SHARE, needed))


@pytest.mark.parametrize("kernels", ["python", "rust"])
@given(data=st.data())
def test_what_an_order_holds_suffices_for_every_way_of_filling_it(kernels: str, data: st.DataObject) -> None:
    """SETTLEMENT-002, SETTLEMENT-003, SETTLEMENT-004, SETTLEMENT-005."""
    charge = data.draw(st.sampled_from([0, 1, 500, 100_000]), "charge")
    terms = listed_terms(data.draw(st.sampled_from([1, 100]), "lot"), data.draw(st.integers(1, 25), "tick value"))
    low = data.draw(st.integers(0, 50), "seller's limit")
    high = data.draw(st.integers(low, 60), "buyer's limit")
    lots = st.integers(1, 6)
    buyer_leaves, seller_leaves = (Units(data.draw(lots) * terms.lot_size) for _ in range(2))
    ledger = market(choose(kernels), features=FEATURES, terms=terms, charge=charge)
    buyer = Order(ALICE_ACCOUNT, Side.BUY, Ticks(high), buyer_leaves, Money(charge))
    seller = Order(BOB_ACCOUNT, Side.SELL, Ticks(low), seller_leaves, Money(charge))
    enter(ledger, terms, buyer)
    enter(ledger, terms, seller)
    while buyer.leaves and seller.leaves:
        most = min(buyer.leaves, seller.leaves) // terms.lot_size
        quantity = Units(data.draw(st.integers(1, most)) * terms.lot_size)
        price = Ticks(data.draw(st.integers(low, high), "price"))
        trade = Trade(SHARE, price, quantity, buyer.part(), seller.part())
        ledger.act(partial(actions.settle_trade, trade=trade))
        buyer, seller = buyer.filled(quantity), seller.filled(quantity)
        for order in (buyer, seller):
            needed = order.hold(terms)
            assert held(ledger, order.account) == needed
    for order in (buyer, seller):
        rest = order.hold(terms)
        ledger.act(partial(actions.release_for_order, account=order.account, instrument=SHARE, hold=rest))
        assert held(ledger, order.account) == NOTHING
