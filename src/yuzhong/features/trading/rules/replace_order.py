"""Replacing an order."""

from __future__ import annotations

from yuzhong.features.holdings import questions as holdings
from yuzhong.features.holdings.types import Account
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId, InstrumentSession, InstrumentStatus, ListedTerms, Phase
from yuzhong.features.parties import questions as parties
from yuzhong.features.parties.types import Permission
from yuzhong.features.settlement import actions as settlement
from yuzhong.features.settlement import questions as funding
from yuzhong.features.trading import matching
from yuzhong.features.trading.book import (
    Desk,
    close_desk,
    hold_of,
    is_valid,
    open_desk,
    take_rank,
)
from yuzhong.features.trading.checks import (
    find_order,
    is_value_within_limit,
    listed_terms,
    may_order_for,
)
from yuzhong.features.trading.outcomes import OrderReplaced
from yuzhong.features.trading.outcomes import ReplaceOrderRejection as Rejection
from yuzhong.features.trading.phases import ACCEPTED
from yuzhong.features.trading.tables import ORDERS
from yuzhong.features.trading.transactions import ReplaceOrder
from yuzhong.features.trading.types import Order, OrderNumber
from yuzhong.ledger.feature import Context
from yuzhong.ledger.numbers import Units
from yuzhong.ledger.outcomes import About, Accepted, Outcome, Rejected
from yuzhong.ledger.records import changed
from yuzhong.ledger.state import State


def replace_order(state: State, tx: ReplaceOrder, context: Context) -> Outcome:
    """Give an order a new price and remaining quantity (TRADING-021, TRADING-022, TRADING-023)."""
    # READ
    account = holdings.account(state, tx.account)

    # CHECK, in the order of ReplaceOrderRejection
    if not parties.key_may(state, context, Permission.TRADE):
        return Rejected(Rejection.KEY_MUST_BE_ALLOWED_TO_TRADE)
    if account is None:
        return Rejected(Rejection.ACCOUNT_MUST_EXIST)
    if not may_order_for(state, context, account):
        return Rejected(Rejection.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER)
    found = find_order(state, tx.account, account, tx.cl_ord_id)
    if found is None:
        return Rejected(Rejection.ORDER_MUST_EXIST)
    instrument, number, before = found
    if not is_valid(before, context.time):
        return Rejected(Rejection.ORDER_MUST_BE_OPEN)
    terms = listed_terms(state, instrument)
    session = instruments.session(state, instrument)
    desk = open_desk(state, instrument, terms, context.time)
    after = changed(before, price=tx.price, leaves_qty=tx.leaves_qty, order_qty=Units(before.cum_qty + tx.leaves_qty))
    refusal = (
        _check_market(desk, session, before)
        or _check_form(tx, before, terms)
        or _check_means(state, context, account, terms, instrument, before, after)
    )
    if refusal is not None:
        return Rejected(refusal)

    # From here on the transaction must succeed.
    # WRITE
    settlement.adjust(state, tx.account, instrument, hold_of(terms, before), hold_of(terms, after))
    keeps_priority = after.price == before.price and after.leaves_qty < before.leaves_qty

    # EMIT, trades as they are made
    desk.events.append(About(before.salt, _replaced(desk, number, after, keeps_priority)))
    if keeps_priority:
        shown = min(after.shown_qty, after.leaves_qty)
        ORDERS.put(state, instrument, number, row=changed(after, shown_qty=shown))
        return Accepted(*close_desk(desk))
    after = changed(after, rank=take_rank(desk))
    if session.phase is Phase.CONTINUOUS:
        matching.match(desk, number, after)
    else:
        matching.rest(desk, number, after)
    return Accepted(*close_desk(desk))


def _check_market(desk: Desk, session: InstrumentSession, order: Order) -> Rejection | None:
    """Whether the market takes such an order now (TRADING-003, TRADING-004)."""
    if session.status is not InstrumentStatus.TRADING:
        return Rejection.INSTRUMENT_MUST_BE_TRADING
    if (order.ord_type, order.time_in_force) not in ACCEPTED[session.phase]:
        return Rejection.PHASE_MUST_TAKE_ORDER
    if desk.uncross is not None:
        return Rejection.BOOK_MUST_NOT_BE_UNCROSSING
    return None


def _check_form(tx: ReplaceOrder, before: Order, terms: ListedTerms) -> Rejection | None:
    """Whether the terms allow price and quantity, and the order stands where its owner thinks (TRADING-022)."""
    if tx.price <= 0:
        return Rejection.PRICE_MUST_BE_POSITIVE
    if tx.leaves_qty == 0:
        return Rejection.LEAVES_QTY_MUST_BE_POSITIVE
    if tx.leaves_qty % terms.lot_size != 0:
        return Rejection.LEAVES_QTY_MUST_BE_WHOLE_LOTS
    if tx.expected_cum_qty is not None and tx.expected_cum_qty != before.cum_qty:
        return Rejection.CUM_QTY_MUST_BE_AS_EXPECTED
    return None


def _check_means(
    state: State,
    context: Context,
    account: Account,
    terms: ListedTerms,
    instrument: InstrumentId,
    before: Order,
    after: Order,
) -> Rejection | None:
    """Whether the new value is allowed and the account can pay what it holds on top (TRADING-006 to TRADING-008)."""
    if not funding.hold_fits(terms, after.price, after.order_qty, after.charge_outstanding):
        return Rejection.ORDER_VALUE_MUST_BE_IN_RANGE
    if not is_value_within_limit(state, context, account, terms, after.price, after.leaves_qty):
        return Rejection.ORDER_VALUE_MUST_BE_WITHIN_LIMIT
    more = funding.additional(hold_of(terms, before), hold_of(terms, after))
    if not funding.may_fund(state, before.account, instrument, more):
        return Rejection.ACCOUNT_MUST_FUND_ORDER
    return None


def _replaced(desk: Desk, number: OrderNumber, order: Order, keeps_priority: bool) -> OrderReplaced:
    return OrderReplaced(
        desk.instrument,
        number,
        order.cl_ord_id,
        order.account,
        order.price,
        order.order_qty,
        order.cum_qty,
        order.leaves_qty,
        keeps_priority,
    )
