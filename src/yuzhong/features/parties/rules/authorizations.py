"""Whom an owner permits to act for it, and how that ends."""

from __future__ import annotations

from dataclasses import replace

from yuzhong.features.parties.outcomes import (
    AuthorizationEnded,
    AuthorizationExpired,
    AuthorizationGranted,
    EndAuthorizationRejection,
    GrantAuthorizationRejection,
)
from yuzhong.features.parties.questions import has_role, key_may
from yuzhong.features.parties.tables import AUTHORIZATIONS, PARTIES
from yuzhong.features.parties.transactions import EndAuthorization, GrantAuthorization
from yuzhong.features.parties.types import (
    AUTHORIZATIONS_MAX,
    Authorization,
    AuthorizationCount,
    Party,
    Permission,
    Role,
)
from yuzhong.ledger import due
from yuzhong.ledger.failures import RuleFailed
from yuzhong.ledger.feature import Context
from yuzhong.ledger.numbers import Millis, PartyId
from yuzhong.ledger.outcomes import About, Accepted, Outcome, Rejected
from yuzhong.ledger.state import State

AUTHORIZATION_EXPIRY = 1001
"""Kind of due work: an authorization's time is over; its subject is owner and member."""


def grant_authorization(state: State, tx: GrantAuthorization, context: Context) -> Outcome:
    """Permit a member to place the signer's orders (PARTIES-010, PARTIES-012)."""
    # READ
    owner = context.party
    party = PARTIES.get(state, owner)
    before = AUTHORIZATIONS.get(state, owner, tx.member)

    # CHECK, in the order of GrantAuthorizationRejection
    if party is None or not key_may(state, context, Permission.MANAGE_KEYS):
        return Rejected(GrantAuthorizationRejection.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS)
    if tx.member == owner:
        return Rejected(GrantAuthorizationRejection.MEMBER_MUST_NOT_BE_SIGNER)
    if not has_role(state, tx.member, Role.MEMBER):
        return Rejected(GrantAuthorizationRejection.MEMBER_MUST_HOLD_ROLE)
    if tx.expires_at <= context.time:
        return Rejected(GrantAuthorizationRejection.EXPIRY_MUST_BE_AHEAD)
    if before is None and party.authorizations >= AUTHORIZATIONS_MAX:
        return Rejected(GrantAuthorizationRejection.AUTHORIZATIONS_MUST_NOT_EXCEED_MAX)

    # From here on the transaction must succeed.
    # WRITE
    if before is None:
        _count(state, owner, party, 1)
    else:
        _withdraw_expiry(state, owner, tx.member, before.expires_at)
    row = Authorization(tx.scope, tx.order_value_max, tx.expires_at, context.salt)
    AUTHORIZATIONS.put(state, owner, tx.member, row=row)
    due.put(state, due.DueClass.EXPIRIES, tx.expires_at, AUTHORIZATION_EXPIRY, due.subject(owner, tx.member))

    # EMIT
    return Accepted(AuthorizationGranted(owner, tx.member, tx.scope, tx.order_value_max, tx.expires_at))


def end_authorization(state: State, tx: EndAuthorization, context: Context) -> Outcome:
    """Take back what the signer granted a member (PARTIES-012)."""
    # READ
    owner = context.party
    party = PARTIES.get(state, owner)
    row = AUTHORIZATIONS.get(state, owner, tx.member)

    # CHECK, in the order of EndAuthorizationRejection
    if party is None or not key_may(state, context, Permission.MANAGE_KEYS):
        return Rejected(EndAuthorizationRejection.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS)
    if row is None:
        return Rejected(EndAuthorizationRejection.AUTHORIZATION_MUST_EXIST)

    # From here on the transaction must succeed.
    # WRITE
    _withdraw_expiry(state, owner, tx.member, row.expires_at)
    AUTHORIZATIONS.delete(state, owner, tx.member)
    _count(state, owner, party, -1)

    # EMIT
    return Accepted(AuthorizationEnded(owner, tx.member))


def expire_authorization(state: State, subject: bytes, context: Context) -> Outcome:
    """Remove an authorization whose time is over (PARTIES-012). Raises RuleFailed where there is none such."""
    # READ
    first, second = due.subject_numbers(subject)
    owner, member = PartyId(first), PartyId(second)
    party = PARTIES.get(state, owner)
    row = AUTHORIZATIONS.get(state, owner, member)
    if party is None or row is None or context.time < row.expires_at:
        raise RuleFailed(f"no authorization of {owner} to {member} is over")

    # From here on the transaction must succeed.
    # WRITE
    AUTHORIZATIONS.delete(state, owner, member)
    _count(state, owner, party, -1)

    # EMIT
    return Accepted(About(row.salt, AuthorizationExpired(owner, member)))


def _count(state: State, owner: PartyId, party: Party, change: int) -> None:
    PARTIES.put(state, owner, row=replace(party, authorizations=AuthorizationCount(party.authorizations + change)))


def _withdraw_expiry(state: State, owner: PartyId, member: PartyId, expires_at: Millis) -> None:
    due.withdraw(state, due.DueClass.EXPIRIES, expires_at, AUTHORIZATION_EXPIRY, due.subject(owner, member))
