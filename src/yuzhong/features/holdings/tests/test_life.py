"""Any order of issues, transfers, retirements, holds, releases and deliveries agrees with plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.harness import ALICE, BANK, BOB, CNY, ISSUER, SHARE, Ledger, features_up_to, market
from yuzhong.features.holdings import actions
from yuzhong.features.holdings.outcomes import IssueUnitsRejection, RetireUnitsRejection, TransferUnitsRejection
from yuzhong.features.holdings.questions import available, position
from yuzhong.features.holdings.tables import POSITIONS
from yuzhong.features.holdings.transactions import IssueUnits, RetireUnits, TransferUnits
from yuzhong.features.holdings.types import AccountId, Position, Purpose, Reference
from yuzhong.features.instruments.questions import find
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.failures import RuleFailed, Stop
from yuzhong.ledger.kernels import Kernels, choose
from yuzhong.ledger.numbers import MAX_UNITS, Units
from yuzhong.ledger.outcomes import ACCEPTED
from yuzhong.ledger.state import State

FEATURES = features_up_to("holdings")

OWNERS = (BANK, ISSUER, ALICE, BOB)
accounts = st.sampled_from([AccountId(owner) for owner in OWNERS])
instruments = st.sampled_from([CNY, SHARE])
quantities = st.one_of(st.integers(0, 12), st.sampled_from([MAX_UNITS - 1, MAX_UNITS, MAX_UNITS // 2])).map(Units)
REFERENCE = Reference("life")


class Life(RuleBasedStateMachine):
    """A ledger beside two dictionaries; the harness checks every invariant after each block."""

    kernels = "python"

    @initialize()
    def begin(self) -> None:
        self.ledger: Ledger = market(choose(self.kernels), features=FEATURES)
        self.total: dict[tuple[AccountId, InstrumentId], int] = {}
        self.held: dict[tuple[AccountId, InstrumentId], int] = {}

    def issued(self, instrument: InstrumentId) -> int:
        return sum(total for (_, other), total in self.total.items() if other == instrument)

    def free(self, account: AccountId, instrument: InstrumentId) -> int:
        return self.total.get((account, instrument), 0) - self.held.get((account, instrument), 0)

    def add(self, account: AccountId, instrument: InstrumentId, total: int, held: int = 0) -> None:
        key = (account, instrument)
        self.total[key] = self.total.get(key, 0) + total
        self.held[key] = self.held.get(key, 0) + held

    @rule(instrument=instruments, account=accounts, quantity=quantities)
    def issue(self, instrument: InstrumentId, account: AccountId, quantity: Units) -> None:
        code: int = ACCEPTED
        if quantity == 0:
            code = IssueUnitsRejection.QUANTITY_MUST_BE_POSITIVE
        elif self.issued(instrument) + quantity > MAX_UNITS:
            code = IssueUnitsRejection.LIMIT_MUST_NOT_BE_EXCEEDED
        else:
            self.add(account, instrument, quantity)
        issuer = BANK if instrument == CNY else ISSUER
        self.ledger.expect(code, issuer, IssueUnits(instrument, account, quantity, REFERENCE))

    @rule(instrument=instruments, quantity=quantities)
    def retire(self, instrument: InstrumentId, quantity: Units) -> None:
        issuer = BANK if instrument == CNY else ISSUER
        account = AccountId(issuer)
        code: int = ACCEPTED
        if quantity == 0:
            code = RetireUnitsRejection.QUANTITY_MUST_BE_POSITIVE
        elif quantity > self.free(account, instrument):
            code = RetireUnitsRejection.QUANTITY_MUST_BE_AVAILABLE
        else:
            self.add(account, instrument, -quantity)
        self.ledger.expect(code, issuer, RetireUnits(instrument, account, quantity, REFERENCE))

    @rule(owner=st.sampled_from(OWNERS), receiver=accounts, instrument=instruments, quantity=quantities)
    def transfer(self, owner: Any, receiver: AccountId, instrument: InstrumentId, quantity: Units) -> None:
        source = AccountId(owner)
        code: int = ACCEPTED
        if source == receiver:
            code = TransferUnitsRejection.TARGET_MUST_NOT_BE_SOURCE
        elif quantity == 0:
            code = TransferUnitsRejection.QUANTITY_MUST_BE_POSITIVE
        elif quantity > self.free(source, instrument):
            code = TransferUnitsRejection.QUANTITY_MUST_BE_AVAILABLE
        else:
            self.add(source, instrument, -quantity)
            self.add(receiver, instrument, quantity)
        self.ledger.expect(code, owner, TransferUnits(source, receiver, instrument, quantity, REFERENCE))

    def attempt(self, is_possible: bool, action: Callable[[State], None]) -> bool:
        """An action does what it says where it is possible, and otherwise fails and leaves every row."""
        if is_possible:
            self.ledger.act(action)
        else:
            before = self.ledger.rows()
            with pytest.raises(RuleFailed):
                self.ledger.act(action)
            assert self.ledger.rows() == before
        return is_possible

    @rule(account=accounts, instrument=instruments, quantity=quantities)
    def hold(self, account: AccountId, instrument: InstrumentId, quantity: Units) -> None:
        possible = 0 < quantity <= self.free(account, instrument)
        if self.attempt(possible, lambda state: actions.hold(state, account, instrument, quantity)):
            self.add(account, instrument, 0, quantity)

    @rule(account=accounts, instrument=instruments, quantity=quantities)
    def release(self, account: AccountId, instrument: InstrumentId, quantity: Units) -> None:
        possible = 0 < quantity <= self.held.get((account, instrument), 0)
        if self.attempt(possible, lambda state: actions.release(state, account, instrument, quantity)):
            self.add(account, instrument, 0, -quantity)

    @rule(source=accounts, receiver=accounts, instrument=instruments, quantity=quantities, from_held=st.booleans())
    def deliver(
        self, source: AccountId, receiver: AccountId, instrument: InstrumentId, quantity: Units, from_held: bool
    ) -> None:
        most = self.held.get((source, instrument), 0) if from_held else self.free(source, instrument)
        action = partial(
            actions.deliver,
            source=source,
            target=receiver,
            instrument=instrument,
            quantity=quantity,
            from_held=from_held,
        )
        if self.attempt(0 < quantity <= most, action):
            self.add(source, instrument, -quantity, -quantity if from_held else 0)
            self.add(receiver, instrument, quantity)

    @invariant()
    def rows_agree_with_arithmetic(self) -> None:
        state = self.ledger.state
        for (account, instrument), total in self.total.items():
            held = self.held[account, instrument]
            assert position(state, account, instrument) == Position(Units(total), Units(held))
            assert available(state, account, instrument, Purpose.TRANSFER) == total - held
        for instrument in (CNY, SHARE):
            row = find(state, instrument)
            assert row is not None
            assert row.issued == self.issued(instrument)


class RustLife(Life):
    """The same, on the compiled kernels."""

    kernels = "rust"


@pytest.mark.parametrize("life", [Life, RustLife], ids=["python", "rust"])
def test_any_order_of_movements_conserves_units(life: type[Life]) -> None:
    """HOLDINGS-004, HOLDINGS-005, HOLDINGS-006, HOLDINGS-007, HOLDINGS-008, HOLDINGS-009."""
    run_state_machine_as_test(life, settings=settings(stateful_step_count=30))


def test_units_from_nowhere_stop_the_ledger(kernels: Kernels) -> None:
    """HOLDINGS-009."""
    ledger = market(kernels, features=FEATURES, cash=10)
    with pytest.raises(Stop, match="units conserved: instrument 1: issued less the sum of positions is -3"):
        ledger.act(lambda state: actions.credit(state, AccountId(ALICE), CNY, Units(3)))


def test_units_that_vanish_stop_the_ledger(kernels: Kernels) -> None:
    """HOLDINGS-009."""
    ledger = market(kernels, features=FEATURES, cash=10)
    with pytest.raises(Stop, match="units conserved: instrument 1: issued less the sum of positions is 3"):
        ledger.act(lambda state: actions.debit(state, AccountId(ALICE), CNY, Units(3)))


def test_a_position_that_holds_more_than_it_has_stops_the_ledger(kernels: Kernels) -> None:
    """HOLDINGS-009."""
    ledger = market(kernels, features=FEATURES, cash=10)
    with pytest.raises(Stop, match="held within total: account 5 has 10 of instrument 1, 11 held"):
        ledger.act(lambda state: POSITIONS.put(state, ALICE, CNY, row=Position(Units(10), Units(11))))
