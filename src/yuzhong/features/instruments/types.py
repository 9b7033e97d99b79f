"""Words of `instruments` that other features may use: ids, phases, statuses, and the rows behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NewType

from yuzhong.ledger.numbers import Length, Millis, Money, PartyId, Range, Ticks, Units

InstrumentId = NewType("InstrumentId", int)
"""An instrument's number, chosen by the operator."""
ProfileId = NewType("ProfileId", int)
"""A rule profile's number, chosen by the operator."""
Symbol = NewType("Symbol", str)
"""A short code that no other instrument has, e.g. "600001" or "CNY"; at most 16 bytes."""
InstrumentName = NewType("InstrumentName", str)
"""A name for people, e.g. "榆中水务"."""
Decimals = NewType("Decimals", int)
"""How many digits stand after the point when the number is shown, e.g. 2 for CNY."""
TickSize = NewType("TickSize", int)
"""The smallest price step in 10^-decimals, e.g. 1 with two decimals for CNY 0.01, 25 for 0.25 points."""
ProfileName = NewType("ProfileName", str)
"""A profile's name, e.g. "sandbox"."""
ProfileSource = NewType("ProfileSource", str)
"""The law, rule book or document that a profile's figures come from."""

BOUNDS = {
    InstrumentId: Range(1, 2**32 - 1),
    ProfileId: Range(1, 2**16 - 1),
    Symbol: Length(0, 16),
    InstrumentName: Length(0, 120),
    Decimals: Range(0, 18),
    TickSize: Range(1, 10**18),
    ProfileName: Length(0, 40),
    ProfileSource: Length(0, 400),
}


class InstrumentKind(IntEnum):
    """What an instrument is."""

    CASH = 1
    """Money on account at a settlement bank, unit for unit."""
    LISTED = 2
    """Admitted to trading."""


class Phase(IntEnum):
    """Where a listed instrument stands in its trading day."""

    PRE_TRADING = 1
    OPENING_AUCTION = 2
    CONTINUOUS = 3
    CLOSING_AUCTION = 4
    POST_TRADING = 5
    VOLATILITY_AUCTION = 6
    BREAK = 7
    CLOSED = 8


class InstrumentStatus(IntEnum):
    """Whether a listed instrument may trade at all, whatever its phase."""

    TRADING = 1
    HALTED = 2
    SUSPENDED = 3
    DELISTED = 4
    """For ever."""


class TieRule(IntEnum):
    """Which price a call auction takes where several match the greatest volume."""

    SHANGHAI = 1
    """The middle of them."""
    SHENZHEN = 2
    """The nearest to the reference price."""


@dataclass(frozen=True, slots=True)
class ListedTerms:
    """How a listed instrument is traded."""

    TAG: ClassVar[int] = 1281
    cash: InstrumentId
    """The cash instrument that pays for it."""
    tick_value: Money
    """What one tick of one unit is worth in the cash instrument's smallest unit, e.g. 1 where a tick is CNY 0.01."""
    tick_size: TickSize
    lot_size: Units
    """Orders are for whole lots, e.g. 100."""
    profile: ProfileId


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument, with how much of it exists."""

    TAG: ClassVar[int] = 1
    kind: InstrumentKind
    symbol: Symbol
    name: InstrumentName
    issuer: PartyId
    issued: Units
    """What exists now: issued less retired."""
    limit: Units
    """The most that may exist."""
    decimals: Decimals
    """Of the price where it is listed, of the amount where it is cash; for people who read it."""
    terms: ListedTerms | None
    """None for cash."""


@dataclass(frozen=True, slots=True)
class InstrumentSession:
    """A listed instrument's moving facts. Prices are None until they are known."""

    TAG: ClassVar[int] = 1
    phase: Phase
    status: InstrumentStatus
    last_price: Ticks | None
    reference_price: Ticks | None
    high_limit_price: Ticks | None
    low_limit_price: Ticks | None


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of a market, as data."""

    TAG: ClassVar[int] = 1
    name: ProfileName
    tie_rule: TieRule
    effective_from: Millis
    """First ledger time at which an instrument may be registered under it."""
    source: ProfileSource
