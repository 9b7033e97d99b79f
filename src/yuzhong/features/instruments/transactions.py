"""What may be asked of `instruments`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from yuzhong.features.instruments.types import (
    Decimals,
    InstrumentId,
    InstrumentKind,
    InstrumentName,
    ListedTerms,
    ProfileId,
    ProfileName,
    ProfileSource,
    Symbol,
    TieRule,
)
from yuzhong.ledger.numbers import Millis, PartyId, Units


@dataclass(frozen=True, slots=True)
class RegisterProfile:
    """The operator registers a rule profile; a changed one gets a new number."""

    TAG: ClassVar[int] = 1201
    profile: ProfileId
    name: ProfileName
    tie_rule: TieRule
    effective_from: Millis
    source: ProfileSource


@dataclass(frozen=True, slots=True)
class RegisterInstrument:
    """The operator registers an instrument, of which nothing exists yet."""

    TAG: ClassVar[int] = 1202
    instrument: InstrumentId
    kind: InstrumentKind
    symbol: Symbol
    name: InstrumentName
    issuer: PartyId
    """A settlement bank for cash, an issuer for a listed instrument."""
    limit: Units
    """The most that may ever exist at one time."""
    decimals: Decimals
    terms: ListedTerms | None
    """Of a listed instrument; None for cash."""
