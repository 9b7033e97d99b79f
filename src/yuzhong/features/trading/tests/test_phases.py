"""The tables of orders and phases, walked cell by cell."""

from __future__ import annotations

from itertools import product

import pytest

from tests.harness import ALICE, OPERATOR, SHARE
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.outcomes import (
    AuctionUncrossed,
    ChangePhaseRejection,
    OrderCanceled,
    PhaseChanged,
    PlaceOrderRejection,
    ReplaceOrderRejection,
)
from yuzhong.features.trading.phases import ACCEPTED, AUCTIONS, FOLLOWING, uncrosses
from yuzhong.features.trading.tests.venue import Venue, order, replacement, set_scene, venue
from yuzhong.features.trading.transactions import ChangePhase
from yuzhong.features.trading.types import CancelReason, OrdType, TimeInForce
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.outcomes import ACCEPTED as CODE_ACCEPTED

TAKEN = {
    #                           DAY    GTC    IOC    FOK
    Phase.PRE_TRADING: (False, False, False, False),
    Phase.OPENING_AUCTION: (True, True, False, False),
    Phase.CONTINUOUS: (True, True, True, True),
    Phase.CLOSING_AUCTION: (True, True, False, False),
    Phase.POST_TRADING: (False, False, False, False),
    Phase.VOLATILITY_AUCTION: (True, True, False, False),
    Phase.BREAK: (False, False, False, False),
    Phase.CLOSED: (False, False, False, False),
}
"""What a LIMIT order of each validity meets in each phase."""


@pytest.fixture
def market(kernels: Kernels) -> Venue:
    """In continuous trading."""
    return venue(kernels)


def test_each_phase_takes_the_orders_of_its_table_and_refuses_the_others(market: Venue) -> None:
    """TRADING-004: order type, validity and phase, placed and replaced."""
    market.buy("waiting", 10, 5)
    assert list(OrdType) == [OrdType.LIMIT]
    for phase, (column, validity) in product(Phase, enumerate(TimeInForce)):
        set_scene(market, phase)
        taken = TAKEN[phase][column]
        placed = order(f"{phase.name} {validity.name}", Side.BUY, 1, 1, validity=validity)
        market.ledger.expect(CODE_ACCEPTED if taken else PlaceOrderRejection.PHASE_MUST_TAKE_ORDER, ALICE, placed)
        assert ((OrdType.LIMIT, validity) in ACCEPTED[phase]) is taken
    for phase in Phase:
        set_scene(market, phase)
        code = CODE_ACCEPTED if TAKEN[phase][1] else ReplaceOrderRejection.PHASE_MUST_TAKE_ORDER
        market.ledger.expect(code, ALICE, replacement("waiting", 10, 5))


@pytest.mark.parametrize("phase", Phase)
def test_an_order_can_be_cancelled_in_every_phase(market: Venue, phase: Phase) -> None:
    """TRADING-024."""
    market.buy("waiting", 10, 5)
    set_scene(market, phase)
    (event,) = market.cancel("waiting")
    assert isinstance(event, OrderCanceled)
    assert (event.canceled_qty, event.reason) == (5, CancelReason.REQUESTED)


def test_a_phase_changes_only_along_the_table(market: Venue) -> None:
    """TRADING-016: every pair of phases; leaving a call auction says what it did."""
    for before, after in product(Phase, Phase):
        set_scene(market, before)
        tx = ChangePhase(SHARE, after)
        if after not in FOLLOWING[before]:
            market.ledger.expect(ChangePhaseRejection.PHASE_MUST_FOLLOW, OPERATOR, tx)
            continue
        events = market.ledger.do(OPERATOR, tx)
        assert events[-1] == PhaseChanged(SHARE, before, after)
        assert any(isinstance(event, AuctionUncrossed) for event in events) is uncrosses(before, after)
        assert instruments.session(market.ledger.state, SHARE).phase is after


def test_the_table_of_phases_leaves_no_way_out_of_an_auction_but_uncrossing_or_another_auction() -> None:
    """TRADING-016, TRADING-027: so a crossed book never reaches a phase that is no auction."""
    assert list(FOLLOWING) == list(Phase)
    for before, after in product(Phase, Phase):
        assert uncrosses(before, after) is (before in AUCTIONS and after not in AUCTIONS)
        assert before not in FOLLOWING[before]


def test_an_instrument_s_first_phase_is_closed_and_takes_no_order(kernels: Kernels) -> None:
    """TRADING-004."""
    market = venue(kernels, phase=None)
    market.ledger.expect(PlaceOrderRejection.PHASE_MUST_TAKE_ORDER, ALICE, order("early", Side.BUY, 1, 1))


def test_in_an_auction_orders_accumulate_without_trading(kernels: Kernels) -> None:
    """TRADING-016."""
    market = venue(kernels, Phase.OPENING_AUCTION)
    assert len(market.buy("b", 12, 5)) == 1
    assert len(market.sell("s", 10, 5)) == 1
    assert len(market.replace("b", 13, 6)) == 1
    assert market.depth(Side.BUY) == [(13, 6)]
    assert market.depth(Side.SELL) == [(10, 5)]
