"""Words of `trading` that other features may use: ids, kinds of orders, their states, and the rows behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NewType

from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.ledger.numbers import Length, Millis, Money, PartyId, Range, Salt, Ticks, Units

OrderNumber = NewType("OrderNumber", int)
"""The venue's number of an order among those of its instrument, from 1; with the instrument it is the order_id."""
ClOrdId = NewType("ClOrdId", str)
"""The client's own id of an order, at most 36 bytes, e.g. a UUID; unique among its owner's while its row exists."""
Rank = NewType("Rank", int)
"""Time priority in an instrument's book: the smaller stands first at its price; no two orders share one."""
TradeNumber = NewType("TradeNumber", int)
"""A trade's number among those of its instrument, from 1."""

BOUNDS = {
    OrderNumber: Range(1, 2**62 - 1),
    ClOrdId: Length(0, 36),
    Rank: Range(1, 2**62 - 1),
    TradeNumber: Range(1, 2**62 - 1),
}


class OrdType(IntEnum):
    """How an order names its price."""

    LIMIT = 1
    """At this price or better."""


class TimeInForce(IntEnum):
    """How long an order stays valid."""

    DAY = 1
    """Until its trade date turns."""
    GTC = 2
    """Until it is cancelled."""
    IOC = 4
    """What does not fill at once is cancelled."""
    FOK = 5
    """Fills wholly at once, or not at all."""


class Capacity(IntEnum):
    """In which capacity the member acts."""

    AGENCY = 1
    PRINCIPAL = 2
    MARKET_MAKING = 3


class OrdStatus(IntEnum):
    """Where an order stands."""

    NEW = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    CANCELED = 4
    EXPIRED = 6


class CancelReason(IntEnum):
    """Why an order was cancelled."""

    REQUESTED = 1
    """By its owner or the member that acts for him."""
    NOT_FILLED_AT_ONCE = 2
    """What was left of an IOC order."""
    NOT_WHOLLY_FILLABLE = 3
    """An FOK order that the book could not fill."""
    FILLS_LIMIT = 4
    """What was left after the most fills that one order may cause."""


class Liquidity(IntEnum):
    """An order's part in a trade."""

    ADDED = 1
    """It rested in the book."""
    REMOVED = 2
    """It came and took."""
    AUCTION = 3
    """Both sides of a call auction."""


class Aggressor(IntEnum):
    """Which side caused a trade."""

    BUY = 1
    SELL = 2
    AUCTION = 3


@dataclass(frozen=True, slots=True)
class Order:
    """One order, open or closed. All that decides its outcome stands here."""

    TAG: ClassVar[int] = 1
    owner: PartyId
    account: AccountId
    member: PartyId
    capacity: Capacity
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    price: Ticks
    order_qty: Units
    """All that was asked for: what has traded and, while the order is open, what may still trade."""
    cum_qty: Units
    """What has traded."""
    leaves_qty: Units
    """What may still trade; 0 once the order is closed."""
    display_qty: Units | None
    """The most that an iceberg shows at a time; None shows all."""
    shown_qty: Units
    """What of `leaves_qty` shows now: of an iceberg the slice that is left; 0 once the order is closed."""
    rank: Rank
    expires_at: Millis | None
    """Ledger time from which it may not trade any more; None: it does not expire."""
    status: OrdStatus
    cl_ord_id: ClOrdId
    salt: Salt
    """Of the transaction that placed it: blinds what happens to it later."""
    charge_outstanding: Money
    """The flat charge to be taken with its first fill; 0 once taken."""
    closed_at: Millis | None
    """None while it is open."""


@dataclass(frozen=True, slots=True)
class Uncross:
    """An uncrossing that goes on over several blocks, the book frozen meanwhile."""

    TAG: ClassVar[int] = 1881
    price: Ticks | None
    """At which everything trades; None where nothing does and only expired orders stand in the way."""
    remaining: Units
    """What is still to trade."""
    started_at: Millis
    """Orders that were valid at this ledger time take part."""
    phase: Phase
    """Into which the instrument goes when all is done."""


@dataclass(frozen=True, slots=True)
class Book:
    """The counters of an instrument's book, and what it is in the middle of."""

    TAG: ClassVar[int] = 1
    next_number: OrderNumber
    next_rank: Rank
    next_trade: TradeNumber
    sweep_at: Millis | None
    """When orders' ends are looked for next; None where there is no order at all."""
    uncross: Uncross | None
