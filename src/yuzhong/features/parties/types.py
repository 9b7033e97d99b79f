"""Words of `parties` that other features may use: kinds, roles, scopes, and the rows behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NewType

from yuzhong.ledger.numbers import Hash, Length, Millis, Money, PartyId, Range, Salt

KEYS_MAX = 16
"""Keys that a party may have in force."""
KEYS_REGISTERED_MAX = 1_024
"""Keys that a party may ever register, revoked and rotated ones included."""
AUTHORIZATIONS_MAX = 64
"""Members that an owner may have authorized at one time."""
NO_DIGEST = Hash(bytes(32))
"""In place of a digest where there is none: an organisation goes by its name."""

PartyName = NewType("PartyName", str)
"""An organisation's registered name, e.g. "榆中城市银行"; empty for a person."""
RoleMask = NewType("RoleMask", int)
"""Roles as bits: bit n is set where the role numbered n is held."""
KeyCount = NewType("KeyCount", int)
"""How many keys a party has in force."""
KeysRegistered = NewType("KeysRegistered", int)
"""How many keys a party ever registered."""
AuthorizationCount = NewType("AuthorizationCount", int)
"""How many members an owner has authorized."""

BOUNDS = {
    PartyName: Length(0, 120),
    RoleMask: Range(0, 2**32 - 1),
    KeyCount: Range(0, KEYS_MAX),
    KeysRegistered: Range(0, KEYS_REGISTERED_MAX),
    AuthorizationCount: Range(0, AUTHORIZATIONS_MAX),
}


class PartyKind(IntEnum):
    """What a party is in law."""

    ORGANISATION = 1
    """Named in clear."""
    PERSON = 2
    """Known to the ledger only by a salted digest of the identity that the registrar checked."""


class Role(IntEnum):
    """What a party is admitted to do."""

    OPERATOR = 1
    """Runs the venue: registers instruments and profiles, sets charges."""
    REGISTRAR = 2
    """Admits parties, grants and ends roles."""
    MARKET_CONTROL = 3
    """The operator's desk that opens, halts and resumes by signed acts."""
    SETTLEMENT_BANK = 4
    """Issues cash units against deposits."""
    ISSUER = 5
    """Issues listed instruments."""
    MEMBER = 6
    """Serves clients: opens their accounts and, authorized by them, enters their orders."""
    INVESTOR = 7
    """Holds and trades for itself."""
    SUPERVISOR = 8
    """An agency that watches the market."""


class KeyRole(IntEnum):
    """What a key may do for its party."""

    OWNER = 1
    """Everything, the party's keys and authorizations included."""
    OPERATIONS = 2
    """Everything but keys and authorizations."""
    TRADING = 3
    """Orders only."""


class Permission(IntEnum):
    """What a rule asks of the key that signed."""

    MANAGE_KEYS = 1
    OPERATE = 2
    TRADE = 3


class Scope(IntEnum):
    """What an owner authorizes a member to do for it."""

    PLACE_ORDERS = 1
    """Enter, replace and cancel orders on the owner's accounts."""


@dataclass(frozen=True, slots=True)
class Party:
    """One admitted party."""

    TAG: ClassVar[int] = 1
    kind: PartyKind
    name: PartyName
    """Empty for a person."""
    digest: Hash
    """Salted digest of a person's identity; zeros for an organisation."""
    roles: RoleMask
    keys: KeyCount
    """In force, those past their expiry included until they are revoked."""
    owner_keys: KeyCount
    """Those among `keys` that may do everything; never 0."""
    keys_registered: KeysRegistered
    authorizations: AuthorizationCount


@dataclass(frozen=True, slots=True)
class PartyKey:
    """What one key may do now."""

    TAG: ClassVar[int] = 1
    party: PartyId
    """The one party that this key ever acts for."""
    role: KeyRole
    order_value_max: Money | None
    """Largest value of an order that it may sign, e.g. 100000000 for CNY 1,000,000.00; None for no limit."""
    expires_at: Millis | None
    """Ledger time from which it may do nothing more; None: it does not expire."""
    revoked: bool


@dataclass(frozen=True, slots=True)
class Authorization:
    """An owner's permission to a member to act for it."""

    TAG: ClassVar[int] = 1
    scope: Scope
    order_value_max: Money | None
    """Largest value of an order that the member may enter under it; None for no limit."""
    expires_at: Millis
    """Ledger time from which it is no longer in force."""
    salt: Salt
    """Of the transaction that granted it: blinds its later events."""
