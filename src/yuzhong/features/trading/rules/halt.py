"""Halting an instrument, and letting it trade again."""

from __future__ import annotations

from yuzhong.features.instruments import actions as session_actions
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentStatus
from yuzhong.features.parties import questions as parties
from yuzhong.features.parties.types import Permission, Role
from yuzhong.features.trading.book import read_book
from yuzhong.features.trading.outcomes import (
    HaltInstrumentRejection,
    InstrumentHalted,
    InstrumentResumed,
    ResumeInstrumentRejection,
)
from yuzhong.features.trading.transactions import HaltInstrument, ResumeInstrument
from yuzhong.ledger.feature import Context
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State


def halt_instrument(state: State, tx: HaltInstrument, context: Context) -> Outcome:
    """Stop an instrument's trading: from now on it takes cancels only (TRADING-025)."""
    # READ
    terms = instruments.terms(state, tx.instrument)

    # CHECK, in the order of HaltInstrumentRejection
    if not parties.key_may(state, context, Permission.OPERATE):
        return Rejected(HaltInstrumentRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not parties.signer_is(state, context, Role.MARKET_CONTROL):
        return Rejected(HaltInstrumentRejection.SIGNER_MUST_BE_MARKET_CONTROL)
    if terms is None:
        return Rejected(HaltInstrumentRejection.INSTRUMENT_MUST_BE_LISTED)
    if instruments.session(state, tx.instrument).status is not InstrumentStatus.TRADING:
        return Rejected(HaltInstrumentRejection.INSTRUMENT_MUST_BE_TRADING)
    if read_book(state, tx.instrument).uncross is not None:
        return Rejected(HaltInstrumentRejection.BOOK_MUST_NOT_BE_UNCROSSING)

    # From here on the transaction must succeed.
    # WRITE
    session_actions.set_status(state, tx.instrument, InstrumentStatus.HALTED)

    # EMIT
    return Accepted(InstrumentHalted(tx.instrument))


def resume_instrument(state: State, tx: ResumeInstrument, context: Context) -> Outcome:
    """Let a halted instrument trade again, in the phase in which it stands (TRADING-025)."""
    # READ
    terms = instruments.terms(state, tx.instrument)

    # CHECK, in the order of ResumeInstrumentRejection
    if not parties.key_may(state, context, Permission.OPERATE):
        return Rejected(ResumeInstrumentRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not parties.signer_is(state, context, Role.MARKET_CONTROL):
        return Rejected(ResumeInstrumentRejection.SIGNER_MUST_BE_MARKET_CONTROL)
    if terms is None:
        return Rejected(ResumeInstrumentRejection.INSTRUMENT_MUST_BE_LISTED)
    if instruments.session(state, tx.instrument).status is not InstrumentStatus.HALTED:
        return Rejected(ResumeInstrumentRejection.INSTRUMENT_MUST_BE_HALTED)

    # From here on the transaction must succeed.
    # WRITE
    session_actions.set_status(state, tx.instrument, InstrumentStatus.TRADING)

    # EMIT
    return Accepted(InstrumentResumed(tx.instrument))
