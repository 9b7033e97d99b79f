"""What market the demo opens: one share, thirty investors, a thin profile of a training market."""

from __future__ import annotations

from yuzhong.cli.opening import CASH, MarketPlan
from yuzhong.features.instruments.profiles import SANDBOX_THIN
from yuzhong.features.instruments.types import ListedTerms, TickSize
from yuzhong.ledger.numbers import Millis, Money, Units

NAME = "demo"
LOT = Units(100)
REFERENCE_TICKS = 1_234
"""Around which participants price at first: CNY 12.34."""
OPENS_AT = Millis(1_795_395_600_000)
"""Ledger time of genesis: 2026-11-23 09:00 in UTC+8; the clock is driven, so every demo is the same day."""

PLAN = MarketPlan(
    seed="demo",
    investors=30,
    profile=SANDBOX_THIN,
    cash_symbol="CNY",
    symbol="600101",
    name="Yuzhong Water 渝中水务",
    decimals=2,
    terms=ListedTerms(CASH, Money(1), TickSize(1), LOT, SANDBOX_THIN.profile),
    cash_each=Units(2_000_000_00),
    units_each=Units(100_000),
    charge=Money(500),
)
