"""What comes of trading: events, and rejections in the order in which they are checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments.types import InstrumentId, Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.types import (
    Aggressor,
    CancelReason,
    Capacity,
    ClOrdId,
    Liquidity,
    OrderNumber,
    OrdType,
    TimeInForce,
    TradeNumber,
)
from yuzhong.ledger.numbers import Millis, Money, PartyId, Ticks, Units


class PlaceOrderRejection(IntEnum):
    """Why an order was not taken."""

    KEY_MUST_BE_ALLOWED_TO_TRADE = 180101
    CL_ORD_ID_MUST_NOT_BE_EMPTY = 180102
    ACCOUNT_MUST_EXIST = 180103
    SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER = 180104
    ACCOUNT_MUST_BE_OPEN = 180105
    INSTRUMENT_MUST_BE_LISTED = 180106
    INSTRUMENT_MUST_BE_TRADING = 180107
    PHASE_MUST_TAKE_ORDER = 180108
    BOOK_MUST_NOT_BE_UNCROSSING = 180109
    PRICE_MUST_BE_POSITIVE = 180110
    ORDER_QTY_MUST_BE_POSITIVE = 180111
    ORDER_QTY_MUST_BE_WHOLE_LOTS = 180112
    DISPLAY_QTY_MUST_BE_POSITIVE = 180113
    DISPLAY_QTY_MUST_BE_WHOLE_LOTS = 180114
    DISPLAY_QTY_MUST_NOT_EXCEED_ORDER_QTY = 180115
    CL_ORD_ID_MUST_BE_UNUSED = 180116
    ORDER_VALUE_MUST_BE_IN_RANGE = 180117
    ORDER_VALUE_MUST_BE_WITHIN_LIMIT = 180118
    ACCOUNT_MUST_FUND_ORDER = 180119


class ReplaceOrderRejection(IntEnum):
    """Why an order was not replaced."""

    KEY_MUST_BE_ALLOWED_TO_TRADE = 180201
    ACCOUNT_MUST_EXIST = 180202
    SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER = 180203
    ORDER_MUST_EXIST = 180204
    ORDER_MUST_BE_OPEN = 180205
    INSTRUMENT_MUST_BE_TRADING = 180206
    PHASE_MUST_TAKE_ORDER = 180207
    BOOK_MUST_NOT_BE_UNCROSSING = 180208
    PRICE_MUST_BE_POSITIVE = 180209
    LEAVES_QTY_MUST_BE_POSITIVE = 180210
    LEAVES_QTY_MUST_BE_WHOLE_LOTS = 180211
    CUM_QTY_MUST_BE_AS_EXPECTED = 180212
    ORDER_VALUE_MUST_BE_IN_RANGE = 180213
    ORDER_VALUE_MUST_BE_WITHIN_LIMIT = 180214
    ACCOUNT_MUST_FUND_ORDER = 180215


class CancelOrderRejection(IntEnum):
    """Why an order was not cancelled."""

    KEY_MUST_BE_ALLOWED_TO_TRADE = 180301
    ACCOUNT_MUST_EXIST = 180302
    SIGNER_MUST_BE_OWNER_OR_AUTHORIZED_MEMBER = 180303
    ORDER_MUST_EXIST = 180304
    ORDER_MUST_BE_OPEN = 180305
    BOOK_MUST_NOT_BE_UNCROSSING = 180306


class ChangePhaseRejection(IntEnum):
    """Why the phase stayed as it was."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 180401
    SIGNER_MUST_BE_MARKET_CONTROL = 180402
    INSTRUMENT_MUST_BE_LISTED = 180403
    BOOK_MUST_NOT_BE_UNCROSSING = 180404
    PHASE_MUST_FOLLOW = 180405
    INSTRUMENT_MUST_BE_TRADING = 180406


class HaltInstrumentRejection(IntEnum):
    """Why an instrument was not halted."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 180501
    SIGNER_MUST_BE_MARKET_CONTROL = 180502
    INSTRUMENT_MUST_BE_LISTED = 180503
    INSTRUMENT_MUST_BE_TRADING = 180504
    BOOK_MUST_NOT_BE_UNCROSSING = 180505


class ResumeInstrumentRejection(IntEnum):
    """Why an instrument did not resume."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 180601
    SIGNER_MUST_BE_MARKET_CONTROL = 180602
    INSTRUMENT_MUST_BE_LISTED = 180603
    INSTRUMENT_MUST_BE_HALTED = 180604


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order was taken; what became of it at once follows."""

    TAG: ClassVar[int] = 1851
    instrument: InstrumentId
    order_id: OrderNumber
    cl_ord_id: ClOrdId
    owner: PartyId
    account: AccountId
    member: PartyId
    capacity: Capacity
    side: Side
    ord_type: OrdType
    price: Ticks
    order_qty: Units
    display_qty: Units | None
    time_in_force: TimeInForce
    expires_at: Millis | None
    """None: it does not expire."""


@dataclass(frozen=True, slots=True)
class OrderExecuted:
    """One order's side of a trade."""

    TAG: ClassVar[int] = 1852
    instrument: InstrumentId
    order_id: OrderNumber
    cl_ord_id: ClOrdId
    account: AccountId
    side: Side
    trade: TradeNumber
    last_px: Ticks
    last_qty: Units
    cum_qty: Units
    leaves_qty: Units
    charge: Money
    """Taken from this order's account with this trade."""
    liquidity: Liquidity


@dataclass(frozen=True, slots=True)
class TradeReported:
    """A trade as everybody sees it."""

    TAG: ClassVar[int] = 1853
    instrument: InstrumentId
    trade: TradeNumber
    price: Ticks
    quantity: Units
    aggressor: Aggressor


@dataclass(frozen=True, slots=True)
class OrderReplaced:
    """An order has a new price or quantity; what it traded at once follows."""

    TAG: ClassVar[int] = 1854
    instrument: InstrumentId
    order_id: OrderNumber
    cl_ord_id: ClOrdId
    account: AccountId
    price: Ticks
    order_qty: Units
    cum_qty: Units
    leaves_qty: Units
    keeps_priority: bool


@dataclass(frozen=True, slots=True)
class OrderCanceled:
    """What was left of an order is cancelled."""

    TAG: ClassVar[int] = 1855
    instrument: InstrumentId
    order_id: OrderNumber
    cl_ord_id: ClOrdId
    account: AccountId
    cum_qty: Units
    canceled_qty: Units
    reason: CancelReason


@dataclass(frozen=True, slots=True)
class OrderExpired:
    """An order's time is over."""

    TAG: ClassVar[int] = 1856
    instrument: InstrumentId
    order_id: OrderNumber
    cl_ord_id: ClOrdId
    account: AccountId
    cum_qty: Units
    expired_qty: Units


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """An instrument is in another phase."""

    TAG: ClassVar[int] = 1857
    instrument: InstrumentId
    before: Phase
    phase: Phase


@dataclass(frozen=True, slots=True)
class AuctionUncrossed:
    """A call auction found its price; the trades follow, in later blocks too where there are many."""

    TAG: ClassVar[int] = 1858
    instrument: InstrumentId
    price: Ticks | None
    """None where nothing could trade."""
    matched: Units
    unmatched: Units
    """What is left of those who would have traded at `price`."""
    unmatched_side: Side | None


@dataclass(frozen=True, slots=True)
class InstrumentHalted:
    """An instrument's trading has stopped."""

    TAG: ClassVar[int] = 1859
    instrument: InstrumentId


@dataclass(frozen=True, slots=True)
class InstrumentResumed:
    """A halted instrument trades again."""

    TAG: ClassVar[int] = 1860
    instrument: InstrumentId


EVENTS: tuple[type[object], ...] = (
    OrderPlaced,
    OrderExecuted,
    TradeReported,
    OrderReplaced,
    OrderCanceled,
    OrderExpired,
    PhaseChanged,
    AuctionUncrossed,
    InstrumentHalted,
    InstrumentResumed,
)
REJECTIONS: tuple[type[IntEnum], ...] = (
    PlaceOrderRejection,
    ReplaceOrderRejection,
    CancelOrderRejection,
    ChangePhaseRejection,
    HaltInstrumentRejection,
    ResumeInstrumentRejection,
)
