"""Decision tables of admission and roles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness import ALICE, BANK, MEMBER, OPERATOR, Ledger, Row, admission, features_up_to, first_key, key_named
from yuzhong.features.parties.outcomes import (
    AdmitPartyRejection,
    EndRoleRejection,
    GrantRoleRejection,
    PartyAdmitted,
    RoleEnded,
    RoleGranted,
)
from yuzhong.features.parties.questions import has_role, party_exists
from yuzhong.features.parties.tables import PARTIES, PARTY_KEYS
from yuzhong.features.parties.transactions import AdmitParty, EndRole, GrantRole
from yuzhong.features.parties.types import NO_DIGEST, KeyRole, PartyKey, PartyKind, PartyName, Role, RoleMask
from yuzhong.ledger.failures import Stop
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import Hash, PartyId
from yuzhong.ledger.outcomes import ACCEPTED, AdmissionRejection

FEATURES = features_up_to("parties")

DIGEST = Hash(b"\x01" * 32)
PERSON = AdmitParty(ALICE, PartyKind.PERSON, PartyName(""), DIGEST, (Role.INVESTOR,), first_key(ALICE))


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    ledger = Ledger(kernels, FEATURES)
    ledger.admit(MEMBER, Role.MEMBER)
    return ledger


def test_admit_party_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """PARTIES-001, PARTIES-002, PARTIES-003, PARTIES-004."""
    trading = ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    taken = replace(admission(BANK, name="Bank"), key=first_key(MEMBER))
    known = replace(taken, party=MEMBER, name=PartyName(""))
    nobody = replace(known, party=PartyId(0))
    person = replace(PERSON, key=first_key(MEMBER))
    code = AdmitPartyRejection
    ledger.decide(
        AdmitPartyRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, OPERATOR, nobody, key=trading),
            Row(code.SIGNER_MUST_BE_REGISTRAR, MEMBER, nobody),
            Row(code.PARTY_MUST_NOT_BE_ZERO, OPERATOR, nobody),
            Row(code.PARTY_MUST_BE_NEW, OPERATOR, known),
            Row(code.ORGANISATION_MUST_HAVE_NAME_ONLY, OPERATOR, replace(taken, name=PartyName(""))),
            Row(code.PERSON_MUST_HAVE_DIGEST_ONLY, OPERATOR, replace(person, digest=NO_DIGEST)),
            Row(code.KEY_MUST_BE_NEW, OPERATOR, taken),
        ],
    )
    ledger.expect(code.ORGANISATION_MUST_HAVE_NAME_ONLY, OPERATOR, replace(taken, digest=DIGEST))
    ledger.expect(code.PERSON_MUST_HAVE_DIGEST_ONLY, OPERATOR, replace(person, name=PartyName("Li")))


def test_an_organisation_is_admitted_by_its_name_with_a_key_that_may_do_everything(ledger: Ledger) -> None:
    """PARTIES-001."""
    events = ledger.do(OPERATOR, admission(BANK, Role.SETTLEMENT_BANK, Role.MEMBER, name="Bank"))
    mask = RoleMask(1 << Role.SETTLEMENT_BANK | 1 << Role.MEMBER)
    key = first_key(BANK)
    assert events == (
        PartyAdmitted(BANK, PartyKind.ORGANISATION, PartyName("Bank"), NO_DIGEST, mask, key, by=OPERATOR),
    )
    assert party_exists(ledger.state, BANK)
    assert has_role(ledger.state, BANK, Role.MEMBER)
    assert not has_role(ledger.state, BANK, Role.ISSUER)
    assert PARTY_KEYS.get(ledger.state, key) == PartyKey(BANK, KeyRole.OWNER, None, None, revoked=False)


def test_a_person_is_admitted_by_digest_and_nothing_else_says_who_it_is(ledger: Ledger) -> None:
    """PARTIES-002."""
    ledger.do(OPERATOR, PERSON)
    row = PARTIES.get(ledger.state, ALICE)
    assert row is not None
    assert (row.kind, row.name, row.digest) == (PartyKind.PERSON, "", DIGEST)


def test_whose_key_was_not_admitted_is_unknown_to_the_machine(ledger: Ledger) -> None:
    """PARTIES-005: a key that no party registered has no window."""
    ledger.expect(AdmissionRejection.KEY_MUST_BE_REGISTERED, ALICE, PERSON)


def test_a_genesis_that_admits_a_party_twice_is_refused(kernels: Kernels) -> None:
    """PARTIES-001."""
    with pytest.raises(Stop, match="AdmitParty is refused: PARTY_MUST_BE_NEW"):
        Ledger(kernels, FEATURES, acts=(admission(OPERATOR),))


def test_grant_role_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """PARTIES-003."""
    trading = ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    unknown = GrantRole(PartyId(99), Role.MEMBER)
    code = GrantRoleRejection
    ledger.decide(
        GrantRoleRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, OPERATOR, unknown, key=trading),
            Row(code.SIGNER_MUST_BE_REGISTRAR, MEMBER, unknown),
            Row(code.PARTY_MUST_EXIST, OPERATOR, unknown),
            Row(code.PARTY_MUST_NOT_BE_SIGNER, OPERATOR, GrantRole(OPERATOR, Role.OPERATOR)),
            Row(code.ROLE_MUST_NOT_BE_HELD, OPERATOR, GrantRole(MEMBER, Role.MEMBER)),
        ],
    )


def test_end_role_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """PARTIES-003."""
    trading = ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    unknown = EndRole(PartyId(99), Role.ISSUER)
    code = EndRoleRejection
    ledger.decide(
        EndRoleRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, OPERATOR, unknown, key=trading),
            Row(code.SIGNER_MUST_BE_REGISTRAR, MEMBER, unknown),
            Row(code.PARTY_MUST_EXIST, OPERATOR, unknown),
            Row(code.PARTY_MUST_NOT_BE_SIGNER, OPERATOR, EndRole(OPERATOR, Role.ISSUER)),
            Row(code.ROLE_MUST_BE_HELD, OPERATOR, EndRole(MEMBER, Role.ISSUER)),
        ],
    )


def test_a_role_is_granted_and_ended_and_acts_at_once(ledger: Ledger) -> None:
    """PARTIES-003."""
    assert ledger.do(OPERATOR, GrantRole(MEMBER, Role.REGISTRAR)) == (RoleGranted(MEMBER, Role.REGISTRAR, by=OPERATOR),)
    assert has_role(ledger.state, MEMBER, Role.MEMBER)
    ledger.expect(ACCEPTED, MEMBER, PERSON)
    assert ledger.do(OPERATOR, EndRole(MEMBER, Role.REGISTRAR)) == (RoleEnded(MEMBER, Role.REGISTRAR, by=OPERATOR),)
    assert has_role(ledger.state, MEMBER, Role.MEMBER)
    ledger.expect(AdmitPartyRejection.SIGNER_MUST_BE_REGISTRAR, MEMBER, replace(PERSON, key=key_named("other")))
