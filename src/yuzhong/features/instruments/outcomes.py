"""What comes of transactions on instruments: events, and rejections in order of precedence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
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
class ProfileRegistered:
    """A rule profile may be named by instruments."""

    TAG: ClassVar[int] = 1251
    profile: ProfileId
    name: ProfileName
    tie_rule: TieRule
    effective_from: Millis
    source: ProfileSource


@dataclass(frozen=True, slots=True)
class InstrumentRegistered:
    """An instrument may be issued; a listed one is closed until market control opens it."""

    TAG: ClassVar[int] = 1252
    instrument: InstrumentId
    kind: InstrumentKind
    symbol: Symbol
    name: InstrumentName
    issuer: PartyId
    limit: Units
    decimals: Decimals
    terms: ListedTerms | None


class RegisterProfileRejection(IntEnum):
    """Why a profile is not registered."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 120101
    SIGNER_MUST_BE_OPERATOR = 120102
    PROFILE_MUST_BE_NEW = 120103
    NAME_MUST_NOT_BE_EMPTY = 120104
    SOURCE_MUST_NOT_BE_EMPTY = 120105


class RegisterInstrumentRejection(IntEnum):
    """Why an instrument is not registered."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 120201
    SIGNER_MUST_BE_OPERATOR = 120202
    INSTRUMENT_MUST_BE_NEW = 120203
    SYMBOL_MUST_NOT_BE_EMPTY = 120204
    SYMBOL_MUST_BE_NEW = 120205
    NAME_MUST_NOT_BE_EMPTY = 120206
    LIMIT_MUST_BE_POSITIVE = 120207
    ISSUER_MUST_HOLD_ROLE = 120208
    TERMS_MUST_FIT_KIND = 120209
    CASH_MUST_BE_CASH_INSTRUMENT = 120210
    TICK_VALUE_MUST_BE_POSITIVE = 120211
    LOT_SIZE_MUST_BE_POSITIVE = 120212
    PROFILE_MUST_BE_IN_FORCE = 120213
