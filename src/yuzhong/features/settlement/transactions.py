"""What may be asked of `settlement`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.numbers import Money


@dataclass(frozen=True, slots=True)
class SetCharge:
    """The operator sets what an order in an instrument costs from now on, and who gets it."""

    TAG: ClassVar[int] = 1401
    instrument: InstrumentId
    per_order: Money
    """Flat, once with the first fill; 0 for none."""
    account: AccountId
    """Where charges are paid to."""
