"""What trading does through `settlement` after its checks: hold, adjust, settle. Prefunded: what is held suffices."""

from __future__ import annotations

from yuzhong.features.holdings import actions as holdings
from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId, ListedTerms
from yuzhong.features.settlement import questions
from yuzhong.features.settlement.tables import CHARGE_SCHEDULES
from yuzhong.features.settlement.types import NOTHING, Hold, Side, Trade, TradeSide
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.numbers import Units, trade_value
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
    if not seller.limit_price <= trade.price <= buyer.limit_price:
        raise RuleFailed(f"a trade at {trade.price} between {seller.limit_price} and {buyer.limit_price}")
    value = trade_value(trade.price, quantity, terms.tick_value)
    held_for_it = trade_value(buyer.limit_price, quantity, terms.tick_value)

    _change_held(state, buyer.account, terms.cash, value - held_for_it)
    if value > 0:
        holdings.deliver(state, buyer.account, seller.account, terms.cash, Units(value), from_held=True)
    _pay_charge(state, trade.instrument, terms, buyer, from_held=True)
    _release_charge(state, terms, seller)
    _pay_charge(state, trade.instrument, terms, seller, from_held=False)
    holdings.deliver(state, seller.account, buyer.account, trade.instrument, quantity, from_held=True)


def _pay_charge(
    state: State, instrument: InstrumentId, terms: ListedTerms, side: TradeSide, *, from_held: bool
) -> None:
    if side.charge_outstanding > 0:
        schedule = CHARGE_SCHEDULES.get(state, instrument)
        if schedule is None:
            raise RuleFailed(f"instrument {instrument} has no charge")
        amount = Units(side.charge_outstanding)
        holdings.deliver(state, side.account, schedule.account, terms.cash, amount, from_held=from_held)


def _release_charge(state: State, terms: ListedTerms, seller: TradeSide) -> None:
    """A seller's charge comes out of the proceeds now: free what was held for it."""
    if seller.charge_outstanding > 0:
        one_lot = terms.lot_size
        held = questions.worst_case_hold(terms, Side.SELL, seller.limit_price, one_lot, seller.charge_outstanding)
        _change_held(state, seller.account, terms.cash, -held.cash)


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
