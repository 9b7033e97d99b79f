"""The law of instruments, one function a transaction."""

from __future__ import annotations

from yuzhong.features.instruments.checks import kind_refusal, name_refusal
from yuzhong.features.instruments.outcomes import (
    InstrumentRegistered,
    ProfileRegistered,
    RegisterInstrumentRejection,
    RegisterProfileRejection,
)
from yuzhong.features.instruments.questions import ISSUER_ROLE
from yuzhong.features.instruments.tables import INSTRUMENTS, PROFILES, SESSIONS, SYMBOLS, SymbolOwner
from yuzhong.features.instruments.transactions import RegisterInstrument, RegisterProfile
from yuzhong.features.instruments.types import Instrument, InstrumentSession, InstrumentStatus, Phase, Profile
from yuzhong.features.parties.questions import has_role, key_may, signer_is
from yuzhong.features.parties.types import Permission, Role
from yuzhong.ledger.feature import Context
from yuzhong.ledger.numbers import Units
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State

NEW_SESSION = InstrumentSession(Phase.CLOSED, InstrumentStatus.TRADING, None, None, None, None)
"""Closed until market control opens it (INSTRUMENTS-005)."""


def register_profile(state: State, tx: RegisterProfile, context: Context) -> Outcome:
    """Enter a rule profile with its source (INSTRUMENTS-001, INSTRUMENTS-008)."""
    # READ
    known = PROFILES.get(state, tx.profile)

    # CHECK, in the order of RegisterProfileRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(RegisterProfileRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not signer_is(state, context, Role.OPERATOR):
        return Rejected(RegisterProfileRejection.SIGNER_MUST_BE_OPERATOR)
    if known is not None:
        return Rejected(RegisterProfileRejection.PROFILE_MUST_BE_NEW)
    if tx.name == "":
        return Rejected(RegisterProfileRejection.NAME_MUST_NOT_BE_EMPTY)
    if tx.source == "":
        return Rejected(RegisterProfileRejection.SOURCE_MUST_NOT_BE_EMPTY)

    # From here on the transaction must succeed.
    # WRITE
    PROFILES.put(state, tx.profile, row=Profile(tx.name, tx.tie_rule, tx.effective_from, tx.source))

    # EMIT
    return Accepted(ProfileRegistered(tx.profile, tx.name, tx.tie_rule, tx.effective_from, tx.source))


def register_instrument(state: State, tx: RegisterInstrument, context: Context) -> Outcome:
    """Enter an instrument (INSTRUMENTS-001, INSTRUMENTS-002, INSTRUMENTS-003, INSTRUMENTS-004, INSTRUMENTS-005)."""
    # READ
    known = INSTRUMENTS.get(state, tx.instrument)

    # CHECK, in the order of RegisterInstrumentRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(RegisterInstrumentRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not signer_is(state, context, Role.OPERATOR):
        return Rejected(RegisterInstrumentRejection.SIGNER_MUST_BE_OPERATOR)
    if known is not None:
        return Rejected(RegisterInstrumentRejection.INSTRUMENT_MUST_BE_NEW)
    refusal = name_refusal(state, tx)
    if refusal is not None:
        return Rejected(refusal)
    if tx.limit == 0:
        return Rejected(RegisterInstrumentRejection.LIMIT_MUST_BE_POSITIVE)
    if not has_role(state, tx.issuer, ISSUER_ROLE[tx.kind]):
        return Rejected(RegisterInstrumentRejection.ISSUER_MUST_HOLD_ROLE)
    refusal = kind_refusal(state, tx, context.time)
    if refusal is not None:
        return Rejected(refusal)

    # From here on the transaction must succeed.
    # WRITE
    row = Instrument(tx.kind, tx.symbol, tx.name, tx.issuer, Units(0), tx.limit, tx.decimals, tx.terms)
    INSTRUMENTS.put(state, tx.instrument, row=row)
    SYMBOLS.put(state, tx.symbol.encode(), row=SymbolOwner(tx.instrument))
    if tx.terms is not None:
        SESSIONS.put(state, tx.instrument, row=NEW_SESSION)

    # EMIT
    return Accepted(
        InstrumentRegistered(tx.instrument, tx.kind, tx.symbol, tx.name, tx.issuer, tx.limit, tx.decimals, tx.terms)
    )
