"""What trading does through `settlement` after its checks: hold, adjust, settle. Prefunded: what is held suffices."""

from __future__ import annotations

from yuzhong.features.holdings import actions as holdings
from yuzhong.features.holdings.actions import Entry
from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId, ListedTerms
from yuzhong.features.settlement import questions
from yuzhong.features.settlement.tables import CHARGE_SCHEDULES
from yuzhong.features.settlement.types import NOTHING, Hold, Side, Trade, TradeSide
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.numbers import Money, Units, trade_value
from yuzhong.ledger.state import State


def hold_for_order(state: State, account: AccountId, instrument: InstrumentId, hold: Hold) -> None:
    """Keep what a new order needs (SETTLEMENT-003). Raises RuleFailed where `may_fund` would say no."""
    adjust(state, account, instrument, NOTHING, hold)


def release_for_order(state: State, account: AccountId, instrument: InstrumentId, hold: Hold) -> None:
    """Free what a closing order still holds. Raises RuleFailed where it does not hold that."""
    adjust(state, account, instrument, hold, NOTHING)


def adjust(state: State, account: AccountId, instrument: InstrumentId, before: Hold, after: Hold) -> None:
    """Go from what an order holds to what it must hold, up or down. Raises RuleFailed where free units fall short."""
    terms = _terms(state, instrument)
    _change_held(state, account, terms.cash, after.cash - before.cash)
    _change_held(state, account, instrument, after.units - before.units)


def settle_trade(state: State, trade: Trade) -> None:
    """Units against cash, both charges, all at once from what the two orders hold (SETTLEMENT-004, SETTLEMENT-005).

    Frees what the buyer held above the trade's price, and what a seller held for a charge that is now taken. What each
    order holds for what it has left is not touched. Raises RuleFailed where an order holds less than this takes.
    """
    terms = _terms(state, trade.instrument)
    buyer, seller, quantity = trade.buyer, trade.seller, trade.quantity
    if quantity <= 0:
        raise RuleFailed(f"a trade of {quantity} units")
    if not seller.limit_price <= trade.price <= buyer.limit_price:
        raise RuleFailed(f"a trade at {trade.price} between {seller.limit_price} and {buyer.limit_price}")
    value = trade_value(trade.price, quantity, terms.tick_value)
    held_for_it = trade_value(buyer.limit_price, quantity, terms.tick_value)

    freed = _cash_held_for_charge(terms, seller)
    entries = [
        Entry(buyer.account, terms.cash, -value - buyer.charge_outstanding, -held_for_it - buyer.charge_outstanding),
        Entry(seller.account, terms.cash, value - seller.charge_outstanding, -freed),
        Entry(seller.account, trade.instrument, -quantity, -quantity),
        Entry(buyer.account, trade.instrument, quantity, 0),
    ]
    charges = buyer.charge_outstanding + seller.charge_outstanding
    if charges > 0:
        entries.append(Entry(_charge_account(state, trade.instrument), terms.cash, charges, 0))
    holdings.post(state, entries)


def _cash_held_for_charge(terms: ListedTerms, seller: TradeSide) -> Money:
    """What a seller's first fill frees: its charge comes out of the proceeds now."""
    if seller.charge_outstanding == 0:
        return Money(0)
    charge = seller.charge_outstanding
    return questions.worst_case_hold(terms, Side.SELL, seller.limit_price, terms.lot_size, charge).cash


def _charge_account(state: State, instrument: InstrumentId) -> AccountId:
    schedule = CHARGE_SCHEDULES.get(state, instrument)
    if schedule is None:
        raise RuleFailed(f"instrument {instrument} has no charge")
    return schedule.account


def _change_held(state: State, account: AccountId, instrument: InstrumentId, change: int) -> None:
    if change > 0:
        holdings.hold(state, account, instrument, Units(change))
    elif change < 0:
        holdings.release(state, account, instrument, Units(-change))


def _terms(state: State, instrument: InstrumentId) -> ListedTerms:
    terms = instruments.terms(state, instrument)
    if terms is None:
        raise RuleFailed(f"instrument {instrument} is not listed")
    return terms
