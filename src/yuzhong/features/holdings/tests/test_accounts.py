"""Decision tables of accounts."""

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
    ISSUER,
    MEMBER,
    OPERATOR,
    OPERATOR_ACCOUNT,
    Ledger,
    Row,
    admission,
    features_up_to,
    market,
)
from yuzhong.features.holdings import actions, questions
from yuzhong.features.holdings.outcomes import (
    AccountClosed,
    AccountOpened,
    CloseAccountRejection,
    OpenAccountRejection,
)
from yuzhong.features.holdings.transactions import CloseAccount, OpenAccount
from yuzhong.features.holdings.types import Account, AccountId, AccountKind, AccountStatus, DutyCount
from yuzhong.features.parties.types import KeyRole
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import PartyId
from yuzhong.ledger.outcomes import ACCEPTED

FEATURES = features_up_to("holdings")

NEW = AccountId(100)
NOBODY = PartyId(99)
OWN, CLIENT, NOMINEE = AccountKind.OWN, AccountKind.CLIENT, AccountKind.NOMINEE


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    return market(kernels, features=FEATURES)


def test_open_account_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """HOLDINGS-001, HOLDINGS-002."""
    trading = ledger.add_key(MEMBER, "trading", KeyRole.TRADING)
    known = OpenAccount(ALICE_ACCOUNT, NOBODY, CLIENT)
    code = OpenAccountRejection
    ledger.decide(
        OpenAccountRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, MEMBER, known, key=trading),
            Row(code.SIGNER_MUST_BE_MEMBER_OR_OPERATOR, ALICE, known),
            Row(code.ACCOUNT_MUST_BE_NEW, OPERATOR, known),
            Row(code.OWNER_MUST_EXIST, OPERATOR, replace(known, account=NEW)),
            Row(code.SIGNER_MUST_BE_MEMBER, OPERATOR, OpenAccount(NEW, OPERATOR, CLIENT)),
            Row(code.CLIENT_MUST_NOT_BE_SIGNER, MEMBER, OpenAccount(NEW, MEMBER, CLIENT)),
            Row(code.OWNER_MUST_BE_SIGNER, MEMBER, OpenAccount(NEW, ALICE, NOMINEE)),
        ],
    )
    ledger.expect(code.OWNER_MUST_BE_SIGNER, MEMBER, OpenAccount(NEW, ALICE, OWN))
    ledger.expect(code.SIGNER_MUST_BE_MEMBER, OPERATOR, OpenAccount(NEW, OPERATOR, NOMINEE))


@pytest.mark.parametrize(
    ("signer", "owner", "kind", "member"),
    [
        (MEMBER, MEMBER, OWN, MEMBER),
        (MEMBER, ALICE, CLIENT, MEMBER),
        (MEMBER, MEMBER, NOMINEE, MEMBER),
        (OPERATOR, OPERATOR, OWN, OPERATOR),
        (OPERATOR, ISSUER, OWN, ISSUER),
    ],
)
def test_an_account_knows_its_owner_and_who_serves_it(
    ledger: Ledger, signer: PartyId, owner: PartyId, kind: AccountKind, member: PartyId
) -> None:
    """HOLDINGS-001, HOLDINGS-002."""
    assert ledger.do(signer, OpenAccount(NEW, owner, kind)) == (AccountOpened(NEW, owner, member, kind),)
    row = questions.account(ledger.state, NEW)
    assert row == Account(owner, member, kind, AccountStatus.OPEN, DutyCount(0))
    assert questions.is_open(ledger.state, NEW)


def test_a_genesis_may_open_own_accounts(kernels: Kernels) -> None:
    """HOLDINGS-002."""
    ledger = Ledger(kernels, FEATURES, acts=(admission(BANK), OpenAccount(NEW, BANK, OWN)))
    row = questions.account(ledger.state, NEW)
    assert row is not None
    assert (row.owner, row.member) == (BANK, BANK)


def test_close_account_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """HOLDINGS-003."""
    trading = ledger.add_key(ALICE, "trading", KeyRole.TRADING)
    closed = ledger.open_own(NEW, ALICE)
    ledger.do(ALICE, CloseAccount(closed))
    ledger.issue(CNY, ALICE_ACCOUNT, 1)
    ledger.act(lambda state: actions.keep_open(state, ALICE_ACCOUNT))
    ledger.act(lambda state: actions.keep_open(state, BOB_ACCOUNT))
    nothing = CloseAccount(AccountId(999))
    code = CloseAccountRejection
    ledger.decide(
        CloseAccountRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, ALICE, nothing, key=trading),
            Row(code.ACCOUNT_MUST_EXIST, ALICE, nothing),
            Row(code.SIGNER_MUST_BE_OWNER_OR_MEMBER, BOB, CloseAccount(closed)),
            Row(code.ACCOUNT_MUST_BE_OPEN, ALICE, CloseAccount(closed)),
            Row(code.ACCOUNT_MUST_BE_EMPTY, ALICE, CloseAccount(ALICE_ACCOUNT)),
            Row(code.ACCOUNT_MUST_NOT_BE_NEEDED, BOB, CloseAccount(BOB_ACCOUNT)),
        ],
    )
    ledger.expect(code.SIGNER_MUST_BE_OWNER_OR_MEMBER, OPERATOR, CloseAccount(ALICE_ACCOUNT))
    ledger.act(lambda state: actions.no_longer_keep_open(state, BOB_ACCOUNT))
    ledger.expect(ACCEPTED, BOB, CloseAccount(BOB_ACCOUNT))


@pytest.mark.parametrize("signer", [ALICE, MEMBER])
def test_owner_or_serving_member_closes_an_account_for_ever(ledger: Ledger, signer: PartyId) -> None:
    """HOLDINGS-001, HOLDINGS-003."""
    ledger.do(MEMBER, OpenAccount(NEW, ALICE, CLIENT))
    assert ledger.do(signer, CloseAccount(NEW)) == (AccountClosed(NEW, by=signer),)
    assert not questions.is_open(ledger.state, NEW)
    ledger.expect(OpenAccountRejection.ACCOUNT_MUST_BE_NEW, MEMBER, OpenAccount(NEW, BOB, CLIENT))


def test_an_account_is_kept_open_only_while_it_is_and_freed_only_as_often_as_kept(ledger: Ledger) -> None:
    """HOLDINGS-003."""
    with pytest.raises(RuleFailed, match="no duty"):
        ledger.act(lambda state: actions.no_longer_keep_open(state, OPERATOR_ACCOUNT))
    ledger.do(ALICE, CloseAccount(ALICE_ACCOUNT))
    with pytest.raises(RuleFailed, match="not open"):
        ledger.act(lambda state: actions.keep_open(state, ALICE_ACCOUNT))
