"""What `instruments` remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from yuzhong.features.instruments.types import Instrument, InstrumentId, InstrumentSession, Profile
from yuzhong.ledger.tables import Table


@dataclass(frozen=True, slots=True)
class SymbolOwner:
    """Whose symbol it is."""

    TAG: ClassVar[int] = 1
    instrument: InstrumentId


INSTRUMENTS = Table(
    3073,
    "instruments",
    ("instrument:u32",),
    Instrument,
    bounded_by="one row an instrument that the operator registered",
    leaves="never: its number and symbol are not used again",
)

SESSIONS = Table(
    3074,
    "instrument_sessions",
    ("instrument:u32",),
    InstrumentSession,
    bounded_by="one row a listed instrument",
    leaves="never, as its instrument",
)

PROFILES = Table(
    3075,
    "profiles",
    ("profile:u16",),
    Profile,
    bounded_by="one row a profile that the operator registered, at most 65535",
    leaves="never: instruments and records refer to it",
)

SYMBOLS = Table(
    3076,
    "symbols",
    ("symbol:b16",),
    SymbolOwner,
    bounded_by="one row an instrument",
    leaves="never, as its instrument",
)
"""The key is the symbol's UTF-8 bytes, filled up with zero bytes, which no text contains."""
