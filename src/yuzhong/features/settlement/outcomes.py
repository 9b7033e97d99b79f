"""What comes of transactions on settlement: events, and rejections in order of precedence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.numbers import Money, PartyId


@dataclass(frozen=True, slots=True)
class ChargeSet:
    """Orders entered from now on are charged so."""

    TAG: ClassVar[int] = 1451
    instrument: InstrumentId
    per_order: Money
    account: AccountId
    by: PartyId


class SetChargeRejection(IntEnum):
    """Why a charge is not set."""

    KEY_MUST_BE_ALLOWED_TO_OPERATE = 140101
    SIGNER_MUST_BE_OPERATOR = 140102
    INSTRUMENT_MUST_BE_LISTED = 140103
    ACCOUNT_MUST_EXIST = 140104
    ACCOUNT_MUST_BE_OPEN = 140105
    ACCOUNT_MUST_BE_OWN = 140106
