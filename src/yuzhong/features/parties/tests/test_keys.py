"""Decision tables of keys: adding, revoking, rotating, and what each kind is good for."""

from __future__ import annotations

import pytest

from tests.harness import ALICE, BOB, OPERATOR, Ledger, Row, admission, features_up_to, first_key, key_named
from yuzhong.features.parties.outcomes import (
    AddKeyRejection,
    GrantRoleRejection,
    KeyAdded,
    KeyRevoked,
    KeyRotated,
    RevokeKeyRejection,
    RotateKeyRejection,
)
from yuzhong.features.parties.questions import key_may
from yuzhong.features.parties.tables import PARTIES, PARTY_KEYS
from yuzhong.features.parties.transactions import AddKey, GrantRole, RevokeKey, RotateKey
from yuzhong.features.parties.types import (
    KEYS_MAX,
    KEYS_REGISTERED_MAX,
    KeyRole,
    KeysRegistered,
    PartyKey,
    Permission,
    Role,
)
from yuzhong.ledger.feature import Context
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import Hash, KeyId, Millis, Money, PartyId, Salt

FEATURES = features_up_to("parties")

NEW = key_named("new")


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    return Ledger(kernels, FEATURES, acts=(admission(ALICE, Role.INVESTOR), admission(BOB, Role.INVESTOR)))


def may(ledger: Ledger, party: PartyId, key: KeyId) -> list[Permission]:
    context = Context(ledger.height, ledger.time, party, key, Hash(bytes(32)), Salt(bytes(16)))
    return [permission for permission in Permission if key_may(ledger.state, context, permission)]


def use_up_registrations(ledger: Ledger, party: PartyId) -> None:
    """As after so many rotations, which would take a thousand blocks."""
    row = PARTIES.get(ledger.state, party)
    assert row is not None
    values = (row.keys, row.owner_keys, KeysRegistered(KEYS_REGISTERED_MAX), row.authorizations)
    used = type(row)(row.kind, row.name, row.digest, row.roles, *values)
    ledger.act(lambda state: PARTIES.put(state, party, row=used))


def test_add_key_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """PARTIES-004, PARTIES-007, PARTIES-008."""
    operations = ledger.add_key(ALICE, "operations", KeyRole.OPERATIONS)
    past = Millis(ledger.time)
    for number in range(KEYS_MAX - 2):
        ledger.add_key(ALICE, f"key {number}", KeyRole.TRADING)
    bad = AddKey(first_key(BOB), KeyRole.OWNER, Money(1), past)
    code = AddKeyRejection
    ledger.expect(code.KEYS_MUST_NOT_EXCEED_MAX, ALICE, AddKey(NEW, KeyRole.TRADING, None, None))
    use_up_registrations(ledger, ALICE)
    rows = [
        Row(code.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS, ALICE, bad, key=operations),
        Row(code.KEY_MUST_BE_NEW, ALICE, bad),
        Row(code.OWNER_KEY_MUST_NOT_BE_LIMITED, ALICE, AddKey(NEW, KeyRole.OWNER, None, past)),
        Row(code.EXPIRY_MUST_BE_AHEAD, ALICE, AddKey(NEW, KeyRole.TRADING, None, past)),
        Row(code.KEYS_MUST_NOT_EXCEED_MAX, ALICE, AddKey(NEW, KeyRole.OWNER, None, None)),
        Row(code.KEYS_REGISTERED_MUST_NOT_EXCEED_MAX, ALICE, AddKey(NEW, KeyRole.OWNER, None, None)),
    ]
    for row in rows[:-1]:
        ledger.expect(row.code, row.party, row.content, key=row.key)
    ledger.do(ALICE, RevokeKey(operations))
    ledger.expect(rows[-1].code, ALICE, rows[-1].content)
    assert [row.code for row in rows] == list(AddKeyRejection)


def test_a_limit_alone_is_too_much_for_an_owner_key(ledger: Ledger) -> None:
    """PARTIES-007."""
    ledger.expect(AddKeyRejection.OWNER_KEY_MUST_NOT_BE_LIMITED, ALICE, AddKey(NEW, KeyRole.OWNER, Money(1), None))


def test_a_key_may_what_its_role_says_until_its_time_is_over(ledger: Ledger) -> None:
    """PARTIES-005, PARTIES-006."""
    end = Millis(ledger.time + 100)
    events = ledger.do(ALICE, AddKey(NEW, KeyRole.TRADING, Money(5), end))
    assert events == (KeyAdded(ALICE, NEW, KeyRole.TRADING, Money(5), end),)
    operations = ledger.add_key(ALICE, "operations", KeyRole.OPERATIONS)
    assert may(ledger, ALICE, first_key(ALICE)) == [Permission.MANAGE_KEYS, Permission.OPERATE, Permission.TRADE]
    assert may(ledger, ALICE, operations) == [Permission.OPERATE, Permission.TRADE]
    assert may(ledger, ALICE, NEW) == [Permission.TRADE]
    assert may(ledger, BOB, NEW) == []
    assert may(ledger, ALICE, key_named("unknown")) == []
    ledger.wait_until(end - 1)
    assert may(ledger, ALICE, NEW) == [Permission.TRADE]
    ledger.wait_until(end)
    assert may(ledger, ALICE, NEW) == []


def test_a_key_does_not_act_for_another_party(ledger: Ledger) -> None:
    """PARTIES-005."""
    ledger.expect(
        GrantRoleRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE,
        OPERATOR,
        GrantRole(ALICE, Role.MEMBER),
        key=first_key(ALICE),
    )


def test_revoke_key_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """PARTIES-004, PARTIES-007."""
    operations = ledger.add_key(ALICE, "operations", KeyRole.OPERATIONS)
    revoked = ledger.add_key(ALICE, "revoked", KeyRole.OWNER)
    ledger.do(ALICE, RevokeKey(revoked))
    code = RevokeKeyRejection
    ledger.decide(
        RevokeKeyRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS, ALICE, RevokeKey(first_key(BOB)), key=operations),
            Row(code.REVOKED_KEY_MUST_BE_OF_SIGNER, ALICE, RevokeKey(first_key(BOB))),
            Row(code.REVOKED_KEY_MUST_NOT_BE_REVOKED_BEFORE, ALICE, RevokeKey(revoked)),
            Row(code.LAST_OWNER_KEY_MUST_STAY, ALICE, RevokeKey(first_key(ALICE))),
        ],
    )
    ledger.expect(code.REVOKED_KEY_MUST_BE_OF_SIGNER, ALICE, RevokeKey(NEW))


def test_a_revoked_key_does_nothing_more_and_belongs_to_its_party_for_ever(ledger: Ledger) -> None:
    """PARTIES-004, PARTIES-005."""
    second = ledger.add_key(ALICE, "second", KeyRole.OWNER)
    assert ledger.do(ALICE, RevokeKey(first_key(ALICE)), key=second) == (KeyRevoked(ALICE, first_key(ALICE)),)
    assert may(ledger, ALICE, first_key(ALICE)) == []
    ledger.expect(AddKeyRejection.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS, ALICE, AddKey(NEW, KeyRole.TRADING, None, None))
    again = AddKey(first_key(ALICE), KeyRole.TRADING, None, None)
    ledger.expect(AddKeyRejection.KEY_MUST_BE_NEW, BOB, again)
    ledger.expect(AddKeyRejection.KEY_MUST_BE_NEW, ALICE, again, key=second)


def test_rotate_key_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """PARTIES-008, PARTIES-009."""
    revoked = ledger.add_key(ALICE, "revoked", KeyRole.TRADING)
    ledger.do(ALICE, RevokeKey(revoked))
    use_up_registrations(ledger, ALICE)
    code = RotateKeyRejection
    ledger.decide(
        RotateKeyRejection,
        [
            Row(code.KEY_MUST_BE_IN_FORCE, ALICE, RotateKey(first_key(BOB)), key=revoked),
            Row(code.NEW_KEY_MUST_BE_NEW, ALICE, RotateKey(first_key(BOB))),
            Row(code.KEYS_REGISTERED_MUST_NOT_EXCEED_MAX, ALICE, RotateKey(NEW)),
        ],
    )
    ledger.expect(code.KEY_MUST_BE_IN_FORCE, ALICE, RotateKey(NEW), key=first_key(BOB))


def test_a_rotated_key_passes_on_role_limit_and_expiry(ledger: Ledger) -> None:
    """PARTIES-009."""
    end = Millis(ledger.time + 100)
    old = ledger.add_key(ALICE, "old", KeyRole.TRADING, Money(7), end)
    assert ledger.do(ALICE, RotateKey(NEW), key=old) == (KeyRotated(ALICE, old, NEW),)
    assert PARTY_KEYS.get(ledger.state, NEW) == PartyKey(ALICE, KeyRole.TRADING, Money(7), end, revoked=False)
    assert may(ledger, ALICE, old) == []
    row = PARTIES.get(ledger.state, ALICE)
    assert row is not None
    assert (row.keys, row.owner_keys, row.keys_registered) == (2, 1, 3)


def test_the_last_owner_key_may_be_rotated(ledger: Ledger) -> None:
    """PARTIES-007, PARTIES-009."""
    ledger.do(ALICE, RotateKey(NEW))
    assert Permission.MANAGE_KEYS in may(ledger, ALICE, NEW)
    ledger.expect(RevokeKeyRejection.LAST_OWNER_KEY_MUST_STAY, ALICE, RevokeKey(NEW), key=NEW)
