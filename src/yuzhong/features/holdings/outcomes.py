"""What comes of transactions on holdings: events, and rejections in order of precedence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from yuzhong.features.holdings.types import AccountId, AccountKind, Reference
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.numbers import PartyId, Units


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """An account may receive units."""

    TAG: ClassVar[int] = 1351
    account: AccountId
    owner: PartyId
    member: PartyId
    kind: AccountKind


@dataclass(frozen=True, slots=True)
class AccountClosed:
    """An account is closed for ever."""

    TAG: ClassVar[int] = 1352
    account: AccountId
    by: PartyId


@dataclass(frozen=True, slots=True)
class UnitsIssued:
    """Units came into being."""

    TAG: ClassVar[int] = 1353
    instrument: InstrumentId
    account: AccountId
    quantity: Units
    reference: Reference
    by: PartyId


@dataclass(frozen=True, slots=True)
class UnitsRetired:
    """Units ceased to be."""

    TAG: ClassVar[int] = 1354
    instrument: InstrumentId
    account: AccountId
    quantity: Units
    reference: Reference
    by: PartyId


@dataclass(frozen=True, slots=True)
class UnitsTransferred:
    """Units moved from one account to another."""

    TAG: ClassVar[int] = 1355
    source: AccountId
    target: AccountId
    instrument: InstrumentId
    quantity: Units
    reference: Reference
    by: PartyId


class OpenAccountRejection(IntEnum):
    """Why an account is not opened."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 130101
    SIGNER_MUST_BE_MEMBER_OR_OPERATOR = 130102
    ACCOUNT_MUST_BE_NEW = 130103
    OWNER_MUST_EXIST = 130104
    SIGNER_MUST_BE_MEMBER = 130105
    CLIENT_MUST_NOT_BE_SIGNER = 130106
    OWNER_MUST_BE_SIGNER = 130107


class CloseAccountRejection(IntEnum):
    """Why an account is not closed."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 130201
    ACCOUNT_MUST_EXIST = 130202
    SIGNER_MUST_BE_OWNER_OR_MEMBER = 130203
    ACCOUNT_MUST_BE_OPEN = 130204
    ACCOUNT_MUST_BE_EMPTY = 130205
    ACCOUNT_MUST_NOT_BE_NEEDED = 130206


class IssueUnitsRejection(IntEnum):
    """Why units are not issued."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 130301
    INSTRUMENT_MUST_EXIST = 130302
    SIGNER_MUST_BE_ISSUER = 130303
    ISSUER_MUST_HOLD_ROLE = 130304
    ACCOUNT_MUST_EXIST = 130305
    ACCOUNT_MUST_BE_OPEN = 130306
    QUANTITY_MUST_BE_POSITIVE = 130307
    LIMIT_MUST_NOT_BE_EXCEEDED = 130308


class RetireUnitsRejection(IntEnum):
    """Why units are not retired."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 130401
    INSTRUMENT_MUST_EXIST = 130402
    SIGNER_MUST_BE_ISSUER = 130403
    ACCOUNT_MUST_EXIST = 130404
    SIGNER_MUST_OWN_ACCOUNT = 130405
    ACCOUNT_MUST_NOT_BE_NOMINEE = 130406
    QUANTITY_MUST_BE_POSITIVE = 130407
    QUANTITY_MUST_BE_AVAILABLE = 130408


class TransferUnitsRejection(IntEnum):
    """Why units are not transferred."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 130501
    SOURCE_MUST_EXIST = 130502
    SIGNER_MUST_OWN_SOURCE = 130503
    TARGET_MUST_EXIST = 130504
    TARGET_MUST_BE_OPEN = 130505
    TARGET_MUST_NOT_BE_SOURCE = 130506
    INSTRUMENT_MUST_EXIST = 130507
    QUANTITY_MUST_BE_POSITIVE = 130508
    QUANTITY_MUST_BE_AVAILABLE = 130509
