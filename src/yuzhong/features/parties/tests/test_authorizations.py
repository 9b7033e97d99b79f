"""Decision tables of authorizations: granting, ending, expiring, and what they allow."""

from __future__ import annotations

import pytest

from tests.harness import ALICE, BOB, MEMBER, OPERATOR, Ledger, Row, admission, features_up_to, first_key
from yuzhong.features.parties.outcomes import (
    AuthorizationEnded,
    AuthorizationExpired,
    AuthorizationGranted,
    EndAuthorizationRejection,
    GrantAuthorizationRejection,
)
from yuzhong.features.parties.questions import may_trade_for, order_value_limit
from yuzhong.features.parties.tables import AUTHORIZATIONS, PARTIES
from yuzhong.features.parties.transactions import EndAuthorization, EndRole, GrantAuthorization
from yuzhong.features.parties.types import AUTHORIZATIONS_MAX, KeyRole, Role, Scope
from yuzhong.ledger import due
from yuzhong.ledger.feature import Context
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import Hash, KeyId, Millis, Money, PartyId, Salt
from yuzhong.ledger.outcomes import ACCEPTED
from yuzhong.ledger.twins.blinds import leaf_blind

FEATURES = features_up_to("parties")

ORDERS = Scope.PLACE_ORDERS


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    return Ledger(
        kernels,
        FEATURES,
        acts=(admission(MEMBER, Role.MEMBER), admission(ALICE, Role.INVESTOR), admission(BOB, Role.INVESTOR)),
    )


def context_of(ledger: Ledger, party: PartyId, key: KeyId | None = None) -> Context:
    return Context(ledger.height, ledger.time, party, key or first_key(party), Hash(bytes(32)), Salt(bytes(16)))


def member_may(ledger: Ledger, owner: PartyId = ALICE) -> bool:
    return may_trade_for(ledger.state, context_of(ledger, MEMBER), owner)


def authorizations_of(ledger: Ledger, owner: PartyId) -> int:
    row = PARTIES.get(ledger.state, owner)
    assert row is not None
    return row.authorizations


def test_grant_authorization_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """PARTIES-008, PARTIES-010."""
    operations = ledger.add_key(ALICE, "operations", KeyRole.OPERATIONS)
    later = Millis(ledger.time + 10_000)
    for number in range(1_000, 1_000 + AUTHORIZATIONS_MAX):
        member = ledger.admit(PartyId(number), Role.MEMBER)
        ledger.do(ALICE, GrantAuthorization(member, ORDERS, None, later))
    past = Millis(ledger.time)
    code = GrantAuthorizationRejection
    ledger.decide(
        GrantAuthorizationRejection,
        [
            Row(
                code.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS,
                ALICE,
                GrantAuthorization(ALICE, ORDERS, None, past),
                key=operations,
            ),
            Row(code.MEMBER_MUST_NOT_BE_SIGNER, ALICE, GrantAuthorization(ALICE, ORDERS, None, past)),
            Row(code.MEMBER_MUST_HOLD_ROLE, ALICE, GrantAuthorization(BOB, ORDERS, None, past)),
            Row(code.EXPIRY_MUST_BE_AHEAD, ALICE, GrantAuthorization(MEMBER, ORDERS, None, past)),
            Row(code.AUTHORIZATIONS_MUST_NOT_EXCEED_MAX, ALICE, GrantAuthorization(MEMBER, ORDERS, None, later)),
        ],
    )
    ledger.expect(ACCEPTED, ALICE, GrantAuthorization(PartyId(1_000), ORDERS, Money(1), later))
    assert authorizations_of(ledger, ALICE) == AUTHORIZATIONS_MAX


def test_a_member_trades_for_an_owner_while_its_authorization_is_in_force(ledger: Ledger) -> None:
    """PARTIES-010."""
    end = Millis(ledger.time + 100)
    assert may_trade_for(ledger.state, context_of(ledger, ALICE), ALICE)
    assert not member_may(ledger)
    events = ledger.do(ALICE, GrantAuthorization(MEMBER, ORDERS, Money(9), end))
    assert events == (AuthorizationGranted(ALICE, MEMBER, ORDERS, Money(9), end),)
    assert member_may(ledger)
    assert not member_may(ledger, BOB)
    assert not may_trade_for(ledger.state, context_of(ledger, BOB), ALICE)
    ledger.wait_until(end - 1)
    assert member_may(ledger)
    ledger.wait_until(end)
    assert not member_may(ledger)


def test_a_member_that_lost_its_role_trades_for_nobody(ledger: Ledger) -> None:
    """PARTIES-010."""
    ledger.do(ALICE, GrantAuthorization(MEMBER, ORDERS, None, Millis(ledger.time + 100)))
    ledger.do(OPERATOR, EndRole(MEMBER, Role.MEMBER))
    assert not member_may(ledger)


@pytest.mark.parametrize(
    ("of_key", "of_authorization", "limit"),
    [(None, None, None), (5, None, 5), (None, 7, 7), (5, 7, 5), (7, 5, 5)],
)
def test_the_tighter_limit_of_key_and_authorization_counts(
    ledger: Ledger, of_key: int | None, of_authorization: int | None, limit: int | None
) -> None:
    """PARTIES-011."""
    key = ledger.add_key(MEMBER, "desk", KeyRole.TRADING, None if of_key is None else Money(of_key))
    most = None if of_authorization is None else Money(of_authorization)
    ledger.do(ALICE, GrantAuthorization(MEMBER, ORDERS, most, Millis(ledger.time + 100)))
    assert order_value_limit(ledger.state, context_of(ledger, MEMBER, key), ALICE) == limit
    assert order_value_limit(ledger.state, context_of(ledger, MEMBER, key), MEMBER) == of_key


def test_an_authorization_leaves_when_its_time_is_over_blinded_with_its_own_salt(ledger: Ledger) -> None:
    """PARTIES-012."""
    end = Millis(ledger.time + 100)
    ledger.do(ALICE, GrantAuthorization(MEMBER, ORDERS, None, end))
    row = AUTHORIZATIONS.get(ledger.state, ALICE, MEMBER)
    assert row is not None
    assert ledger.wait_until(end - 1) == []
    number = ledger.applied.app.receipts_count
    (receipt,) = ledger.wait_until(end)
    assert (receipt.code, receipt.events) == (ACCEPTED, (AuthorizationExpired(ALICE, MEMBER),))
    assert receipt.blinds[1] == leaf_blind(row.salt, number, 1)
    assert AUTHORIZATIONS.get(ledger.state, ALICE, MEMBER) is None
    assert authorizations_of(ledger, ALICE) == 0
    assert due.next_time(ledger.state) is None


def test_granted_again_the_new_terms_replace_the_old(ledger: Ledger) -> None:
    """PARTIES-010, PARTIES-012."""
    early, late = Millis(ledger.time + 100), Millis(ledger.time + 200)
    ledger.do(ALICE, GrantAuthorization(MEMBER, ORDERS, Money(9), early))
    ledger.do(ALICE, GrantAuthorization(MEMBER, ORDERS, None, late))
    assert authorizations_of(ledger, ALICE) == 1
    assert ledger.wait_until(early) == []
    assert member_may(ledger)
    assert order_value_limit(ledger.state, context_of(ledger, MEMBER), ALICE) is None
    assert [receipt.code for receipt in ledger.wait_until(late)] == [ACCEPTED]
    assert authorizations_of(ledger, ALICE) == 0


def test_end_authorization_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """PARTIES-012."""
    operations = ledger.add_key(ALICE, "operations", KeyRole.OPERATIONS)
    code = EndAuthorizationRejection
    ledger.decide(
        EndAuthorizationRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS, ALICE, EndAuthorization(MEMBER), key=operations),
            Row(code.AUTHORIZATION_MUST_EXIST, ALICE, EndAuthorization(MEMBER)),
        ],
    )


def test_an_ended_authorization_leaves_nothing_behind(ledger: Ledger) -> None:
    """PARTIES-012."""
    before = ledger.rows()
    ledger.do(ALICE, GrantAuthorization(MEMBER, ORDERS, None, Millis(ledger.time + 100)))
    assert ledger.do(ALICE, EndAuthorization(MEMBER)) == (AuthorizationEnded(ALICE, MEMBER),)
    assert not member_may(ledger)
    assert ledger.rows() == before


def test_a_key_whose_time_is_over_ends_no_authorization(ledger: Ledger) -> None:
    """PARTIES-005."""
    ledger.do(ALICE, GrantAuthorization(MEMBER, ORDERS, None, Millis(ledger.time + 1_000)))
    key = ledger.add_key(ALICE, "short", KeyRole.OPERATIONS, expires_at=Millis(ledger.time + 10))
    ledger.wait_until(ledger.time + 10)
    ledger.expect(
        EndAuthorizationRejection.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS, ALICE, EndAuthorization(MEMBER), key=key
    )
