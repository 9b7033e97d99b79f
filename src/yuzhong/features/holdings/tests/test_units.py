"""Decision tables of issue, retirement and transfer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness import (
    ALICE,
    ALICE_ACCOUNT,
    BANK,
    BANK_ACCOUNT,
    BOB,
    BOB_ACCOUNT,
    CNY,
    ISSUER,
    ISSUER_ACCOUNT,
    MEMBER,
    OPERATOR,
    SHARE,
    Ledger,
    Row,
    features_up_to,
    market,
)
from yuzhong.features.holdings import actions
from yuzhong.features.holdings.outcomes import (
    IssueUnitsRejection,
    RetireUnitsRejection,
    TransferUnitsRejection,
    UnitsIssued,
    UnitsRetired,
    UnitsTransferred,
)
from yuzhong.features.holdings.questions import available, has_positions, position
from yuzhong.features.holdings.transactions import CloseAccount, IssueUnits, OpenAccount, RetireUnits, TransferUnits
from yuzhong.features.holdings.types import AccountId, AccountKind, Position, Purpose, Reference
from yuzhong.features.instruments.questions import find
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.features.parties.transactions import EndRole, GrantRole
from yuzhong.features.parties.types import KeyRole, Role
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import MAX_UNITS, PartyId, Units
from yuzhong.ledger.outcomes import ACCEPTED

FEATURES = features_up_to("holdings")

NOTHING = InstrumentId(99)
NOWHERE = AccountId(999)
CLOSED = AccountId(100)
NOMINEE = AccountId(101)
REFERENCE = Reference("payment 20260310-1")


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    """Alice has a closed account too."""
    ledger = market(kernels, features=FEATURES)
    ledger.open_own(CLOSED, ALICE)
    ledger.do(ALICE, CloseAccount(CLOSED))
    return ledger


def issued(ledger: Ledger, instrument: InstrumentId) -> int:
    row = find(ledger.state, instrument)
    assert row is not None
    return row.issued


def test_issue_units_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """HOLDINGS-004."""
    trading = ledger.add_key(BANK, "trading", KeyRole.TRADING)
    ledger.issue(SHARE, ALICE_ACCOUNT, 1)
    ledger.issue(CNY, ALICE_ACCOUNT, 1)
    ledger.do(OPERATOR, EndRole(ISSUER, Role.ISSUER))
    nothing = IssueUnits(NOTHING, NOWHERE, Units(0), REFERENCE)
    cash = replace(nothing, instrument=CNY)
    closed = replace(cash, account=CLOSED)
    none = replace(cash, account=ALICE_ACCOUNT)
    code = IssueUnitsRejection
    ledger.decide(
        IssueUnitsRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, BANK, nothing, key=trading),
            Row(code.INSTRUMENT_MUST_EXIST, BANK, nothing),
            Row(code.SIGNER_MUST_BE_ISSUER, BANK, replace(nothing, instrument=SHARE)),
            Row(code.ISSUER_MUST_HOLD_ROLE, ISSUER, replace(nothing, instrument=SHARE)),
            Row(code.ACCOUNT_MUST_EXIST, BANK, cash),
            Row(code.ACCOUNT_MUST_BE_OPEN, BANK, closed),
            Row(code.QUANTITY_MUST_BE_POSITIVE, BANK, none),
            Row(code.LIMIT_MUST_NOT_BE_EXCEEDED, BANK, replace(none, quantity=Units(MAX_UNITS))),
        ],
    )
    ledger.expect(ACCEPTED, BANK, replace(none, quantity=Units(MAX_UNITS - 1)))
    ledger.do(OPERATOR, GrantRole(ISSUER, Role.ISSUER))
    ledger.expect(code.LIMIT_MUST_NOT_BE_EXCEEDED, BANK, replace(none, quantity=Units(1)))
    ledger.expect(ACCEPTED, ISSUER, replace(none, instrument=SHARE, quantity=Units(1)))


def test_issued_units_are_counted_and_free(ledger: Ledger) -> None:
    """HOLDINGS-004, HOLDINGS-009."""
    events = ledger.do(BANK, IssueUnits(CNY, ALICE_ACCOUNT, Units(500), REFERENCE))
    assert events == (UnitsIssued(CNY, ALICE_ACCOUNT, Units(500), REFERENCE, by=BANK),)
    ledger.do(BANK, IssueUnits(CNY, ALICE_ACCOUNT, Units(30), Reference("")))
    assert position(ledger.state, ALICE_ACCOUNT, CNY) == Position(Units(530), Units(0))
    assert issued(ledger, CNY) == 530


def test_retire_units_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """HOLDINGS-005, HOLDINGS-008."""
    trading = ledger.add_key(BANK, "trading", KeyRole.TRADING)
    ledger.do(OPERATOR, GrantRole(BANK, Role.MEMBER))
    ledger.do(BANK, OpenAccount(NOMINEE, BANK, AccountKind.NOMINEE))
    for account in (BANK_ACCOUNT, ALICE_ACCOUNT, NOMINEE):
        ledger.issue(CNY, account, 10)
    ledger.act(lambda state: actions.hold(state, BANK_ACCOUNT, CNY, Units(4)))
    nothing = RetireUnits(NOTHING, NOWHERE, Units(0), REFERENCE)
    cash = replace(nothing, instrument=CNY)
    own = replace(cash, account=BANK_ACCOUNT)
    code = RetireUnitsRejection
    ledger.decide(
        RetireUnitsRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, BANK, nothing, key=trading),
            Row(code.INSTRUMENT_MUST_EXIST, BANK, nothing),
            Row(code.SIGNER_MUST_BE_ISSUER, BANK, replace(nothing, instrument=SHARE)),
            Row(code.ACCOUNT_MUST_EXIST, BANK, cash),
            Row(code.SIGNER_MUST_OWN_ACCOUNT, BANK, replace(cash, account=ALICE_ACCOUNT)),
            Row(code.ACCOUNT_MUST_NOT_BE_NOMINEE, BANK, replace(cash, account=NOMINEE)),
            Row(code.QUANTITY_MUST_BE_POSITIVE, BANK, own),
            Row(code.QUANTITY_MUST_BE_AVAILABLE, BANK, replace(own, quantity=Units(7))),
        ],
    )
    ledger.expect(ACCEPTED, BANK, replace(own, quantity=Units(6)))


def test_retired_units_are_gone_and_an_empty_position_leaves(ledger: Ledger) -> None:
    """HOLDINGS-005, HOLDINGS-009."""
    before = ledger.rows()
    ledger.issue(SHARE, ISSUER_ACCOUNT, 10)
    ledger.do(ISSUER, RetireUnits(SHARE, ISSUER_ACCOUNT, Units(4), REFERENCE))
    assert issued(ledger, SHARE) == 6
    events = ledger.do(ISSUER, RetireUnits(SHARE, ISSUER_ACCOUNT, Units(6), REFERENCE))
    assert events == (UnitsRetired(SHARE, ISSUER_ACCOUNT, Units(6), REFERENCE, by=ISSUER),)
    assert not has_positions(ledger.state, ISSUER_ACCOUNT)
    assert ledger.rows() == before


def test_a_bank_that_lost_its_role_still_pays_out(ledger: Ledger) -> None:
    """HOLDINGS-005."""
    ledger.issue(CNY, BANK_ACCOUNT, 10)
    ledger.do(OPERATOR, EndRole(BANK, Role.SETTLEMENT_BANK))
    ledger.expect(ACCEPTED, BANK, RetireUnits(CNY, BANK_ACCOUNT, Units(10), REFERENCE))


def test_transfer_units_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """HOLDINGS-006, HOLDINGS-007, HOLDINGS-008."""
    trading = ledger.add_key(ALICE, "trading", KeyRole.TRADING)
    ledger.issue(CNY, ALICE_ACCOUNT, 10)
    ledger.act(lambda state: actions.hold(state, ALICE_ACCOUNT, CNY, Units(4)))
    nothing = TransferUnits(NOWHERE, NOWHERE, NOTHING, Units(0), REFERENCE)
    own = replace(nothing, source=ALICE_ACCOUNT)
    code = TransferUnitsRejection
    to_bob = replace(own, target=BOB_ACCOUNT)
    cash = replace(to_bob, instrument=CNY)
    ledger.decide(
        TransferUnitsRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, ALICE, nothing, key=trading),
            Row(code.SOURCE_MUST_EXIST, ALICE, nothing),
            Row(code.SIGNER_MUST_OWN_SOURCE, ALICE, replace(nothing, source=BOB_ACCOUNT)),
            Row(code.TARGET_MUST_EXIST, ALICE, own),
            Row(code.TARGET_MUST_BE_OPEN, ALICE, replace(own, source=CLOSED, target=CLOSED)),
            Row(code.TARGET_MUST_NOT_BE_SOURCE, ALICE, replace(own, target=ALICE_ACCOUNT)),
            Row(code.INSTRUMENT_MUST_EXIST, ALICE, to_bob),
            Row(code.QUANTITY_MUST_BE_POSITIVE, ALICE, cash),
            Row(code.QUANTITY_MUST_BE_AVAILABLE, ALICE, replace(cash, quantity=Units(7))),
        ],
    )
    ledger.expect(ACCEPTED, ALICE, replace(cash, quantity=Units(6)))


def test_a_transfer_moves_free_units_and_nothing_else(ledger: Ledger) -> None:
    """HOLDINGS-006, HOLDINGS-007."""
    ledger.issue(CNY, ALICE_ACCOUNT, 10)
    ledger.act(lambda state: actions.hold(state, ALICE_ACCOUNT, CNY, Units(4)))
    events = ledger.do(ALICE, TransferUnits(ALICE_ACCOUNT, BOB_ACCOUNT, CNY, Units(6), REFERENCE))
    assert events == (UnitsTransferred(ALICE_ACCOUNT, BOB_ACCOUNT, CNY, Units(6), REFERENCE, by=ALICE),)
    assert position(ledger.state, ALICE_ACCOUNT, CNY) == Position(Units(4), Units(4))
    assert position(ledger.state, BOB_ACCOUNT, CNY) == Position(Units(6), Units(0))
    assert [available(ledger.state, BOB_ACCOUNT, CNY, purpose) for purpose in Purpose] == [6, 6, 6, 6]
    assert [available(ledger.state, ALICE_ACCOUNT, CNY, purpose) for purpose in Purpose] == [0, 0, 0, 0]


@pytest.mark.parametrize("signer", [MEMBER, OPERATOR, BANK, BOB])
def test_nobody_but_the_owner_transfers(ledger: Ledger, signer: PartyId) -> None:
    """HOLDINGS-006: the serving member does not, and neither does the operator."""
    ledger.do(MEMBER, OpenAccount(NOMINEE, ALICE, AccountKind.CLIENT))
    ledger.issue(CNY, NOMINEE, 10)
    ledger.expect(
        TransferUnitsRejection.SIGNER_MUST_OWN_SOURCE,
        signer,
        TransferUnits(NOMINEE, BOB_ACCOUNT, CNY, Units(1), REFERENCE),
    )
