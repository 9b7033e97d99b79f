"""Rule profiles as dated data, each with its source: what an operator registers, in genesis or later."""

from __future__ import annotations

from yuzhong.features.instruments.transactions import RegisterProfile
from yuzhong.features.instruments.types import ProfileId, ProfileName, ProfileSource, TieRule
from yuzhong.ledger.numbers import Millis

REPLAY = RegisterProfile(
    ProfileId(1),
    ProfileName("replay"),
    TieRule.SHANGHAI,
    Millis(0),
    ProfileSource(
        "ours: for recorded order flow; no price limits, cage or self-trade prevention; "
        "auction price by Shanghai's rule, the middle of the candidates, half a tick up"
    ),
)
"""For replaying what another venue recorded. Ours alone, so it has no date before which it did not hold."""

SANDBOX_THIN = RegisterProfile(
    ProfileId(2),
    ProfileName("sandbox-thin"),
    TieRule.SHANGHAI,
    Millis(0),
    ProfileSource(
        "ours: training market; call auction by Shanghai's rule and continuous trading, opened and closed by market "
        "control; no price limits, cage, volatility interruption or self-trade prevention"
    ),
)
"""For demos and training, as far as its rules are built."""
