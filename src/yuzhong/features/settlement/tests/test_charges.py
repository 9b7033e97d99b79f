"""Decision table of charges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness import (
    ALICE,
    ALICE_ACCOUNT,
    BANK,
    BOB,
    BOB_ACCOUNT,
    CNY,
    MEMBER,
    OPERATOR,
    OPERATOR_ACCOUNT,
    SHARE,
    Ledger,
    Row,
    features_up_to,
    market,
)
from yuzhong.features.holdings.outcomes import CloseAccountRejection
from yuzhong.features.holdings.transactions import CloseAccount, OpenAccount
from yuzhong.features.holdings.types import AccountId, AccountKind
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.features.parties.types import KeyRole
from yuzhong.features.settlement.outcomes import ChargeSet, SetChargeRejection
from yuzhong.features.settlement.questions import charge_per_order
from yuzhong.features.settlement.transactions import SetCharge
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import Money
from yuzhong.ledger.outcomes import ACCEPTED

FEATURES = features_up_to("settlement")
CLOSED, CLIENTS = AccountId(100), AccountId(101)


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    return market(kernels, features=FEATURES)


def test_set_charge_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """SETTLEMENT-001."""
    trading = ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    ledger.do(MEMBER, OpenAccount(CLIENTS, MEMBER, AccountKind.NOMINEE))
    ledger.do(MEMBER, OpenAccount(CLOSED, ALICE, AccountKind.CLIENT))
    ledger.do(ALICE, CloseAccount(CLOSED))
    cash = SetCharge(CNY, Money(500), AccountId(999))
    code = SetChargeRejection
    ledger.decide(
        SetChargeRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, OPERATOR, cash, key=trading),
            Row(code.SIGNER_MUST_BE_OPERATOR, BANK, cash),
            Row(code.INSTRUMENT_MUST_BE_LISTED, OPERATOR, cash),
            Row(code.ACCOUNT_MUST_EXIST, OPERATOR, replace(cash, instrument=SHARE)),
            Row(code.ACCOUNT_MUST_BE_OPEN, OPERATOR, SetCharge(SHARE, Money(500), CLOSED)),
            Row(code.ACCOUNT_MUST_BE_OWN, OPERATOR, SetCharge(SHARE, Money(500), CLIENTS)),
        ],
    )
    ledger.expect(code.INSTRUMENT_MUST_BE_LISTED, OPERATOR, replace(cash, instrument=InstrumentId(99)))


def test_a_charge_is_what_was_set_last_and_nothing_before(ledger: Ledger) -> None:
    """SETTLEMENT-001, SETTLEMENT-002."""
    assert charge_per_order(ledger.state, SHARE) == 0
    events = ledger.do(OPERATOR, SetCharge(SHARE, Money(500), OPERATOR_ACCOUNT))
    assert events == (ChargeSet(SHARE, Money(500), OPERATOR_ACCOUNT, by=OPERATOR),)
    assert charge_per_order(ledger.state, SHARE) == 500
    ledger.do(OPERATOR, SetCharge(SHARE, Money(0), OPERATOR_ACCOUNT))
    assert charge_per_order(ledger.state, SHARE) == 0


def test_the_account_that_is_paid_stays_open_until_another_is_named(ledger: Ledger) -> None:
    """SETTLEMENT-001."""
    ledger.do(OPERATOR, SetCharge(SHARE, Money(500), BOB_ACCOUNT))
    ledger.do(OPERATOR, SetCharge(SHARE, Money(600), BOB_ACCOUNT))
    ledger.expect(CloseAccountRejection.ACCOUNT_MUST_NOT_BE_NEEDED, BOB, CloseAccount(BOB_ACCOUNT))
    ledger.do(OPERATOR, SetCharge(SHARE, Money(600), ALICE_ACCOUNT))
    ledger.expect(ACCEPTED, BOB, CloseAccount(BOB_ACCOUNT))
    ledger.expect(CloseAccountRejection.ACCOUNT_MUST_NOT_BE_NEEDED, ALICE, CloseAccount(ALICE_ACCOUNT))
