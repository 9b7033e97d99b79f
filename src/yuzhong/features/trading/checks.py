"""What several rules of trading check alike."""

from __future__ import annotations

from yuzhong.features.holdings.types import Account, AccountId
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId, ListedTerms
from yuzhong.features.parties import questions as parties
from yuzhong.features.trading.book import read_order
from yuzhong.features.trading.index import OrderIndex
from yuzhong.features.trading.types import ClOrdId, Order, OrderNumber
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.feature import Context
from yuzhong.ledger.numbers import Ticks, Units, trade_value
from yuzhong.ledger.state import State


def may_order_for(state: State, context: Context, account: Account) -> bool:
    """Whether the signer is the account's owner, or its member with the owner's authorization (TRADING-001)."""
    if context.party not in (account.owner, account.member):
        return False
    return parties.may_trade_for(state, context, account.owner)


def find_order(
    state: State, number: AccountId, account: Account, cl_ord_id: ClOrdId
) -> tuple[InstrumentId, OrderNumber, Order] | None:
    """The order on that account which its owner calls so; None for one on another account of his."""
    key = state.index(OrderIndex).find(account.owner, cl_ord_id)
    if key is None:
        return None
    order = read_order(state, *key)
    return (*key, order) if order.account == number else None


def is_value_within_limit(
    state: State, context: Context, account: Account, terms: ListedTerms, price: Ticks, quantity: Units
) -> bool:
    """Whether the signing key, and the authorization that it acts under, allow an order of this value (TRADING-007)."""
    limit = parties.order_value_limit(state, context, account.owner)
    return limit is None or trade_value(price, quantity, terms.tick_value) <= limit


def listed_terms(state: State, instrument: InstrumentId) -> ListedTerms:
    """The terms of an instrument that has orders. Raises RuleFailed where it is not listed."""
    terms = instruments.terms(state, instrument)
    if terms is None:
        raise RuleFailed(f"instrument {instrument} is not listed")
    return terms
