"""Who is admitted, and as what."""

from __future__ import annotations

from dataclasses import replace

from yuzhong.features.parties.outcomes import (
    AdmitPartyRejection,
    EndRoleRejection,
    GrantRoleRejection,
    PartyAdmitted,
    RoleEnded,
    RoleGranted,
)
from yuzhong.features.parties.questions import has_role, key_may, party_exists, signer_is
from yuzhong.features.parties.tables import PARTIES, PARTY_KEYS
from yuzhong.features.parties.transactions import AdmitParty, EndRole, GrantRole
from yuzhong.features.parties.types import (
    NO_DIGEST,
    AuthorizationCount,
    KeyCount,
    KeyRole,
    KeysRegistered,
    Party,
    PartyKey,
    PartyKind,
    Permission,
    Role,
    RoleMask,
)
from yuzhong.ledger import sequences
from yuzhong.ledger.feature import Context
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State


def admit_party(state: State, tx: AdmitParty, context: Context) -> Outcome:
    """Enter a party and its first key in the register (PARTIES-001, PARTIES-002, PARTIES-004)."""
    # READ
    known = party_exists(state, tx.party)
    key = PARTY_KEYS.get(state, tx.key)
    named, digested = tx.name != "", tx.digest != NO_DIGEST

    # CHECK, in the order of AdmitPartyRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(AdmitPartyRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not signer_is(state, context, Role.REGISTRAR):
        return Rejected(AdmitPartyRejection.SIGNER_MUST_BE_REGISTRAR)
    if tx.party == 0:
        return Rejected(AdmitPartyRejection.PARTY_MUST_NOT_BE_ZERO)
    if known:
        return Rejected(AdmitPartyRejection.PARTY_MUST_BE_NEW)
    if tx.kind is PartyKind.ORGANISATION and (not named or digested):
        return Rejected(AdmitPartyRejection.ORGANISATION_MUST_HAVE_NAME_ONLY)
    if tx.kind is PartyKind.PERSON and (named or not digested):
        return Rejected(AdmitPartyRejection.PERSON_MUST_HAVE_DIGEST_ONLY)
    if key is not None:
        return Rejected(AdmitPartyRejection.KEY_MUST_BE_NEW)

    # From here on the transaction must succeed.
    # WRITE
    roles = role_mask(tx.roles)
    one = KeyCount(1)
    party = Party(tx.kind, tx.name, tx.digest, roles, one, one, KeysRegistered(1), AuthorizationCount(0))
    PARTIES.put(state, tx.party, row=party)
    PARTY_KEYS.put(state, tx.key, row=PartyKey(tx.party, KeyRole.OWNER, None, None, revoked=False))
    sequences.open_window(state, tx.key)

    # EMIT
    return Accepted(PartyAdmitted(tx.party, tx.kind, tx.name, tx.digest, roles, tx.key, by=context.party))


def grant_role(state: State, tx: GrantRole, context: Context) -> Outcome:
    """Give a party a role (PARTIES-003)."""
    # READ
    party = PARTIES.get(state, tx.party)

    # CHECK, in the order of GrantRoleRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(GrantRoleRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not signer_is(state, context, Role.REGISTRAR):
        return Rejected(GrantRoleRejection.SIGNER_MUST_BE_REGISTRAR)
    if party is None:
        return Rejected(GrantRoleRejection.PARTY_MUST_EXIST)
    if tx.party == context.party:
        return Rejected(GrantRoleRejection.PARTY_MUST_NOT_BE_SIGNER)
    if has_role(state, tx.party, tx.role):
        return Rejected(GrantRoleRejection.ROLE_MUST_NOT_BE_HELD)

    # From here on the transaction must succeed.
    # WRITE
    PARTIES.put(state, tx.party, row=replace(party, roles=RoleMask(party.roles | 1 << tx.role)))

    # EMIT
    return Accepted(RoleGranted(tx.party, tx.role, by=context.party))


def end_role(state: State, tx: EndRole, context: Context) -> Outcome:
    """Take a role from a party (PARTIES-003)."""
    # READ
    party = PARTIES.get(state, tx.party)

    # CHECK, in the order of EndRoleRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(EndRoleRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not signer_is(state, context, Role.REGISTRAR):
        return Rejected(EndRoleRejection.SIGNER_MUST_BE_REGISTRAR)
    if party is None:
        return Rejected(EndRoleRejection.PARTY_MUST_EXIST)
    if tx.party == context.party:
        return Rejected(EndRoleRejection.PARTY_MUST_NOT_BE_SIGNER)
    if not has_role(state, tx.party, tx.role):
        return Rejected(EndRoleRejection.ROLE_MUST_BE_HELD)

    # From here on the transaction must succeed.
    # WRITE
    PARTIES.put(state, tx.party, row=replace(party, roles=RoleMask(party.roles & ~(1 << tx.role))))

    # EMIT
    return Accepted(RoleEnded(tx.party, tx.role, by=context.party))


def role_mask(roles: tuple[Role, ...]) -> RoleMask:
    """Roles as bits; naming one twice is naming it once."""
    mask = 0
    for role in roles:
        mask |= 1 << role
    return RoleMask(mask)
