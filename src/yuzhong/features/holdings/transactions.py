"""What may be asked of `holdings`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from yuzhong.features.holdings.types import AccountId, AccountKind, Reference
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.numbers import PartyId, Units


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """A member opens an account for itself or a client, or the operator one for a party that serves itself."""

    TAG: ClassVar[int] = 1301
    account: AccountId
    """A number that no account has or had."""
    owner: PartyId
    kind: AccountKind


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """The owner or the serving member closes an empty account for ever."""

    TAG: ClassVar[int] = 1302
    account: AccountId


@dataclass(frozen=True, slots=True)
class IssueUnits:
    """An instrument's issuer creates units: a settlement bank against money it received, an issuer by its own right."""

    TAG: ClassVar[int] = 1303
    instrument: InstrumentId
    account: AccountId
    quantity: Units
    reference: Reference
    """E.g. the number of the payment that the bank received."""


@dataclass(frozen=True, slots=True)
class RetireUnits:
    """An instrument's issuer makes units on an account of its own cease to be, e.g. after it paid them out."""

    TAG: ClassVar[int] = 1304
    instrument: InstrumentId
    account: AccountId
    quantity: Units
    reference: Reference


@dataclass(frozen=True, slots=True)
class TransferUnits:
    """The owner of an account moves free units to another."""

    TAG: ClassVar[int] = 1305
    source: AccountId
    target: AccountId
    instrument: InstrumentId
    quantity: Units
    reference: Reference
