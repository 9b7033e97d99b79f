"""What other features do to instruments, and that actions refuse what no check can have allowed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.harness import (
    ALICE_ACCOUNT,
    CNY,
    ISSUER,
    SHARE,
    Ledger,
    admission,
    features_up_to,
    listed_registration,
    listed_terms,
    market,
)
from yuzhong.features.instruments import actions, questions
from yuzhong.features.instruments.types import InstrumentId, InstrumentStatus, Phase, ProfileId
from yuzhong.features.parties.types import Role
from yuzhong.ledger.failures import RuleFailed, Stop
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import MAX_UNITS, Ticks, Units
from yuzhong.ledger.state import State

FEATURES = features_up_to("holdings")

NONE = InstrumentId(99)


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    return market(kernels, features=FEATURES)


def test_phase_status_and_last_price_move_apart(ledger: Ledger) -> None:
    """INSTRUMENTS-005, INSTRUMENTS-007."""
    ledger.act(lambda state: actions.set_phase(state, SHARE, Phase.CONTINUOUS))
    ledger.act(lambda state: actions.set_status(state, SHARE, InstrumentStatus.HALTED))
    ledger.act(lambda state: actions.record_price(state, SHARE, Ticks(1_234)))
    session = questions.session(ledger.state, SHARE)
    assert (session.phase, session.status, session.last_price) == (Phase.CONTINUOUS, InstrumentStatus.HALTED, 1_234)
    root = ledger.root()
    ledger.act(lambda state: actions.record_price(state, SHARE, Ticks(1_234)))
    assert ledger.root() == root


def test_delisted_is_for_ever(ledger: Ledger) -> None:
    """INSTRUMENTS-007."""
    ledger.act(lambda state: actions.set_status(state, SHARE, InstrumentStatus.DELISTED))
    with pytest.raises(RuleFailed, match="delisted"):
        ledger.act(lambda state: actions.set_status(state, SHARE, InstrumentStatus.TRADING))


def test_units_are_counted_only_together_with_a_position(ledger: Ledger) -> None:
    """INSTRUMENTS-006: what is issued to nobody is found after the block."""
    with pytest.raises(Stop, match="units conserved: instrument 2: issued less the sum of positions is 5"):
        ledger.act(lambda state: actions.record_issue(state, SHARE, Units(5)))


def test_issue_and_retirement_stay_between_nothing_and_the_limit(ledger: Ledger) -> None:
    """INSTRUMENTS-006."""
    ledger.issue(SHARE, ALICE_ACCOUNT, MAX_UNITS - 1)
    row = questions.find(ledger.state, SHARE)
    assert row is not None
    assert questions.may_issue(row, 1)
    assert not questions.may_issue(row, 2)
    with pytest.raises(RuleFailed):
        ledger.act(lambda state: actions.record_issue(state, SHARE, Units(2)))
    with pytest.raises(RuleFailed):
        ledger.act(lambda state: actions.record_retirement(state, CNY, Units(1)))


FAILING: dict[str, Callable[[State], object]] = {
    "an issue of nothing": lambda state: actions.record_issue(state, SHARE, Units(0)),
    "a retirement of nothing": lambda state: actions.record_retirement(state, SHARE, Units(0)),
    "an issue of no instrument": lambda state: actions.record_issue(state, NONE, Units(1)),
    "a retirement of no instrument": lambda state: actions.record_retirement(state, NONE, Units(1)),
    "a phase of cash": lambda state: actions.set_phase(state, CNY, Phase.CONTINUOUS),
    "a status of no instrument": lambda state: actions.set_status(state, NONE, InstrumentStatus.HALTED),
    "a price of cash": lambda state: actions.record_price(state, CNY, Ticks(1)),
    "an unknown profile": lambda state: questions.profile(state, ProfileId(9)),
}


@pytest.mark.parametrize("action", FAILING.values(), ids=FAILING.keys())
def test_an_action_fails_on_what_no_check_can_have_allowed(ledger: Ledger, action: Callable[[State], object]) -> None:
    """INSTRUMENTS-005, INSTRUMENTS-006."""
    before = ledger.rows()
    with pytest.raises(RuleFailed):
        ledger.act(lambda state: [action(state)].clear())
    assert ledger.rows() == before


def test_a_share_without_its_cash_is_refused_in_genesis_too(kernels: Kernels) -> None:
    """INSTRUMENTS-001, INSTRUMENTS-004."""
    with pytest.raises(Stop, match="RegisterInstrument is refused: CASH_MUST_BE_CASH_INSTRUMENT"):
        Ledger(kernels, FEATURES, acts=(admission(ISSUER, Role.ISSUER), listed_registration(listed_terms())))
