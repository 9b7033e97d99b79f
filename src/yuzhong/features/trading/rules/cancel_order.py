"""Cancelling an order."""

from __future__ import annotations

from yuzhong.features.holdings import questions as holdings
from yuzhong.features.parties import questions as parties
from yuzhong.features.parties.types import Permission
from yuzhong.features.trading.book import cancel, close_desk, is_valid, open_desk
from yuzhong.features.trading.checks import find_order, listed_terms, may_order_for
from yuzhong.features.trading.outcomes import CancelOrderRejection as Rejection
from yuzhong.features.trading.transactions import CancelOrder
from yuzhong.features.trading.types import CancelReason
from yuzhong.ledger.feature import Context
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State


def cancel_order(state: State, tx: CancelOrder, context: Context) -> Outcome:
    """Close an order and free what it held, in any phase, also of a halted instrument (TRADING-024)."""
    # READ
    account = holdings.account(state, tx.account)

    # CHECK, in the order of CancelOrderRejection
    if not parties.key_may(state, context, Permission.TRADE):
        return Rejected(Rejection.KEY_MUST_BE_ALLOWED_TO_TRADE)
    if account is None:
        return Rejected(Rejection.ACCOUNT_MUST_EXIST)
    if not may_order_for(state, context, account):
        return Rejected(Rejection.SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER)
    found = find_order(state, tx.account, account, tx.cl_ord_id)
    if found is None:
        return Rejected(Rejection.ORDER_MUST_EXIST)
    instrument, number, order = found
    if not is_valid(order, context.time):
        return Rejected(Rejection.ORDER_MUST_BE_OPEN)
    desk = open_desk(state, instrument, listed_terms(state, instrument), context.time)
    if desk.uncross is not None:
        return Rejected(Rejection.BOOK_MUST_NOT_BE_UNCROSSING)

    # From here on the transaction must succeed.
    # WRITE, EMIT
    cancel(desk, number, order, CancelReason.REQUESTED)
    return Accepted(*close_desk(desk))
