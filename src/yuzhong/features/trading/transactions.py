"""What may be asked of `trading`. Names are FIX's; prices are in ticks, quantities in units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments.types import InstrumentId, Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.types import Capacity, ClOrdId, OrdType, TimeInForce
from yuzhong.ledger.numbers import Ticks, Units


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Place an order on an account, by its owner or, authorized by the owner, by the account's member."""

    TAG: ClassVar[int] = 1801
    cl_ord_id: ClOrdId
    account: AccountId
    instrument: InstrumentId
    side: Side
    ord_type: OrdType
    price: Ticks
    """The limit, e.g. 1234 for CNY 12.34 where a tick is CNY 0.01."""
    order_qty: Units
    display_qty: Units | None
    """The most to show at a time (an iceberg); None shows all."""
    time_in_force: TimeInForce
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """Give an open order a new price and a new quantity that may still trade."""

    TAG: ClassVar[int] = 1802
    account: AccountId
    cl_ord_id: ClOrdId
    price: Ticks
    leaves_qty: Units
    """What may still trade from now on, whatever has traded before."""
    expected_cum_qty: Units | None
    """If given, so much must have traded, no more: a gateway takes it off FIX's total quantity to get `leaves_qty`."""


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel what is left of an open order."""

    TAG: ClassVar[int] = 1803
    account: AccountId
    cl_ord_id: ClOrdId


@dataclass(frozen=True, slots=True)
class ChangePhase:
    """Move an instrument to another phase; leaving a call auction uncrosses its book. By market control."""

    TAG: ClassVar[int] = 1804
    instrument: InstrumentId
    phase: Phase


@dataclass(frozen=True, slots=True)
class HaltInstrument:
    """Stop an instrument's trading; its orders stay and may be cancelled. By market control."""

    TAG: ClassVar[int] = 1805
    instrument: InstrumentId


@dataclass(frozen=True, slots=True)
class ResumeInstrument:
    """Let a halted instrument trade again. By market control."""

    TAG: ClassVar[int] = 1806
    instrument: InstrumentId
