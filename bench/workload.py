"""The load of the benchmarks: a market of a thousand signers, and orders of which every few trade."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.report import ROOT
from yuzhong.catalogue import FEATURES
from yuzhong.cli.opening import CASH, LISTED, Market, MarketPlan, Trader, make_market, market_genesis
from yuzhong.client.signing import Chain
from yuzhong.features.instruments.profiles import SANDBOX_THIN
from yuzhong.features.instruments.types import ListedTerms, Phase, TickSize
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.transactions import CancelOrder, ChangePhase, PlaceOrder
from yuzhong.features.trading.types import Capacity, ClOrdId, OrdType, TimeInForce
from yuzhong.ledger.feature import assemble
from yuzhong.ledger.genesis import Clock
from yuzhong.ledger.kernels import Signed, choose
from yuzhong.ledger.numbers import Millis, Money, Ticks, Units
from yuzhong.ledger.outcomes import ACCEPTED
from yuzhong.node.solo import Node

SIGNERS = 1_000
MIX = "70 % new limit orders (DAY), 30 % cancels; prices from 12 ticks behind to 3 ticks through a fixed middle"

PLAN = MarketPlan(
    seed="bench",
    investors=SIGNERS,
    profile=SANDBOX_THIN,
    cash_symbol="CNY",
    symbol="600101",
    name="Bench",
    decimals=2,
    terms=ListedTerms(CASH, Money(1), TickSize(1), Units(1), SANDBOX_THIN.profile),
    cash_each=Units(10**12),
    units_each=Units(10**9),
    charge=Money(5),
    nominee_accounts=0,
    agency=False,
)


@dataclass(frozen=True)
class Load:
    """A running node with its market open, and the orders to be sent."""

    node: Node
    market: Market
    folder: Path

    def orders(self, count: int, seed: str = "orders") -> list[Signed]:
        """Signed ahead, so that signing is not measured."""
        return [trader.signer.sign(content) for trader, content in orders_of(self.market.traders, count, seed)]


def orders_of(traders: tuple[Trader, ...], count: int, seed: str) -> Iterator[tuple[Trader, PlaceOrder | CancelOrder]]:
    """Who orders what, from a seed."""
    chance = random.Random(seed)
    recent: list[tuple[Trader, ClOrdId]] = []
    for number in range(count):
        if recent and chance.random() < 0.3:
            trader, cl_ord_id = recent.pop(chance.randrange(len(recent)))
            yield trader, CancelOrder(trader.account, cl_ord_id)
            continue
        trader, side = traders[chance.randrange(len(traders))], chance.choice((Side.BUY, Side.SELL))
        cl_ord_id = ClOrdId(f"{seed}-{number}")
        price = 1_000 + chance.randint(-12, 3) * (1 if side is Side.BUY else -1)
        recent = [*recent[-200:], (trader, cl_ord_id)]
        yield (
            trader,
            PlaceOrder(
                cl_ord_id,
                trader.account,
                LISTED,
                side,
                OrdType.LIMIT,
                Ticks(price),
                Units(chance.randint(1, 20)),
                None,
                TimeInForce.DAY,
                Capacity.PRINCIPAL,
            ),
        )


@contextmanager
def loaded(name: str, genesis_name: str = "bench") -> Iterator[Load]:
    """A fresh ledger on the checkout's disk with its market trading; the folder stays until the next run."""
    folder = ROOT / "build" / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    refuse_memory(folder.parent)
    chain = Chain(assemble(FEATURES, choose("rust")).body)
    market = make_market(PLAN, chain)
    with Node.open(
        folder,
        features=FEATURES,
        genesis=lambda key: market_genesis(genesis_name, Clock.SYSTEM, Millis(0), key, market.operator),
    ) as node:
        chain.chain_id = node.chain_id
        acts = [signed for _, signed in market.opening()]
        phases = [ChangePhase(LISTED, phase) for phase in (Phase.PRE_TRADING, Phase.CONTINUOUS)]
        for part in [*_parts(acts, 500), [market.operator.sign(phase) for phase in phases]]:
            for answer in node.submit(part).result():
                if answer.receipt.code != ACCEPTED:
                    raise RuntimeError(node.machine.code_name(answer.receipt.code))
        yield Load(node, market, folder)


def _parts(items: list[Signed], size: int) -> Iterator[list[Signed]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def refuse_memory(folder: Path) -> None:
    """Raise RuntimeError where the folder is not on a disk: durability costs nothing in memory."""
    path = folder.resolve()
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [(where, kind) for where, kind in mounts if path.is_relative_to(where)]
    _, kind = max(holding, key=lambda mount: len(mount[0]))
    if kind in ("tmpfs", "ramfs"):
        raise RuntimeError(f"{folder} is on {kind}; a durability benchmark needs a disk")
