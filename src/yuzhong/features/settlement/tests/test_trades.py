"""What orders hold and how trades are settled, in figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.harness import (
    ALICE_ACCOUNT,
    BOB_ACCOUNT,
    CNY,
    OPERATOR_ACCOUNT,
    SHARE,
    Ledger,
    features_up_to,
    listed_terms,
    market,
)
from yuzhong.features.holdings.questions import position
from yuzhong.features.holdings.types import AccountId, Position
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.features.settlement import actions
from yuzhong.features.settlement.questions import additional, hold_fits, may_fund, worst_case_hold
from yuzhong.features.settlement.types import NOTHING, Hold, Side, Trade, TradeSide
from yuzhong.ledger.failures import BoundPassed, RuleFailed
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import MAX_UNITS, Money, Ticks, Units
from yuzhong.ledger.state import State

FEATURES = features_up_to("settlement")
CHARGE = Money(500)
TERMS = listed_terms(lot_size=100)


def hold(cash: int, units: int = 0) -> Hold:
    return Hold(Money(cash), Units(units))


def side(account: AccountId, price: int, charge: int = 0) -> TradeSide:
    return TradeSide(account, Ticks(price), Money(charge))


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    """Alice and Bob have CNY 20,000.00 and 1,000 units each; an order costs CNY 5.00."""
    return market(kernels, features=FEATURES, terms=TERMS, charge=CHARGE, cash=2_000_000, units=1_000)


def cash(ledger: Ledger, account: AccountId) -> tuple[int, int]:
    row = position(ledger.state, account, CNY)
    return row.total, row.held


def units(ledger: Ledger, account: AccountId) -> tuple[int, int]:
    row = position(ledger.state, account, SHARE)
    return row.total, row.held


@pytest.mark.parametrize(
    ("way", "price", "leaves", "charge", "expected"),
    [
        (Side.BUY, 1_234, 300, 500, hold(370_700)),
        (Side.BUY, 1_234, 300, 0, hold(370_200)),
        (Side.BUY, 1_234, 0, 500, NOTHING),
        (Side.SELL, 1_234, 300, 500, hold(0, 300)),
        (Side.SELL, 3, 300, 500, hold(200, 300)),
        (Side.SELL, 5, 300, 500, hold(0, 300)),
        (Side.SELL, 0, 300, 500, hold(500, 300)),
        (Side.SELL, 3, 300, 0, hold(0, 300)),
        (Side.SELL, 3, 0, 500, NOTHING),
    ],
)
def test_an_order_holds_its_worst_case(way: Side, price: int, leaves: int, charge: int, expected: Hold) -> None:
    """SETTLEMENT-003: one lot of 100 at 3 brings 300, so a charge of 500 could exceed it by 200."""
    assert worst_case_hold(TERMS, way, Ticks(price), Units(leaves), Money(charge)) == expected


@pytest.mark.parametrize(
    ("price", "quantity", "charge", "fits"),
    [
        (1, MAX_UNITS, 0, True),
        (1, MAX_UNITS, 1, False),
        (2, MAX_UNITS, 0, False),
        (0, MAX_UNITS, MAX_UNITS, True),
        (-1, 1, 0, False),
        (2**47 - 1, 2**15, 0, True),
        (2**47 - 1, 2**16, 0, False),
    ],
)
def test_what_passes_the_bounds_of_money_is_known_before(price: int, quantity: int, charge: int, fits: bool) -> None:
    """SETTLEMENT-003."""
    terms = replace(TERMS, lot_size=Units(1))
    arguments = (Ticks(price), Units(quantity), Money(charge))
    assert hold_fits(terms, *arguments) is fits
    if fits:
        assert worst_case_hold(terms, Side.BUY, *arguments).cash == price * quantity + charge
    elif price * quantity > MAX_UNITS or price < 0:
        with pytest.raises(BoundPassed):
            worst_case_hold(terms, Side.BUY, *arguments)


def test_an_order_is_funded_from_free_cash_or_units(ledger: Ledger) -> None:
    """SETTLEMENT-003."""
    state = ledger.state
    assert may_fund(state, ALICE_ACCOUNT, SHARE, hold(2_000_000, 1_000))
    assert not may_fund(state, ALICE_ACCOUNT, SHARE, hold(2_000_001))
    assert not may_fund(state, ALICE_ACCOUNT, SHARE, hold(0, 1_001))
    assert not may_fund(state, AccountId(999), SHARE, hold(1))
    assert not may_fund(state, ALICE_ACCOUNT, CNY, NOTHING)
    ledger.act(lambda state: actions.hold_for_order(state, ALICE_ACCOUNT, SHARE, hold(600_000, 300)))
    assert may_fund(state, ALICE_ACCOUNT, SHARE, hold(1_400_000, 700))
    assert not may_fund(state, ALICE_ACCOUNT, SHARE, hold(1_400_001, 700))
    assert not may_fund(state, ALICE_ACCOUNT, SHARE, hold(1_400_000, 701))


def test_a_replaced_order_goes_from_one_hold_to_the_other(ledger: Ledger) -> None:
    """SETTLEMENT-003."""
    before, after = hold(600_000, 300), hold(400_000, 500)
    assert additional(before, after) == hold(0, 200)
    assert additional(after, before) == hold(200_000)
    ledger.act(lambda state: actions.hold_for_order(state, ALICE_ACCOUNT, SHARE, before))
    ledger.act(lambda state: actions.adjust(state, ALICE_ACCOUNT, SHARE, before, after))
    assert (cash(ledger, ALICE_ACCOUNT), units(ledger, ALICE_ACCOUNT)) == ((2_000_000, 400_000), (1_000, 500))
    ledger.act(lambda state: actions.release_for_order(state, ALICE_ACCOUNT, SHARE, after))
    assert (cash(ledger, ALICE_ACCOUNT), units(ledger, ALICE_ACCOUNT)) == ((2_000_000, 0), (1_000, 0))


def enter(ledger: Ledger, account: AccountId, way: Side, price: int, quantity: int, charge: int = CHARGE) -> None:
    needed = worst_case_hold(TERMS, way, Ticks(price), Units(quantity), Money(charge))
    ledger.act(lambda state: actions.hold_for_order(state, account, SHARE, needed))


def test_a_trade_below_the_buyers_limit_frees_the_difference_and_charges_both(ledger: Ledger) -> None:
    """SETTLEMENT-004, SETTLEMENT-005."""
    enter(ledger, ALICE_ACCOUNT, Side.BUY, 1_240, 300)
    enter(ledger, BOB_ACCOUNT, Side.SELL, 1_230, 300)
    assert cash(ledger, ALICE_ACCOUNT) == (2_000_000, 372_500)
    buyer, seller = side(ALICE_ACCOUNT, 1_240, 500), side(BOB_ACCOUNT, 1_230, 500)
    first = Trade(SHARE, Ticks(1_235), Units(100), buyer, seller)
    ledger.act(lambda state: actions.settle_trade(state, first))
    assert (cash(ledger, ALICE_ACCOUNT), units(ledger, ALICE_ACCOUNT)) == ((1_876_000, 248_000), (1_100, 0))
    assert (cash(ledger, BOB_ACCOUNT), units(ledger, BOB_ACCOUNT)) == ((2_123_000, 0), (900, 200))
    assert cash(ledger, OPERATOR_ACCOUNT) == (1_000, 0)

    rest = Trade(SHARE, Ticks(1_230), Units(200), side(ALICE_ACCOUNT, 1_240), side(BOB_ACCOUNT, 1_230))
    ledger.act(lambda state: actions.settle_trade(state, rest))
    assert (cash(ledger, ALICE_ACCOUNT), units(ledger, ALICE_ACCOUNT)) == ((1_630_000, 0), (1_300, 0))
    assert (cash(ledger, BOB_ACCOUNT), units(ledger, BOB_ACCOUNT)) == ((2_369_000, 0), (700, 0))
    assert cash(ledger, OPERATOR_ACCOUNT) == (1_000, 0)


def test_a_seller_whose_charge_exceeds_the_proceeds_pays_from_what_was_held(kernels: Kernels) -> None:
    """SETTLEMENT-003, SETTLEMENT-005: the seller has no cash but what the order held."""
    ledger = market(kernels, features=FEATURES, terms=TERMS, charge=CHARGE)
    ledger.issue(SHARE, BOB_ACCOUNT, 300)
    ledger.issue(CNY, BOB_ACCOUNT, 200)
    ledger.issue(CNY, ALICE_ACCOUNT, 1_400)
    enter(ledger, BOB_ACCOUNT, Side.SELL, 3, 300)
    enter(ledger, ALICE_ACCOUNT, Side.BUY, 3, 300)
    assert cash(ledger, BOB_ACCOUNT) == (200, 200)
    assert cash(ledger, ALICE_ACCOUNT) == (1_400, 1_400)
    trade = Trade(SHARE, Ticks(3), Units(100), side(ALICE_ACCOUNT, 3, 500), side(BOB_ACCOUNT, 3, 500))
    ledger.act(lambda state: actions.settle_trade(state, trade))
    assert position(ledger.state, BOB_ACCOUNT, CNY) == Position(Units(0), Units(0))
    assert cash(ledger, ALICE_ACCOUNT) == (600, 600)
    assert cash(ledger, OPERATOR_ACCOUNT) == (1_000, 0)


def test_one_account_on_both_sides_pays_its_charges_and_keeps_the_rest(ledger: Ledger) -> None:
    """SETTLEMENT-004, SETTLEMENT-005."""
    enter(ledger, ALICE_ACCOUNT, Side.BUY, 1_240, 300)
    enter(ledger, ALICE_ACCOUNT, Side.SELL, 1_230, 300)
    trade = Trade(SHARE, Ticks(1_230), Units(300), side(ALICE_ACCOUNT, 1_240, 500), side(ALICE_ACCOUNT, 1_230, 500))
    ledger.act(lambda state: actions.settle_trade(state, trade))
    assert (cash(ledger, ALICE_ACCOUNT), units(ledger, ALICE_ACCOUNT)) == ((1_999_000, 0), (1_000, 0))


def test_a_charge_paid_by_the_account_that_receives_it_stays_there(ledger: Ledger) -> None:
    """SETTLEMENT-005."""
    ledger.issue(CNY, OPERATOR_ACCOUNT, 123_500)
    enter(ledger, OPERATOR_ACCOUNT, Side.BUY, 1_230, 100)
    enter(ledger, BOB_ACCOUNT, Side.SELL, 1_230, 100, charge=0)
    trade = Trade(SHARE, Ticks(1_230), Units(100), side(OPERATOR_ACCOUNT, 1_230, 500), side(BOB_ACCOUNT, 1_230))
    ledger.act(lambda state: actions.settle_trade(state, trade))
    assert cash(ledger, OPERATOR_ACCOUNT) == (500, 0)


GOOD = Trade(SHARE, Ticks(1_235), Units(100), side(ALICE_ACCOUNT, 1_240, 500), side(BOB_ACCOUNT, 1_230, 500))
FAILING: dict[str, Callable[[State], None]] = {
    "above the buyer's limit": lambda state: actions.settle_trade(state, replace(GOOD, price=Ticks(1_241))),
    "below the seller's limit": lambda state: actions.settle_trade(state, replace(GOOD, price=Ticks(1_229))),
    "of nothing": lambda state: actions.settle_trade(state, replace(GOOD, quantity=Units(0))),
    "of more than is held": lambda state: actions.settle_trade(state, replace(GOOD, quantity=Units(200))),
    "of cash": lambda state: actions.settle_trade(state, replace(GOOD, instrument=CNY)),
    "of no instrument": lambda state: actions.settle_trade(state, replace(GOOD, instrument=InstrumentId(99))),
    "at a negative price": lambda state: actions.settle_trade(
        state, replace(GOOD, price=Ticks(-1), seller=side(BOB_ACCOUNT, -1, 500))
    ),
    "with a charge that was not held": lambda state: actions.settle_trade(
        state, replace(GOOD, buyer=side(ALICE_ACCOUNT, 1_240, 501))
    ),
    "by an account that does not exist": lambda state: actions.settle_trade(
        state, replace(GOOD, buyer=side(AccountId(999), 1_240, 500))
    ),
}


@pytest.mark.parametrize("action", FAILING.values(), ids=FAILING.keys())
def test_a_trade_that_no_check_can_have_allowed_fails_as_a_whole(
    ledger: Ledger, action: Callable[[State], None]
) -> None:
    """SETTLEMENT-004."""
    enter(ledger, ALICE_ACCOUNT, Side.BUY, 1_240, 100)
    enter(ledger, BOB_ACCOUNT, Side.SELL, 1_230, 100)
    before = ledger.rows()
    with pytest.raises(RuleFailed):
        ledger.act(action)
    assert ledger.rows() == before
    ledger.act(lambda state: actions.settle_trade(state, GOOD))


def test_a_charge_without_a_schedule_fails(kernels: Kernels) -> None:
    """SETTLEMENT-005."""
    ledger = market(kernels, features=FEATURES, terms=TERMS, cash=2_000_000, units=1_000)
    enter(ledger, ALICE_ACCOUNT, Side.BUY, 1_240, 100)
    enter(ledger, BOB_ACCOUNT, Side.SELL, 1_230, 100)
    with pytest.raises(RuleFailed, match="has no charge"):
        ledger.act(lambda state: actions.settle_trade(state, GOOD))
