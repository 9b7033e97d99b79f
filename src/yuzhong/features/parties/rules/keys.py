"""Which keys act for a party, and for what."""

from __future__ import annotations

from dataclasses import replace

from yuzhong.features.parties.outcomes import (
    AddKeyRejection,
    KeyAdded,
    KeyRevoked,
    KeyRotated,
    RevokeKeyRejection,
    RotateKeyRejection,
)
from yuzhong.features.parties.questions import key_may
from yuzhong.features.parties.tables import PARTIES, PARTY_KEYS
from yuzhong.features.parties.transactions import AddKey, RevokeKey, RotateKey
from yuzhong.features.parties.types import (
    KEYS_MAX,
    KEYS_REGISTERED_MAX,
    KeyCount,
    KeyRole,
    KeysRegistered,
    PartyKey,
    Permission,
)
from yuzhong.ledger import sequences
from yuzhong.ledger.feature import Context
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State


def add_key(state: State, tx: AddKey, context: Context) -> Outcome:
    """Register one more key of the signer (PARTIES-004, PARTIES-007, PARTIES-008)."""
    # READ
    party = PARTIES.get(state, context.party)
    known = PARTY_KEYS.get(state, tx.key)
    is_owner = tx.role is KeyRole.OWNER
    is_limited = tx.order_value_max is not None or tx.expires_at is not None

    # CHECK, in the order of AddKeyRejection
    if party is None or not key_may(state, context, Permission.MANAGE_KEYS):
        return Rejected(AddKeyRejection.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS)
    if known is not None:
        return Rejected(AddKeyRejection.KEY_MUST_BE_NEW)
    if is_owner and is_limited:
        return Rejected(AddKeyRejection.OWNER_KEY_MUST_NOT_BE_LIMITED)
    if tx.expires_at is not None and tx.expires_at <= context.time:
        return Rejected(AddKeyRejection.EXPIRY_MUST_BE_AHEAD)
    if party.keys >= KEYS_MAX:
        return Rejected(AddKeyRejection.KEYS_MUST_NOT_EXCEED_MAX)
    if party.keys_registered >= KEYS_REGISTERED_MAX:
        return Rejected(AddKeyRejection.KEYS_REGISTERED_MUST_NOT_EXCEED_MAX)

    # From here on the transaction must succeed.
    # WRITE
    PARTIES.put(
        state,
        context.party,
        row=replace(
            party,
            keys=KeyCount(party.keys + 1),
            owner_keys=KeyCount(party.owner_keys + is_owner),
            keys_registered=KeysRegistered(party.keys_registered + 1),
        ),
    )
    row = PartyKey(context.party, tx.role, tx.order_value_max, tx.expires_at, revoked=False)
    PARTY_KEYS.put(state, tx.key, row=row)
    sequences.open_window(state, tx.key)

    # EMIT
    return Accepted(KeyAdded(context.party, tx.key, tx.role, tx.order_value_max, tx.expires_at))


def revoke_key(state: State, tx: RevokeKey, context: Context) -> Outcome:
    """End one of the signer's keys for ever (PARTIES-004, PARTIES-007)."""
    # READ
    party = PARTIES.get(state, context.party)
    row = PARTY_KEYS.get(state, tx.key)

    # CHECK, in the order of RevokeKeyRejection
    if party is None or not key_may(state, context, Permission.MANAGE_KEYS):
        return Rejected(RevokeKeyRejection.KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS)
    if row is None or row.party != context.party:
        return Rejected(RevokeKeyRejection.REVOKED_KEY_MUST_BE_OF_SIGNER)
    if row.revoked:
        return Rejected(RevokeKeyRejection.REVOKED_KEY_MUST_NOT_BE_REVOKED_BEFORE)
    is_owner = row.role is KeyRole.OWNER
    if is_owner and party.owner_keys == 1:
        return Rejected(RevokeKeyRejection.LAST_OWNER_KEY_MUST_STAY)

    # From here on the transaction must succeed.
    # WRITE
    fewer = replace(party, keys=KeyCount(party.keys - 1), owner_keys=KeyCount(party.owner_keys - is_owner))
    PARTIES.put(state, context.party, row=fewer)
    PARTY_KEYS.put(state, tx.key, row=replace(row, revoked=True))

    # EMIT
    return Accepted(KeyRevoked(context.party, tx.key))


def rotate_key(state: State, tx: RotateKey, context: Context) -> Outcome:
    """Replace the key that signs by a new one with the same role, limit and expiry (PARTIES-009)."""
    # READ
    party = PARTIES.get(state, context.party)
    old = PARTY_KEYS.get(state, context.key)
    known = PARTY_KEYS.get(state, tx.new_key)

    # CHECK, in the order of RotateKeyRejection
    if party is None or old is None or not key_may(state, context, Permission.TRADE):
        return Rejected(RotateKeyRejection.KEY_MUST_BE_IN_FORCE)
    if known is not None:
        return Rejected(RotateKeyRejection.NEW_KEY_MUST_BE_NEW)
    if party.keys_registered >= KEYS_REGISTERED_MAX:
        return Rejected(RotateKeyRejection.KEYS_REGISTERED_MUST_NOT_EXCEED_MAX)

    # From here on the transaction must succeed.
    # WRITE
    PARTIES.put(state, context.party, row=replace(party, keys_registered=KeysRegistered(party.keys_registered + 1)))
    PARTY_KEYS.put(state, context.key, row=replace(old, revoked=True))
    PARTY_KEYS.put(state, tx.new_key, row=old)
    sequences.open_window(state, tx.new_key)

    # EMIT
    return Accepted(KeyRotated(context.party, context.key, tx.new_key))
