"""Real order flow: what one exchange was asked on one evening, and whether this book answers as that exchange did."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.harness import ALICE, BOB, OPERATOR, SHARE
from yuzhong.features.holdings.types import AccountId
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.outcomes import AuctionUncrossed, OrderExecuted
from yuzhong.features.trading.tests.venue import Venue, order, replacement, venue
from yuzhong.features.trading.transactions import CancelOrder, ChangePhase
from yuzhong.features.trading.types import ClOrdId, Liquidity, TimeInForce
from yuzhong.ledger.kernels import choose
from yuzhong.ledger.numbers import PartyId, Ticks, Units

DATA = Path(__file__).resolve().parents[5].parent / "shared" / "data" / "order-flow"
BLOCK = 500
Fills = dict[str, Counter[tuple[str, int]]]
"""By command: quantity by (resting order, price)."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded order flow is not in ../shared/data/order-flow")


@dataclass
class Played:
    """What came of the recorded commands."""

    root: bytes = b""
    fills: Fills = field(default_factory=lambda: defaultdict(Counter))
    uncross: str = ""
    """The command that ended the auction."""
    auction: AuctionUncrossed | None = None
    refused: Counter[str] = field(default_factory=Counter)


def play(kernels: str) -> Played:
    """Every recorded command as a transaction, orders by turns of two owners, in blocks cut by count."""
    market = venue(choose(kernels), Phase.OPENING_AUCTION, charge=3)
    owners: dict[str, PartyId] = {}
    played = Played()
    commands = _read("commands.csv.gz")
    for start in range(0, len(commands), BLOCK):
        slice_of = commands[start : start + BLOCK]
        _play_block(market, played, slice_of, [_transaction(command, owners) for command in slice_of])
    played.root = market.ledger.root()
    return played


def _play_block(
    market: Venue, played: Played, commands: list[dict[str, str]], transactions: list[tuple[PartyId, Any]]
) -> None:
    receipts = market.ledger.block(*transactions)
    assert market.ledger.applied.due_count == 0
    for command, receipt in zip(commands, receipts, strict=True):
        if receipt.code:
            played.refused[market.ledger.machine.code_name(receipt.code)] += 1
        for event in receipt.events:
            if isinstance(event, AuctionUncrossed):
                played.uncross, played.auction = command["command_id"], event
            elif isinstance(event, OrderExecuted) and event.liquidity is not Liquidity.REMOVED:
                played.fills[command["command_id"]][event.cl_ord_id, event.last_px] += event.last_qty


def _transaction(command: dict[str, str], owners: dict[str, PartyId]) -> tuple[PartyId, Any]:
    name = command["order_id"]
    match command["command"]:
        case "NEW":
            owner = owners[name] = (ALICE, BOB)[len(owners) % 2]
            price, quantity = int(command["price_ticks"]), int(command["quantity"])
            display = int(command["display_quantity"]) if command["display_quantity"] else None
            validity = TimeInForce[command["time_in_force"]]
            side = Side[command["side"]]
            return owner, order(name, side, price, quantity, account=owner, display=display, validity=validity)
        case "REPLACE":
            owner = owners[name]
            return owner, replacement(name, int(command["price_ticks"]), int(command["quantity"]), account=owner)
        case "CANCEL":
            return owners[name], CancelOrder(AccountId(owners[name]), ClOrdId(name))
        case _:
            return OPERATOR, ChangePhase(SHARE, Phase.CONTINUOUS)


def _read(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt", encoding="ascii") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def played() -> Played:
    """The whole evening, played once."""
    return play("rust")


@pytest.fixture(scope="module")
def recorded() -> Fills:
    """The exchange's own fills."""
    fills: Fills = defaultdict(Counter)
    for row in _read("fills.csv.gz"):
        fills[row["command_id"]][row["resting_order_id"], int(row["price_ticks"])] += int(row["quantity"])
    return fills


def test_auction_3(played: Played, recorded: Fills) -> None:
    """AUCTION-3 of the worked examples: the real opening auction, every allocation (TRADING-017, TRADING-020)."""
    auction = played.auction
    assert auction is not None
    assert (auction.price, auction.matched) == (Ticks(19_201), Units(44))
    assert len(played.fills[played.uncross]) == 35
    assert played.fills[played.uncross] == recorded[played.uncross]


def test_real_order_flow_fills_as_the_exchange_filled_it(played: Played, recorded: Fills) -> None:
    """TRADING-012, TRADING-013, TRADING-021: all but five commands, which met icebergs that nobody outside knows."""
    assert len(recorded) == 1_283
    assert sum(played.fills[command] == fills for command, fills in recorded.items()) >= 1_278
    assert [command for command in played.fills if command not in recorded] == []
    assert played.refused == {"ORDER_MUST_BE_OPEN": 2}


@pytest.mark.slow
def test_real_order_flow_gives_the_same_root_with_the_python_kernels(played: Played) -> None:
    """TRADING-012: the definition and the compiled functions agree on every row."""
    assert play("python").root == played.root
