"""What may be asked of `parties`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from yuzhong.features.parties.types import KeyRole, PartyKind, PartyName, Role, Scope
from yuzhong.ledger.numbers import AtMost, Hash, KeyId, Millis, Money, PartyId


@dataclass(frozen=True, slots=True)
class AdmitParty:
    """A registrar admits a party with its first key, which may do everything."""

    TAG: ClassVar[int] = 1001
    party: PartyId
    """A number above 0 that no party has."""
    kind: PartyKind
    name: PartyName
    """Of an organisation; empty for a person."""
    digest: Hash
    """Of a person's identity, salted; zeros for an organisation."""
    roles: Annotated[tuple[Role, ...], AtMost(8)]
    key: KeyId


@dataclass(frozen=True, slots=True)
class GrantRole:
    """A registrar gives another party a role."""

    TAG: ClassVar[int] = 1002
    party: PartyId
    role: Role


@dataclass(frozen=True, slots=True)
class EndRole:
    """A registrar takes a role from another party."""

    TAG: ClassVar[int] = 1003
    party: PartyId
    role: Role


@dataclass(frozen=True, slots=True)
class AddKey:
    """A party registers one more key of its own."""

    TAG: ClassVar[int] = 1004
    key: KeyId
    role: KeyRole
    order_value_max: Money | None
    """Largest value of an order that the key may sign; None for no limit."""
    expires_at: Millis | None
    """Ledger time from which the key may do nothing more; None: it does not expire."""


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """A party ends one of its keys for ever."""

    TAG: ClassVar[int] = 1005
    key: KeyId


@dataclass(frozen=True, slots=True)
class RotateKey:
    """The key that signs is replaced by a new one with the same role, limit and expiry."""

    TAG: ClassVar[int] = 1006
    new_key: KeyId


@dataclass(frozen=True, slots=True)
class GrantAuthorization:
    """An owner permits a member to act for it. Granted again, the new terms replace the old."""

    TAG: ClassVar[int] = 1007
    member: PartyId
    scope: Scope
    order_value_max: Money | None
    """Largest value of an order under it; None for no limit."""
    expires_at: Millis
    """Ledger time from which it is no longer in force."""


@dataclass(frozen=True, slots=True)
class EndAuthorization:
    """An owner ends what it granted a member."""

    TAG: ClassVar[int] = 1008
    member: PartyId
