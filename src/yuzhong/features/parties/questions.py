"""What other features ask of `parties`: may this key, may this party, and up to which value."""

from __future__ import annotations

from yuzhong.features.parties.tables import AUTHORIZATIONS, PARTIES, PARTY_KEYS
from yuzhong.features.parties.types import KeyRole, PartyKey, Permission, Role
from yuzhong.ledger.feature import Context
from yuzhong.ledger.numbers import Money, PartyId
from yuzhong.ledger.state import State

PERMISSIONS = {
    KeyRole.OWNER: (Permission.MANAGE_KEYS, Permission.OPERATE, Permission.TRADE),
    KeyRole.OPERATIONS: (Permission.OPERATE, Permission.TRADE),
    KeyRole.TRADING: (Permission.TRADE,),
}
"""What each role of a key is good for (PARTIES-006)."""


def key_may(state: State, context: Context, permission: Permission) -> bool:
    """Whether the key that signed may do such a thing for the party it names (PARTIES-005). True in genesis."""
    if context.is_genesis:
        return True
    key = PARTY_KEYS.get(state, context.key)
    return (
        key is not None
        and key.party == context.party
        and key_in_force(key, context)
        and permission in PERMISSIONS[key.role]
    )


def key_in_force(key: PartyKey, context: Context) -> bool:
    """Whether a key is neither revoked nor past its time (PARTIES-005)."""
    return not key.revoked and (key.expires_at is None or context.time < key.expires_at)


def party_exists(state: State, party: PartyId) -> bool:
    """Whether such a party was admitted."""
    return PARTIES.get(state, party) is not None


def has_role(state: State, party: PartyId, role: Role) -> bool:
    """Whether the party holds the role now. False for one that was not admitted."""
    row = PARTIES.get(state, party)
    return row is not None and bool(row.roles >> role & 1)


def signer_is(state: State, context: Context, role: Role) -> bool:
    """Whether the party acted for holds the role (PARTIES-003). True in genesis. Ask `key_may` of the key too."""
    return context.is_genesis or has_role(state, context.party, role)


def may_trade_for(state: State, context: Context, owner: PartyId) -> bool:
    """Whether the party acted for may place the owner's orders (PARTIES-010).

    The owner itself may, and a member whose authorization is in force. Ask `key_may` of the key too.
    """
    if context.party == owner:
        return True
    row = AUTHORIZATIONS.get(state, owner, context.party)
    return row is not None and context.time < row.expires_at and has_role(state, context.party, Role.MEMBER)


def order_value_limit(state: State, context: Context, owner: PartyId) -> Money | None:
    """The largest value of an order on the owner's account that this key may sign, None for no limit (PARTIES-011).

    The tighter of the key's own limit and of the authorization's, where a member acts. Ask `may_trade_for` first.
    """
    key = PARTY_KEYS.get(state, context.key)
    of_key = None if key is None else key.order_value_max
    if context.party == owner:
        return of_key
    row = AUTHORIZATIONS.get(state, owner, context.party)
    of_authorization = None if row is None else row.order_value_max
    if of_key is None or of_authorization is None:
        return of_authorization if of_key is None else of_key
    return min(of_key, of_authorization)
