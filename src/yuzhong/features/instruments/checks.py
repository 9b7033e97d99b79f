"""Checks that are part of registering an instrument: its names, and a listed one's terms."""

from __future__ import annotations

from yuzhong.features.instruments.outcomes import RegisterInstrumentRejection
from yuzhong.features.instruments.tables import INSTRUMENTS, PROFILES, SYMBOLS
from yuzhong.features.instruments.transactions import RegisterInstrument
from yuzhong.features.instruments.types import InstrumentKind, ListedTerms
from yuzhong.ledger.numbers import Millis
from yuzhong.ledger.state import State


def name_refusal(state: State, tx: RegisterInstrument) -> RegisterInstrumentRejection | None:
    """Why symbol and name do not do, or None (INSTRUMENTS-002)."""
    if tx.symbol == "":
        return RegisterInstrumentRejection.SYMBOL_MUST_NOT_BE_EMPTY
    if SYMBOLS.get(state, tx.symbol.encode()) is not None:
        return RegisterInstrumentRejection.SYMBOL_MUST_BE_NEW
    if tx.name == "":
        return RegisterInstrumentRejection.NAME_MUST_NOT_BE_EMPTY
    return None


def kind_refusal(state: State, tx: RegisterInstrument, time: Millis) -> RegisterInstrumentRejection | None:
    """Why the terms do not suit what is registered, or None (INSTRUMENTS-004)."""
    is_listed = tx.kind is InstrumentKind.LISTED
    if is_listed != (tx.terms is not None):
        return RegisterInstrumentRejection.TERMS_MUST_FIT_KIND
    return None if tx.terms is None else _terms_refusal(state, tx.terms, time)


def _terms_refusal(state: State, terms: ListedTerms, time: Millis) -> RegisterInstrumentRejection | None:
    cash = INSTRUMENTS.get(state, terms.cash)
    profile = PROFILES.get(state, terms.profile)
    if cash is None or cash.kind is not InstrumentKind.CASH:
        return RegisterInstrumentRejection.CASH_MUST_BE_CASH_INSTRUMENT
    if terms.tick_value == 0:
        return RegisterInstrumentRejection.TICK_VALUE_MUST_BE_POSITIVE
    if terms.lot_size == 0:
        return RegisterInstrumentRejection.LOT_SIZE_MUST_BE_POSITIVE
    if profile is None or time < profile.effective_from:
        return RegisterInstrumentRejection.PROFILE_MUST_BE_IN_FORCE
    return None
