"""Continuous trading: an incoming order takes from the book by price, then time, each fill settled at once."""

from __future__ import annotations

from collections import deque

from yuzhong.features.settlement import actions as settlement
from yuzhong.features.settlement.types import Side, Trade, TradeSide
from yuzhong.features.trading.book import (
    OPPOSITE,
    Desk,
    cancel,
    expire,
    first_in_line,
    is_valid,
    levels,
    read_order,
    take_rank,
    with_fresh_slice,
)
from yuzhong.features.trading.outcomes import OrderExecuted, TradeReported
from yuzhong.features.trading.tables import ORDERS
from yuzhong.features.trading.types import (
    Aggressor,
    CancelReason,
    Liquidity,
    Order,
    OrderNumber,
    OrdStatus,
    TimeInForce,
    TradeNumber,
)
from yuzhong.ledger.numbers import Millis, Money, Ticks, Units
from yuzhong.ledger.outcomes import About
from yuzhong.ledger.records import changed

FILLS_MAX = 1_000
"""Trades that one order may cause, expired orders that it meets included."""

AGGRESSOR = {Side.BUY: Aggressor.BUY, Side.SELL: Aggressor.SELL}


def match(desk: Desk, number: OrderNumber, order: Order) -> None:
    """Trade an incoming order, then let the rest of it stand in the book or cancel it (TRADING-012, TRADING-015).

    The order's hold is in place already; its row is written here, once.
    """
    if order.time_in_force is TimeInForce.FOK and not is_wholly_fillable(desk, order):
        cancel(desk, number, order, CancelReason.NOT_WHOLLY_FILLABLE)
        return
    order = _take(desk, number, order)
    if order.leaves_qty == 0:
        ORDERS.put(desk.state, desk.instrument, number, row=order)
    elif order.time_in_force is TimeInForce.IOC:
        cancel(desk, number, order, CancelReason.NOT_FILLED_AT_ONCE)
    elif desk.steps == FILLS_MAX and _best_opposite(desk, order) is not None:
        cancel(desk, number, order, CancelReason.FILLS_LIMIT)
    else:
        rest(desk, number, order)


def rest(desk: Desk, number: OrderNumber, order: Order) -> None:
    """Let an order stand in the book at its rank."""
    ORDERS.put(desk.state, desk.instrument, number, row=with_fresh_slice(order, order.rank))


def is_wholly_fillable(desk: Desk, order: Order) -> bool:
    """Whether the book fills the order wholly within the most fills it may cause (TRADING-015). Changes nothing."""
    needed: int = order.leaves_qty
    steps = 0
    for level in levels(desk.state, desk.instrument, OPPOSITE[order.side]):
        if not _crosses(order, level.price):
            return False
        # More orders than there are steps left can not have their turn.
        queue = deque(_slices(desk, number) for _, number in level.queue[: FILLS_MAX - steps])
        while queue:
            leaves, shown, display = queue.popleft()
            steps += 1
            needed -= shown
            if needed <= 0:
                return True
            if steps == FILLS_MAX:
                return False
            if leaves > shown and display is not None:
                queue.append((Units(leaves - shown), min(display, Units(leaves - shown)), display))
    return False


def execute(
    desk: Desk,
    buyer: tuple[OrderNumber, Order],
    seller: tuple[OrderNumber, Order],
    price: Ticks,
    quantity: Units,
    aggressor: Aggressor,
) -> tuple[Order, Order]:
    """Settle and report one trade (TRADING-014). Returns both orders after it; the caller writes their rows."""
    bought, sold = buyer[1], seller[1]
    sides = (
        TradeSide(bought.account, bought.price, bought.charge_outstanding),
        TradeSide(sold.account, sold.price, sold.charge_outstanding),
    )
    settlement.settle_trade(desk.state, Trade(desk.instrument, price, quantity, *sides))
    trade = desk.next_trade
    desk.next_trade = TradeNumber(trade + 1)
    desk.last_price = price
    after = []
    for (number, before), side in ((buyer, Aggressor.BUY), (seller, Aggressor.SELL)):
        order = _filled(before, quantity, desk.now)
        liquidity = Liquidity.REMOVED if aggressor is side else Liquidity.ADDED
        event = OrderExecuted(
            desk.instrument,
            number,
            order.cl_ord_id,
            order.account,
            order.side,
            trade,
            price,
            quantity,
            order.cum_qty,
            order.leaves_qty,
            before.charge_outstanding,
            Liquidity.AUCTION if aggressor is Aggressor.AUCTION else liquidity,
        )
        desk.events.append(About(order.salt, event))
        after.append(order)
    desk.events.append(TradeReported(desk.instrument, trade, price, quantity, aggressor))
    return after[0], after[1]


def _slices(desk: Desk, number: OrderNumber) -> tuple[Units, Units, Units | None]:
    """What a resting order has left, shows, and shows at most; nothing once it has expired."""
    order = read_order(desk.state, desk.instrument, number)
    return (
        (order.leaves_qty, order.shown_qty, order.display_qty)
        if is_valid(order, desk.now)
        else (Units(0), Units(0), None)
    )


def _take(desk: Desk, number: OrderNumber, order: Order) -> Order:
    while order.leaves_qty > 0 and desk.steps < FILLS_MAX:
        found = _best_opposite(desk, order)
        if found is None:
            break
        desk.steps += 1
        resting_number, resting = found
        if not is_valid(resting, desk.now):
            expire(desk, resting_number, resting)
            continue
        quantity = min(order.leaves_qty, resting.shown_qty)
        aggressor = AGGRESSOR[order.side]
        if order.side is Side.BUY:
            order, resting = execute(desk, (number, order), found, resting.price, quantity, aggressor)
        else:
            resting, order = execute(desk, found, (number, order), resting.price, quantity, aggressor)
        if resting.leaves_qty > 0 and resting.shown_qty == 0:
            resting = with_fresh_slice(resting, take_rank(desk))
        ORDERS.put(desk.state, desk.instrument, resting_number, row=resting)
    return order


def _best_opposite(desk: Desk, order: Order) -> tuple[OrderNumber, Order] | None:
    """The first in line on the other side, if its price is good enough for this order."""
    found = first_in_line(desk, OPPOSITE[order.side])
    return found if found is not None and _crosses(order, found[1].price) else None


def _crosses(order: Order, price: Ticks) -> bool:
    return price <= order.price if order.side is Side.BUY else price >= order.price


def _filled(order: Order, quantity: Units, now: Millis) -> Order:
    """An order after one of its fills. An iceberg may then show 0 of what it has left."""
    leaves = Units(order.leaves_qty - quantity)
    shown = max(0, order.shown_qty - quantity) if leaves > 0 else 0
    return changed(
        order,
        cum_qty=Units(order.cum_qty + quantity),
        leaves_qty=leaves,
        shown_qty=Units(shown),
        status=OrdStatus.PARTIALLY_FILLED if leaves > 0 else OrdStatus.FILLED,
        charge_outstanding=Money(0),
        closed_at=None if leaves > 0 else now,
    )
