"""The market that a replay opens.

Rule profile as data, terms of the recorded instrument, people with more than enough of everything.
"""

from __future__ import annotations

from yuzhong.cli.opening import CASH, MarketPlan
from yuzhong.features.instruments.profiles import REPLAY
from yuzhong.features.instruments.types import ListedTerms, TickSize
from yuzhong.ledger.numbers import Money, Units

INVESTORS = 50
CENTS_A_TICK = Money(1_250)
"""The recorded contract: a tick is 0.25 index points of USD 50 each."""

PLAN = MarketPlan(
    seed="replay",
    investors=INVESTORS,
    profile=REPLAY,
    cash_symbol="USD",
    symbol="ESH4",
    name="E-mini S&P 500, March 2024",
    decimals=2,
    terms=ListedTerms(CASH, CENTS_A_TICK, TickSize(25), Units(1), REPLAY.profile),
    cash_each=Units(10**15),
    units_each=Units(10**9),
    charge=Money(0),
)
