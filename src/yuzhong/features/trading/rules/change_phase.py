"""Changing an instrument's phase, and going on with an uncrossing that takes more than one block."""

from __future__ import annotations

from yuzhong.features.instruments import actions as session_actions
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId, InstrumentStatus, Phase
from yuzhong.features.parties import questions as parties
from yuzhong.features.parties.types import Permission, Role
from yuzhong.features.trading import uncrossing
from yuzhong.features.trading.book import Desk, close_desk, open_desk, read_book
from yuzhong.features.trading.checks import listed_terms
from yuzhong.features.trading.outcomes import ChangePhaseRejection as Rejection
from yuzhong.features.trading.outcomes import PhaseChanged
from yuzhong.features.trading.phases import FOLLOWING, uncrosses
from yuzhong.features.trading.transactions import ChangePhase
from yuzhong.features.trading.types import Uncross
from yuzhong.ledger import due
from yuzhong.ledger.feature import Context
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State

GO_ON_UNCROSSING = 1801
"""Kind of due work: the next slice of an uncrossing; its subject is the instrument."""


def change_phase(state: State, tx: ChangePhase, context: Context) -> Outcome:
    """Go into another phase; leaving a call auction uncrosses it first (TRADING-016, TRADING-020)."""
    # READ
    terms = instruments.terms(state, tx.instrument)

    # CHECK, in the order of ChangePhaseRejection
    if not parties.key_may(state, context, Permission.OPERATE):
        return Rejected(Rejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not parties.signer_is(state, context, Role.MARKET_CONTROL):
        return Rejected(Rejection.SIGNER_MUST_BE_MARKET_CONTROL)
    if terms is None:
        return Rejected(Rejection.INSTRUMENT_MUST_BE_LISTED)
    if read_book(state, tx.instrument).uncross is not None:
        return Rejected(Rejection.BOOK_MUST_NOT_BE_UNCROSSING)
    session = instruments.session(state, tx.instrument)
    if tx.phase not in FOLLOWING[session.phase]:
        return Rejected(Rejection.PHASE_MUST_FOLLOW)
    if uncrosses(session.phase, tx.phase) and session.status is not InstrumentStatus.TRADING:
        return Rejected(Rejection.INSTRUMENT_MUST_BE_TRADING)

    # From here on the transaction must succeed.
    # WRITE, EMIT
    desk = open_desk(state, tx.instrument, terms, context.time)
    if uncrosses(session.phase, tx.phase):
        _uncross(desk, uncrossing.start(desk, session, tx.phase))
    else:
        _enter(desk, tx.phase)
    return Accepted(*close_desk(desk))


def go_on_uncrossing(state: State, subject: bytes, context: Context) -> Outcome:
    """The next slice of an uncrossing (TRADING-020)."""
    # READ
    instrument = InstrumentId(due.subject_numbers(subject)[0])
    desk = open_desk(state, instrument, listed_terms(state, instrument), context.time)

    # From here on the work must succeed.
    # WRITE, EMIT
    if desk.uncross is not None:
        _uncross(desk, desk.uncross)
    return Accepted(*close_desk(desk))


def _uncross(desk: Desk, uncross: Uncross) -> None:
    """Do a slice; then either the phase changes or the rest waits for the next block."""
    desk.uncross = uncrossing.go_on(desk, uncross)
    if desk.uncross is None:
        _enter(desk, uncross.phase)
    else:
        due.put(desk.state, due.DueClass.PHASES, desk.now, GO_ON_UNCROSSING, due.subject(desk.instrument))


def _enter(desk: Desk, phase: Phase) -> None:
    before = instruments.session(desk.state, desk.instrument).phase
    session_actions.set_phase(desk.state, desk.instrument, phase)
    desk.events.append(PhaseChanged(desk.instrument, before, phase))
