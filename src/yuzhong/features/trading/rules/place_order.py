"""Placing an order."""

from __future__ import annotations

from yuzhong.features.holdings import questions as holdings
from yuzhong.features.holdings.types import Account, AccountStatus
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentSession, InstrumentStatus, ListedTerms, Phase
from yuzhong.features.parties import questions as parties
from yuzhong.features.parties.types import Permission
from yuzhong.features.settlement import actions as settlement
from yuzhong.features.settlement import questions as funding
from yuzhong.features.trading import matching
from yuzhong.features.trading.book import Desk, close_desk, first_slice, hold_of, open_desk, take_rank
from yuzhong.features.trading.checks import is_value_within_limit, may_order_for
from yuzhong.features.trading.index import OrderIndex
from yuzhong.features.trading.outcomes import OrderPlaced
from yuzhong.features.trading.outcomes import PlaceOrderRejection as Rejection
from yuzhong.features.trading.phases import ACCEPTED
from yuzhong.features.trading.rules.sweep import plan_sweep
from yuzhong.features.trading.transactions import PlaceOrder
from yuzhong.features.trading.types import Order, OrderNumber, OrdStatus, TimeInForce
from yuzhong.ledger.feature import Context
from yuzhong.ledger.numbers import Money, Units, end_of_day
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State


def place_order(state: State, tx: PlaceOrder, context: Context) -> Outcome:
    """Take an order: hold what it needs, then match it or let it wait for the auction (TRADING-001 to TRADING-010)."""
    # READ
    account = holdings.account(state, tx.account)
    terms = instruments.terms(state, tx.instrument)

    # CHECK, in the order of PlaceOrderRejection
    if not parties.key_may(state, context, Permission.TRADE):
        return Rejected(Rejection.KEY_MUST_BE_ALLOWED_TO_TRADE)
    if not tx.cl_ord_id:
        return Rejected(Rejection.CL_ORD_ID_MUST_NOT_BE_EMPTY)
    if account is None:
        return Rejected(Rejection.ACCOUNT_MUST_EXIST)
    if not may_order_for(state, context, account):
        return Rejected(Rejection.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER)
    if account.status is not AccountStatus.OPEN:
        return Rejected(Rejection.ACCOUNT_MUST_BE_OPEN)
    if terms is None:
        return Rejected(Rejection.INSTRUMENT_MUST_BE_LISTED)
    session = instruments.session(state, tx.instrument)
    desk = open_desk(state, tx.instrument, terms, context.time)
    charge = funding.charge_per_order(state, tx.instrument)
    refusal = (
        _check_market(desk, session, tx)
        or _check_form(tx, terms)
        or _check_means(state, tx, context, account, terms, charge)
    )
    if refusal is not None:
        return Rejected(refusal)

    # From here on the transaction must succeed.
    # WRITE
    plan_sweep(desk)
    number = desk.next_number
    desk.next_number = OrderNumber(number + 1)
    order = _new_order(desk, tx, context, account, charge)
    settlement.hold_for_order(state, tx.account, tx.instrument, hold_of(terms, order))

    # EMIT, trades as they are made
    desk.events.append(_placed(tx, number, order))
    if session.phase is Phase.CONTINUOUS:
        matching.match(desk, number, order)
    else:
        matching.rest(desk, number, order)
    return Accepted(*close_desk(desk))


def _check_market(desk: Desk, session: InstrumentSession, tx: PlaceOrder) -> Rejection | None:
    """Whether the market takes such an order now (TRADING-003, TRADING-004)."""
    if session.status is not InstrumentStatus.TRADING:
        return Rejection.INSTRUMENT_MUST_BE_TRADING
    if (tx.ord_type, tx.time_in_force) not in ACCEPTED[session.phase]:
        return Rejection.PHASE_MUST_TAKE_ORDER
    if desk.uncross is not None:
        return Rejection.BOOK_MUST_NOT_BE_UNCROSSING
    return None


def _check_form(tx: PlaceOrder, terms: ListedTerms) -> Rejection | None:
    """Whether price and quantities are such as the instrument's terms ask (TRADING-005)."""
    if tx.price <= 0:
        return Rejection.PRICE_MUST_BE_POSITIVE
    if tx.order_qty == 0:
        return Rejection.ORDER_QTY_MUST_BE_POSITIVE
    if tx.order_qty % terms.lot_size != 0:
        return Rejection.ORDER_QTY_MUST_BE_WHOLE_LOTS
    if tx.display_qty is None:
        return None
    if tx.display_qty == 0:
        return Rejection.DISPLAY_QTY_MUST_BE_POSITIVE
    if tx.display_qty % terms.lot_size != 0:
        return Rejection.DISPLAY_QTY_MUST_BE_WHOLE_LOTS
    if tx.display_qty > tx.order_qty:
        return Rejection.DISPLAY_QTY_MUST_NOT_EXCEED_ORDER_QTY
    return None


def _check_means(
    state: State, tx: PlaceOrder, context: Context, account: Account, terms: ListedTerms, charge: Money
) -> Rejection | None:
    """Whether the id is free, the value allowed, and the account can pay (TRADING-002, TRADING-006 to TRADING-008)."""
    if state.index(OrderIndex).find(account.owner, tx.cl_ord_id) is not None:
        return Rejection.CL_ORD_ID_MUST_BE_UNUSED
    if not funding.hold_fits(terms, tx.price, tx.order_qty, charge):
        return Rejection.ORDER_VALUE_MUST_BE_IN_RANGE
    if not is_value_within_limit(state, context, account, terms, tx.price, tx.order_qty):
        return Rejection.ORDER_VALUE_MUST_BE_WITHIN_LIMIT
    hold = funding.worst_case_hold(terms, tx.side, tx.price, tx.order_qty, charge)
    if not funding.may_fund(state, tx.account, tx.instrument, hold):
        return Rejection.ACCOUNT_MUST_FUND_ORDER
    return None


def _new_order(desk: Desk, tx: PlaceOrder, context: Context, account: Account, charge: Money) -> Order:
    """The order's row as it comes in; a DAY order ends with its trade date (TRADING-010)."""
    return Order(
        owner=account.owner,
        account=tx.account,
        member=account.member,
        capacity=tx.capacity,
        side=tx.side,
        ord_type=tx.ord_type,
        time_in_force=tx.time_in_force,
        price=tx.price,
        order_qty=tx.order_qty,
        cum_qty=Units(0),
        leaves_qty=tx.order_qty,
        display_qty=tx.display_qty,
        shown_qty=first_slice(tx.order_qty, tx.display_qty),
        rank=take_rank(desk),
        expires_at=end_of_day(context.time) if tx.time_in_force is TimeInForce.DAY else None,
        status=OrdStatus.NEW,
        cl_ord_id=tx.cl_ord_id,
        salt=context.salt,
        charge_outstanding=charge,
        closed_at=None,
    )


def _placed(tx: PlaceOrder, number: OrderNumber, order: Order) -> OrderPlaced:
    return OrderPlaced(
        tx.instrument,
        number,
        tx.cl_ord_id,
        order.owner,
        tx.account,
        order.member,
        tx.capacity,
        tx.side,
        tx.ord_type,
        tx.price,
        tx.order_qty,
        tx.display_qty,
        tx.time_in_force,
        order.expires_at,
    )
