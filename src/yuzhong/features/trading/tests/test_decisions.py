"""Decision tables: each transaction is refused by the first rule that it breaks, and a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple

import pytest

from tests.harness import ALICE, BOB, CNY, MEMBER, OPERATOR, SHARE, listed_terms
from yuzhong.features.holdings.transactions import CloseAccount, OpenAccount
from yuzhong.features.holdings.types import AccountId, AccountKind
from yuzhong.features.instruments.types import InstrumentId, InstrumentStatus, Phase
from yuzhong.features.parties.transactions import EndAuthorization, GrantAuthorization
from yuzhong.features.parties.types import KeyRole, Scope
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.outcomes import (
    CancelOrderRejection,
    ChangePhaseRejection,
    HaltInstrumentRejection,
    InstrumentHalted,
    InstrumentResumed,
    PlaceOrderRejection,
    ReplaceOrderRejection,
    ResumeInstrumentRejection,
)
from yuzhong.features.trading.tests.venue import PLENTY, Venue, order, replacement, set_scene, venue
from yuzhong.features.trading.transactions import CancelOrder, ChangePhase, HaltInstrument, PlaceOrder, ResumeInstrument
from yuzhong.features.trading.types import ClOrdId, TimeInForce
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import DAY_MS, MAX_UNITS, KeyId, Millis, Money, PartyId, Ticks, Units

CLOSED_ACCOUNT, SECOND_ACCOUNT = AccountId(60), AccountId(61)
CLIENT_ACCOUNT = AccountId(50)
"""An account of Alice's that the member serves."""

HALTED = partial(set_scene, phase=Phase.CONTINUOUS, status=InstrumentStatus.HALTED)
CLOSED = partial(set_scene, phase=Phase.CLOSED)
AUCTION = partial(set_scene, phase=Phase.OPENING_AUCTION)
HALTED_AUCTION = partial(set_scene, phase=Phase.OPENING_AUCTION, status=InstrumentStatus.HALTED)
HALTED_FROZEN = partial(set_scene, phase=Phase.OPENING_AUCTION, status=InstrumentStatus.HALTED, frozen=True)
FROZEN = partial(set_scene, phase=Phase.OPENING_AUCTION, frozen=True)
OPEN = partial(set_scene, phase=Phase.CONTINUOUS)


class Row(NamedTuple):
    """Who signs what in which scene, and the rule that it breaks."""

    code: IntEnum
    scene: Callable[[Venue], None]
    party: PartyId
    content: Any
    key: KeyId | None = None


@pytest.fixture
def market(kernels: Kernels) -> Venue:
    """Lots of 10. Alice has a closed account too, a second one, an open order of 10 at 5, and one that is over."""
    made = venue(kernels, terms=listed_terms(lot_size=10, tick_value=2))
    made.ledger.open_own(CLOSED_ACCOUNT, ALICE)
    made.ledger.do(ALICE, CloseAccount(CLOSED_ACCOUNT))
    made.ledger.open_own(SECOND_ACCOUNT, ALICE)
    made.buy("taken", 5, 10)
    made.buy("over", 5, 10, validity=TimeInForce.IOC)
    return made


def expired_key(market: Venue) -> KeyId:
    """A key of Alice's that may do nothing any more."""
    ledger = market.ledger
    key = ledger.add_key(ALICE, "gone", KeyRole.TRADING, expires_at=Millis(ledger.time + 2))
    ledger.wait_until(ledger.time + 1)
    return key


def decide(market: Venue, rejections: type[IntEnum], rows: list[Row]) -> None:
    """Each row in its scene; the rows are all the rejections, in order."""
    assert [row.code for row in rows] == list(rejections)
    for row in rows:
        row.scene(market)
        market.ledger.expect(row.code, row.party, row.content, key=row.key)


def test_place_order_is_refused_by_the_first_rule_that_it_breaks(market: Venue) -> None:
    """TRADING-001 to TRADING-008: TRADING-002, TRADING-003, TRADING-004, TRADING-005, TRADING-006, TRADING-007."""
    gone = expired_key(market)
    small = market.ledger.add_key(ALICE, "small", KeyRole.TRADING, order_value_max=Money(99))

    def bad(**changes: Any) -> PlaceOrder:
        worst = order("", Side.BUY, 0, 0, account=999, display=0, validity=TimeInForce.FOK)
        return replace(worst, **{"instrument": CNY, **changes})

    named = partial(bad, cl_ord_id=ClOrdId("taken"))
    listed = partial(named, account=AccountId(ALICE), instrument=SHARE)
    waits = partial(listed, time_in_force=TimeInForce.GTC)
    priced = partial(waits, price=Ticks(2**46))
    lots = partial(priced, order_qty=Units(20))
    huge = partial(priced, order_qty=Units(MAX_UNITS - MAX_UNITS % 10), display_qty=None)
    dear = listed(cl_ord_id=ClOrdId("new"), price=Ticks(PLENTY), order_qty=Units(10), display_qty=None)
    code = PlaceOrderRejection
    rows = [
        Row(code.KEY_MUST_BE_ALLOWED_TO_TRADE, HALTED, ALICE, bad(), gone),
        Row(code.CL_ORD_ID_MUST_NOT_BE_EMPTY, HALTED, ALICE, bad()),
        Row(code.ACCOUNT_MUST_EXIST, HALTED, ALICE, named()),
        Row(code.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER, HALTED, BOB, named(account=CLOSED_ACCOUNT)),
        Row(code.ACCOUNT_MUST_BE_OPEN, HALTED, ALICE, named(account=CLOSED_ACCOUNT)),
        Row(code.INSTRUMENT_MUST_BE_LISTED, HALTED, ALICE, named(account=AccountId(ALICE))),
        Row(code.INSTRUMENT_MUST_BE_TRADING, HALTED_FROZEN, ALICE, listed()),
        Row(code.PHASE_MUST_TAKE_ORDER, FROZEN, ALICE, listed()),
        Row(code.BOOK_MUST_NOT_BE_UNCROSSING, FROZEN, ALICE, waits()),
        Row(code.PRICE_MUST_BE_POSITIVE, OPEN, ALICE, waits()),
        Row(code.ORDER_QTY_MUST_BE_POSITIVE, OPEN, ALICE, priced()),
        Row(code.ORDER_QTY_MUST_BE_WHOLE_LOTS, OPEN, ALICE, priced(order_qty=Units(15))),
        Row(code.DISPLAY_QTY_MUST_BE_POSITIVE, OPEN, ALICE, lots()),
        Row(code.DISPLAY_QTY_MUST_BE_WHOLE_LOTS, OPEN, ALICE, lots(display_qty=Units(25))),
        Row(code.DISPLAY_QTY_MUST_NOT_EXCEED_ORDER_QTY, OPEN, ALICE, lots(display_qty=Units(30))),
        Row(code.CL_ORD_ID_MUST_BE_UNUSED, OPEN, ALICE, huge()),
        Row(code.ORDER_VALUE_MUST_BE_IN_RANGE, OPEN, ALICE, huge(cl_ord_id=ClOrdId("new")), small),
        Row(code.ORDER_VALUE_MUST_BE_WITHIN_LIMIT, OPEN, ALICE, dear, small),
        Row(code.ACCOUNT_MUST_FUND_ORDER, OPEN, ALICE, dear),
    ]
    decide(market, PlaceOrderRejection, rows)


def test_replace_order_is_refused_by_the_first_rule_that_it_breaks(market: Venue) -> None:
    """TRADING-021, TRADING-022, and what TRADING-001 to TRADING-008 ask of a replaced order too."""
    gone = expired_key(market)
    small = market.ledger.add_key(ALICE, "small", KeyRole.TRADING, order_value_max=Money(99))
    bad = replacement("taken", 0, 0, cum=1)
    priced = replace(bad, price=Ticks(2**46))
    huge = replace(priced, leaves_qty=Units(MAX_UNITS - MAX_UNITS % 10))
    dear = replacement("taken", PLENTY, 10)
    code = ReplaceOrderRejection
    rows = [
        Row(code.KEY_MUST_BE_ALLOWED_TO_TRADE, HALTED, ALICE, replacement("none", 0, 0, account=999), gone),
        Row(code.ACCOUNT_MUST_EXIST, HALTED, ALICE, replacement("none", 0, 0, account=999)),
        Row(code.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER, HALTED, BOB, replacement("none", 0, 0)),
        Row(code.ORDER_MUST_EXIST, HALTED, ALICE, replacement("taken", 0, 0, account=SECOND_ACCOUNT)),
        Row(code.ORDER_MUST_BE_OPEN, HALTED, ALICE, replacement("over", 0, 0)),
        Row(code.INSTRUMENT_MUST_BE_TRADING, HALTED_FROZEN, ALICE, bad),
        Row(code.PHASE_MUST_TAKE_ORDER, partial(CLOSED, frozen=True), ALICE, bad),
        Row(code.BOOK_MUST_NOT_BE_UNCROSSING, FROZEN, ALICE, bad),
        Row(code.PRICE_MUST_BE_POSITIVE, OPEN, ALICE, bad),
        Row(code.LEAVES_QTY_MUST_BE_POSITIVE, OPEN, ALICE, priced),
        Row(code.LEAVES_QTY_MUST_BE_WHOLE_LOTS, OPEN, ALICE, replace(priced, leaves_qty=Units(15))),
        Row(code.CUM_QTY_MUST_BE_AS_EXPECTED, OPEN, ALICE, huge),
        Row(code.ORDER_VALUE_MUST_BE_IN_RANGE, OPEN, ALICE, replace(huge, expected_cum_qty=Units(0)), small),
        Row(code.ORDER_VALUE_MUST_BE_WITHIN_LIMIT, OPEN, ALICE, dear, small),
        Row(code.ACCOUNT_MUST_FUND_ORDER, OPEN, ALICE, dear),
    ]
    decide(market, ReplaceOrderRejection, rows)


def test_cancel_order_is_refused_by_the_first_rule_that_it_breaks(market: Venue) -> None:
    """TRADING-024."""
    gone = expired_key(market)
    code = CancelOrderRejection
    rows = [
        Row(code.KEY_MUST_BE_ALLOWED_TO_TRADE, FROZEN, ALICE, CancelOrder(AccountId(999), ClOrdId("none")), gone),
        Row(code.ACCOUNT_MUST_EXIST, FROZEN, ALICE, CancelOrder(AccountId(999), ClOrdId("none"))),
        Row(
            code.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER, FROZEN, BOB, CancelOrder(AccountId(ALICE), ClOrdId("none"))
        ),
        Row(code.ORDER_MUST_EXIST, FROZEN, ALICE, CancelOrder(SECOND_ACCOUNT, ClOrdId("taken"))),
        Row(code.ORDER_MUST_BE_OPEN, FROZEN, ALICE, CancelOrder(AccountId(ALICE), ClOrdId("over"))),
        Row(code.BOOK_MUST_NOT_BE_UNCROSSING, FROZEN, ALICE, CancelOrder(AccountId(ALICE), ClOrdId("taken"))),
    ]
    decide(market, CancelOrderRejection, rows)


def test_change_phase_is_refused_by_the_first_rule_that_it_breaks(market: Venue) -> None:
    """TRADING-016."""
    trading = market.ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    code = ChangePhaseRejection
    closed = ChangePhase(SHARE, Phase.CLOSED)
    rows = [
        Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, FROZEN, OPERATOR, ChangePhase(CNY, Phase.CLOSED), trading),
        Row(code.SIGNER_MUST_BE_MARKET_CONTROL, FROZEN, MEMBER, ChangePhase(CNY, Phase.CLOSED)),
        Row(code.INSTRUMENT_MUST_BE_LISTED, FROZEN, OPERATOR, ChangePhase(CNY, Phase.CLOSED)),
        Row(code.BOOK_MUST_NOT_BE_UNCROSSING, HALTED_FROZEN, OPERATOR, closed),
        Row(code.PHASE_MUST_FOLLOW, HALTED_AUCTION, OPERATOR, closed),
        Row(code.INSTRUMENT_MUST_BE_TRADING, HALTED_AUCTION, OPERATOR, ChangePhase(SHARE, Phase.CONTINUOUS)),
    ]
    decide(market, ChangePhaseRejection, rows)


def test_halt_instrument_is_refused_by_the_first_rule_that_it_breaks(market: Venue) -> None:
    """TRADING-025."""
    trading = market.ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    code = HaltInstrumentRejection
    rows = [
        Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, FROZEN, OPERATOR, HaltInstrument(CNY), trading),
        Row(code.SIGNER_MUST_BE_MARKET_CONTROL, FROZEN, MEMBER, HaltInstrument(CNY)),
        Row(code.INSTRUMENT_MUST_BE_LISTED, FROZEN, OPERATOR, HaltInstrument(InstrumentId(9))),
        Row(code.INSTRUMENT_MUST_BE_TRADING, HALTED_FROZEN, OPERATOR, HaltInstrument(SHARE)),
        Row(code.BOOK_MUST_NOT_BE_UNCROSSING, FROZEN, OPERATOR, HaltInstrument(SHARE)),
    ]
    decide(market, HaltInstrumentRejection, rows)


def test_resume_instrument_is_refused_by_the_first_rule_that_it_breaks(market: Venue) -> None:
    """TRADING-025."""
    trading = market.ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    code = ResumeInstrumentRejection
    rows = [
        Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, OPEN, OPERATOR, ResumeInstrument(CNY), trading),
        Row(code.SIGNER_MUST_BE_MARKET_CONTROL, OPEN, MEMBER, ResumeInstrument(CNY)),
        Row(code.INSTRUMENT_MUST_BE_LISTED, OPEN, OPERATOR, ResumeInstrument(CNY)),
        Row(code.INSTRUMENT_MUST_BE_HALTED, OPEN, OPERATOR, ResumeInstrument(SHARE)),
    ]
    decide(market, ResumeInstrumentRejection, rows)


def test_a_halted_instrument_takes_cancels_only_and_resumes_where_it_stood(market: Venue) -> None:
    """TRADING-003, TRADING-024, TRADING-025."""
    assert market.ledger.do(OPERATOR, HaltInstrument(SHARE)) == (InstrumentHalted(SHARE),)
    new = order("new", Side.BUY, 5, 10)
    market.ledger.expect(PlaceOrderRejection.INSTRUMENT_MUST_BE_TRADING, ALICE, new)
    market.cancel("taken")
    assert market.ledger.do(OPERATOR, ResumeInstrument(SHARE)) == (InstrumentResumed(SHARE),)
    market.ledger.do(ALICE, new)


def test_a_member_orders_for_a_client_only_under_the_client_s_authorization(market: Venue) -> None:
    """TRADING-001, TRADING-007: the tighter limit counts; the row keeps owner and member."""
    ledger = market.ledger
    ledger.do(MEMBER, OpenAccount(CLIENT_ACCOUNT, ALICE, AccountKind.CLIENT))
    ledger.issue(CNY, CLIENT_ACCOUNT, 1_000)
    first = order("by member", Side.BUY, 5, 10, account=CLIENT_ACCOUNT)
    code = PlaceOrderRejection
    ledger.expect(code.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER, MEMBER, first)
    until = Millis(ledger.time + DAY_MS)
    ledger.do(ALICE, GrantAuthorization(MEMBER, Scope.PLACE_ORDERS, Money(100), until))
    ledger.do(MEMBER, first)
    placed = market.order("by member")
    assert (placed.owner, placed.account, placed.member) == (ALICE, CLIENT_ACCOUNT, MEMBER)
    dearer = replace(first, cl_ord_id=ClOrdId("dearer"), price=Ticks(6))
    ledger.expect(code.ORDER_VALUE_MUST_BE_WITHIN_LIMIT, MEMBER, dearer)
    ledger.do(ALICE, dearer)
    on_own = replace(first, cl_ord_id=ClOrdId("own"), account=AccountId(ALICE))
    ledger.expect(code.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER, MEMBER, on_own)
    ledger.do(ALICE, EndAuthorization(MEMBER))
    cancel = CancelOrder(CLIENT_ACCOUNT, ClOrdId("by member"))
    ledger.expect(CancelOrderRejection.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER, MEMBER, cancel)
    ledger.do(ALICE, cancel)
