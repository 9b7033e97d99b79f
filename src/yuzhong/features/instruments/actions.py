"""What other features do to instruments, after their checks."""

from __future__ import annotations

from dataclasses import replace

from yuzhong.features.instruments import questions
from yuzhong.features.instruments.tables import INSTRUMENTS, SESSIONS
from yuzhong.features.instruments.types import Instrument, InstrumentId, InstrumentStatus, Phase
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.numbers import Ticks, Units
from yuzhong.ledger.state import State


def record_issue(state: State, instrument: InstrumentId, quantity: Units) -> None:
    """Count units that came into being (INSTRUMENTS-006). Raises RuleFailed where the limit would be passed."""
    row = _existing(state, instrument)
    if quantity <= 0 or not questions.may_issue(row, quantity):
        raise RuleFailed(f"{quantity} more of instrument {instrument}")
    INSTRUMENTS.put(state, instrument, row=replace(row, issued=Units(row.issued + quantity)))


def record_retirement(state: State, instrument: InstrumentId, quantity: Units) -> None:
    """Count units that ceased to be. Raises RuleFailed where there are not so many."""
    row = _existing(state, instrument)
    if not 0 < quantity <= row.issued:
        raise RuleFailed(f"{quantity} less of instrument {instrument}")
    INSTRUMENTS.put(state, instrument, row=replace(row, issued=Units(row.issued - quantity)))


def set_phase(state: State, instrument: InstrumentId, phase: Phase) -> None:
    """Move a listed instrument to a phase. Raises RuleFailed where it is not listed."""
    row = questions.session(state, instrument)
    SESSIONS.put(state, instrument, row=replace(row, phase=phase))


def set_status(state: State, instrument: InstrumentId, status: InstrumentStatus) -> None:
    """Halt, suspend, resume or delist (INSTRUMENTS-007). Raises RuleFailed where it is cash, or delisted already."""
    row = questions.session(state, instrument)
    if row.status is InstrumentStatus.DELISTED:
        raise RuleFailed(f"instrument {instrument} is delisted")
    SESSIONS.put(state, instrument, row=replace(row, status=status))


def record_price(state: State, instrument: InstrumentId, price: Ticks) -> None:
    """Remember the price of the last trade. Raises RuleFailed where the instrument is not listed."""
    row = questions.session(state, instrument)
    if row.last_price != price:
        SESSIONS.put(state, instrument, row=replace(row, last_price=price))


def _existing(state: State, instrument: InstrumentId) -> Instrument:
    row = INSTRUMENTS.get(state, instrument)
    if row is None:
        raise RuleFailed(f"instrument {instrument} does not exist")
    return row
