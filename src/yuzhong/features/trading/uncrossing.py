"""The end of a call auction: a frozen book trades at one price, fixed at the start, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator

from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId, InstrumentSession, ListedTerms, Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading import auction
from yuzhong.features.trading.book import (
    Desk,
    expire,
    first_in_line,
    is_valid,
    levels,
    take_rank,
    with_fresh_slice,
)
from yuzhong.features.trading.matching import execute
from yuzhong.features.trading.outcomes import AuctionUncrossed
from yuzhong.features.trading.tables import ORDERS
from yuzhong.features.trading.types import Aggressor, Order, OrderNumber, Uncross
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.numbers import Millis, Ticks, Units
from yuzhong.ledger.records import changed
from yuzhong.ledger.state import State

SLICE = 1_000
"""Trades, and expired orders cleared out of their way, that one block makes."""


def result(
    state: State, instrument: InstrumentId, terms: ListedTerms, session: InstrumentSession, now: Millis
) -> auction.Uncrossing | None:
    """What uncrossing the book does now: the indicative price and the real one are this one function (TRADING-019)."""
    reference = session.reference_price
    if session.phase is not Phase.OPENING_AUCTION and session.last_price is not None:
        reference = session.last_price
    tie_rule = instruments.profile(state, terms.profile).tie_rule
    buys, sells = (_depth(state, instrument, side, now) for side in (Side.BUY, Side.SELL))
    return auction.uncross(buys, sells, tie_rule, reference)


def start(desk: Desk, session: InstrumentSession, phase: Phase) -> Uncross:
    """Fix price and volume, and say them."""
    found = result(desk.state, desk.instrument, desk.terms, session, desk.now)
    if found is None:
        desk.events.append(AuctionUncrossed(desk.instrument, None, Units(0), Units(0), None))
        return Uncross(None, Units(0), desk.now, phase)
    said = AuctionUncrossed(desk.instrument, found.price, found.matched, found.unmatched, found.unmatched_side)
    desk.events.append(said)
    return Uncross(found.price, found.matched, desk.now, phase)


def go_on(desk: Desk, uncross: Uncross) -> Uncross | None:
    """Trade one slice: buyers and sellers each by price, then time, icebergs with all they have (TRADING-020).

    Returns what is left to do, None where all is done.
    """
    remaining = uncross.remaining
    while desk.steps < SLICE:
        buyer, seller = first_in_line(desk, Side.BUY), first_in_line(desk, Side.SELL)
        if remaining == 0 and not _crossed(buyer, seller):
            _show_again(desk, buyer, seller)
            return None
        desk.steps += 1
        if buyer is None or seller is None:
            raise RuleFailed(f"instrument {desk.instrument} has less to trade than its auction found")
        if not is_valid(buyer[1], uncross.started_at):
            expire(desk, *buyer)
        elif not is_valid(seller[1], uncross.started_at):
            expire(desk, *seller)
        else:
            remaining = _trade(desk, buyer, seller, uncross.price, remaining)
    return changed(uncross, remaining=remaining)


def _trade(
    desk: Desk, buyer: tuple[OrderNumber, Order], seller: tuple[OrderNumber, Order], price: Ticks | None, most: Units
) -> Units:
    """One trade; returns how much is left to trade after it."""
    quantity = min(buyer[1].leaves_qty, seller[1].leaves_qty, most)
    if price is None or quantity == 0:
        raise RuleFailed(f"instrument {desk.instrument} is crossed beyond what its auction found")
    bought, sold = execute(desk, buyer, seller, price, quantity, Aggressor.AUCTION)
    ORDERS.put(desk.state, desk.instrument, buyer[0], row=bought)
    ORDERS.put(desk.state, desk.instrument, seller[0], row=sold)
    return Units(most - quantity)


def _show_again(desk: Desk, *fronts: tuple[OrderNumber, Order] | None) -> None:
    """Give an iceberg that used up its slice a fresh one: only the first in line can be filled in part."""
    for front in fronts:
        if front is not None and front[1].shown_qty == 0:
            ORDERS.put(desk.state, desk.instrument, front[0], row=with_fresh_slice(front[1], take_rank(desk)))


def _crossed(buyer: tuple[OrderNumber, Order] | None, seller: tuple[OrderNumber, Order] | None) -> bool:
    return buyer is not None and seller is not None and buyer[1].price >= seller[1].price


def _depth(state: State, instrument: InstrumentId, side: Side, now: Millis) -> Iterator[tuple[Ticks, Units]]:
    """All that valid orders have left, hidden quantities included, at each price."""
    for level in levels(state, instrument, side):
        leaves = sum(
            quantity.leaves
            for expires_at, quantity in level.quantities.items()
            if expires_at is None or now < expires_at
        )
        if leaves > 0:
            yield level.price, Units(leaves)
