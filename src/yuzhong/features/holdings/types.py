"""Words of `holdings` that other features may use: ids, kinds, purposes, and the rows behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NewType

from yuzhong.ledger.numbers import Length, PartyId, Range, Units

AccountId = NewType("AccountId", int)
"""An account's number, chosen by whoever opens it."""
Reference = NewType("Reference", str)
"""The signer's own word for a movement, e.g. a payment's number; at most 64 bytes."""
DutyCount = NewType("DutyCount", int)
"""How many rules name an account and need it open."""

BOUNDS = {
    AccountId: Range(1, 2**62 - 1),
    Reference: Length(0, 64),
    DutyCount: Range(0, 2**32 - 1),
}


class AccountKind(IntEnum):
    """For whom an account is kept."""

    OWN = 1
    """The owner's, served by itself."""
    CLIENT = 2
    """The owner's, served by a member."""
    NOMINEE = 3
    """Omnibus: in the member's name for owners that it reports."""


class AccountStatus(IntEnum):
    """Whether an account may still receive anything."""

    OPEN = 1
    CLOSED = 2
    """For ever; its number is not used again."""


class Purpose(IntEnum):
    """What somebody wants available units for; `available` may answer each differently."""

    SELL = 1
    BUY = 2
    """Cash that pays for a purchase."""
    TRANSFER = 3
    WITHDRAW = 4
    """Cash that leaves the ledger, units that are retired."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account."""

    TAG: ClassVar[int] = 1
    owner: PartyId
    """The beneficial owner; of a NOMINEE account the member in whose name it stands."""
    member: PartyId
    """Who serves it; the owner itself for OWN and NOMINEE."""
    kind: AccountKind
    status: AccountStatus
    duties: DutyCount
    """Rules that need it open, e.g. a charge that is paid to it."""


@dataclass(frozen=True, slots=True)
class Position:
    """One account's holding of one instrument."""

    TAG: ClassVar[int] = 1
    total: Units
    """All that the account has, e.g. 1000."""
    held: Units
    """Of `total`, what open orders hold, e.g. 400; never more than `total`."""
