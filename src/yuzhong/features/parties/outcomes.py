"""What comes of transactions on parties: events, and rejections in order of precedence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from yuzhong.features.parties.types import KeyRole, PartyKind, PartyName, Role, RoleMask, Scope
from yuzhong.ledger.numbers import Hash, KeyId, Millis, Money, PartyId


@dataclass(frozen=True, slots=True)
class PartyAdmitted:
    """A party may act from now on."""

    TAG: ClassVar[int] = 1051
    party: PartyId
    kind: PartyKind
    name: PartyName
    digest: Hash
    roles: RoleMask
    key: KeyId
    by: PartyId
    """The registrar; 0 in genesis."""


@dataclass(frozen=True, slots=True)
class RoleGranted:
    """A party holds one more role."""

    TAG: ClassVar[int] = 1052
    party: PartyId
    role: Role
    by: PartyId


@dataclass(frozen=True, slots=True)
class RoleEnded:
    """A party holds a role no longer."""

    TAG: ClassVar[int] = 1053
    party: PartyId
    role: Role
    by: PartyId


@dataclass(frozen=True, slots=True)
class KeyAdded:
    """A party has one more key."""

    TAG: ClassVar[int] = 1054
    party: PartyId
    key: KeyId
    role: KeyRole
    order_value_max: Money | None
    expires_at: Millis | None


@dataclass(frozen=True, slots=True)
class KeyRevoked:
    """A key may do nothing more."""

    TAG: ClassVar[int] = 1055
    party: PartyId
    key: KeyId


@dataclass(frozen=True, slots=True)
class KeyRotated:
    """A key is replaced by another."""

    TAG: ClassVar[int] = 1056
    party: PartyId
    old_key: KeyId
    new_key: KeyId


@dataclass(frozen=True, slots=True)
class AuthorizationGranted:
    """A member may act for an owner."""

    TAG: ClassVar[int] = 1057
    owner: PartyId
    member: PartyId
    scope: Scope
    order_value_max: Money | None
    expires_at: Millis


@dataclass(frozen=True, slots=True)
class AuthorizationEnded:
    """The owner ended an authorization."""

    TAG: ClassVar[int] = 1058
    owner: PartyId
    member: PartyId


@dataclass(frozen=True, slots=True)
class AuthorizationExpired:
    """An authorization's time is over and its row is gone."""

    TAG: ClassVar[int] = 1059
    owner: PartyId
    member: PartyId


class AdmitPartyRejection(IntEnum):
    """Why a party is not admitted."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 100101
    SIGNER_MUST_BE_REGISTRAR = 100102
    PARTY_MUST_NOT_BE_ZERO = 100103
    PARTY_MUST_BE_NEW = 100104
    ORGANISATION_MUST_HAVE_NAME_ONLY = 100105
    PERSON_MUST_HAVE_DIGEST_ONLY = 100106
    KEY_MUST_BE_NEW = 100107


class GrantRoleRejection(IntEnum):
    """Why a role is not granted."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 100201
    SIGNER_MUST_BE_REGISTRAR = 100202
    PARTY_MUST_EXIST = 100203
    PARTY_MUST_NOT_BE_SIGNER = 100204
    ROLE_MUST_NOT_BE_HELD = 100205


class EndRoleRejection(IntEnum):
    """Why a role is not ended."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 100301
    SIGNER_MUST_BE_REGISTRAR = 100302
    PARTY_MUST_EXIST = 100303
    PARTY_MUST_NOT_BE_SIGNER = 100304
    ROLE_MUST_BE_HELD = 100305


class AddKeyRejection(IntEnum):
    """Why a key is not added."""

    KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS = 100401
    KEY_MUST_BE_NEW = 100402
    OWNER_KEY_MUST_NOT_BE_LIMITED = 100403
    EXPIRY_MUST_BE_AHEAD = 100404
    KEYS_MUST_NOT_EXCEED_MAX = 100405
    KEYS_REGISTERED_MUST_NOT_EXCEED_MAX = 100406


class RevokeKeyRejection(IntEnum):
    """Why a key is not revoked."""

    KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS = 100501
    REVOKED_KEY_MUST_BE_OF_SIGNER = 100502
    REVOKED_KEY_MUST_NOT_BE_REVOKED_BEFORE = 100503
    LAST_OWNER_KEY_MUST_STAY = 100504


class RotateKeyRejection(IntEnum):
    """Why a key is not replaced."""

    KEY_MUST_BE_IN_FORCE = 100601
    NEW_KEY_MUST_BE_NEW = 100602
    KEYS_REGISTERED_MUST_NOT_EXCEED_MAX = 100603


class GrantAuthorizationRejection(IntEnum):
    """Why an authorization is not granted."""

    KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS = 100701
    MEMBER_MUST_NOT_BE_SIGNER = 100702
    MEMBER_MUST_HOLD_ROLE = 100703
    EXPIRY_MUST_BE_AHEAD = 100704
    AUTHORIZATIONS_MUST_NOT_EXCEED_MAX = 100705


class EndAuthorizationRejection(IntEnum):
    """Why an authorization is not ended."""

    KEY_MUST_BE_ALLOWED_TO_MANAGE_KEYS = 100801
    AUTHORIZATION_MUST_EXIST = 100802
