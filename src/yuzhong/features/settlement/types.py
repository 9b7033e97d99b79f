"""Words of `settlement` that other features may use: sides, what an order holds, and a trade to be fulfilled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.numbers import Money, Ticks, Units


class Side(IntEnum):
    """Which way an order goes."""

    BUY = 1
    SELL = 2


@dataclass(frozen=True, slots=True)
class Hold:
    """What an order keeps from other use on its account. Not a row: it follows from the order."""

    cash: Money
    units: Units


NOTHING = Hold(Money(0), Units(0))
"""What a closed order holds."""


@dataclass(frozen=True, slots=True)
class TradeSide:
    """One order's part in a trade."""

    account: AccountId
    limit_price: Ticks
    """The order's own price, at which its cash is held."""
    charge_outstanding: Money
    """The order's flat charge, if this is its first fill, else 0."""


@dataclass(frozen=True, slots=True)
class Trade:
    """Units against cash at one price, to be settled at once."""

    instrument: InstrumentId
    price: Ticks
    quantity: Units
    buyer: TradeSide
    seller: TradeSide


@dataclass(frozen=True, slots=True)
class ChargeSchedule:
    """What an order in one instrument costs, and who gets it."""

    TAG: ClassVar[int] = 1
    per_order: Money
    """Flat, once with an order's first fill, e.g. 500 for CNY 5.00; 0 for none."""
    account: AccountId
    """Where charges are paid to; stays open while it is named here."""
