"""What `settlement` remembers."""

from __future__ import annotations

from yuzhong.features.settlement.types import ChargeSchedule
from yuzhong.ledger.tables import Table

CHARGE_SCHEDULES = Table(
    3585,
    "charge_schedules",
    ("instrument:u32",),
    ChargeSchedule,
    bounded_by="one row a listed instrument",
    leaves="never, as its instrument; a charge of 0 is none",
)
