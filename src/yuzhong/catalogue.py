"""What this ledger can do: its features, bottom to top. Block execution depends on this list and on nothing else."""

from __future__ import annotations

from yuzhong.features.holdings.feature import FEATURE as HOLDINGS
from yuzhong.features.instruments.feature import FEATURE as INSTRUMENTS
from yuzhong.features.parties.feature import FEATURE as PARTIES
from yuzhong.features.settlement.feature import FEATURE as SETTLEMENT
from yuzhong.features.trading.feature import FEATURE as TRADING
from yuzhong.ledger.feature import Feature

FEATURES: tuple[Feature, ...] = (PARTIES, INSTRUMENTS, HOLDINGS, SETTLEMENT, TRADING)
