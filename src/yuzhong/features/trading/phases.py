"""Which order is taken in which phase, and which phase may follow which: tables to be read, and walked by a test."""

from __future__ import annotations

from yuzhong.features.instruments.types import Phase
from yuzhong.features.trading.types import OrdType, TimeInForce

AUCTIONS = (Phase.OPENING_AUCTION, Phase.CLOSING_AUCTION, Phase.VOLATILITY_AUCTION)
"""Orders only accumulate; leaving it for another phase that is no auction uncrosses."""

_RESTING = ((OrdType.LIMIT, TimeInForce.DAY), (OrdType.LIMIT, TimeInForce.GTC))
_IMMEDIATE = ((OrdType.LIMIT, TimeInForce.IOC), (OrdType.LIMIT, TimeInForce.FOK))

ACCEPTED: dict[Phase, tuple[tuple[OrdType, TimeInForce], ...]] = {
    Phase.PRE_TRADING: (),
    Phase.OPENING_AUCTION: _RESTING,
    Phase.CONTINUOUS: _RESTING + _IMMEDIATE,
    Phase.CLOSING_AUCTION: _RESTING,
    Phase.POST_TRADING: (),
    Phase.VOLATILITY_AUCTION: _RESTING,
    Phase.BREAK: (),
    Phase.CLOSED: (),
}
"""Phase -> orders that may be placed, and, being open, replaced. Cancelling is possible in every phase."""

FOLLOWING: dict[Phase, tuple[Phase, ...]] = {
    Phase.PRE_TRADING: (Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSED),
    Phase.OPENING_AUCTION: (Phase.CONTINUOUS, Phase.BREAK, Phase.POST_TRADING),
    Phase.CONTINUOUS: (
        Phase.CLOSING_AUCTION,
        Phase.VOLATILITY_AUCTION,
        Phase.BREAK,
        Phase.POST_TRADING,
        Phase.CLOSED,
    ),
    Phase.CLOSING_AUCTION: (Phase.POST_TRADING, Phase.CONTINUOUS),
    Phase.POST_TRADING: (Phase.PRE_TRADING, Phase.OPENING_AUCTION, Phase.CLOSED),
    Phase.VOLATILITY_AUCTION: (Phase.CONTINUOUS, Phase.OPENING_AUCTION, Phase.CLOSING_AUCTION, Phase.POST_TRADING),
    Phase.BREAK: (Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSING_AUCTION, Phase.POST_TRADING, Phase.CLOSED),
    Phase.CLOSED: (Phase.PRE_TRADING, Phase.OPENING_AUCTION, Phase.CONTINUOUS),
}
"""Phase -> phases into which market control may change it."""


def uncrosses(before: Phase, after: Phase) -> bool:
    """Whether going from one phase to the other uncrosses the book."""
    return before in AUCTIONS and after not in AUCTIONS
