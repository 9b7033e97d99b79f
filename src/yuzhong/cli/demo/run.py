"""Running the demo: found a ledger, play the day or the recorded flow, then prove what happened."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yuzhong.catalogue import FEATURES
from yuzhong.cli.demo.checks import Check, conservation_holds, receipts_proved, replay_equals
from yuzhong.cli.demo.day import Day, play
from yuzhong.cli.demo.plan import NAME, OPENS_AT, PLAN
from yuzhong.cli.opening import make_market, market_genesis
from yuzhong.client.signing import Chain
from yuzhong.ledger.feature import assemble
from yuzhong.ledger.genesis import Clock
from yuzhong.ledger.kernels import choose
from yuzhong.node.solo import Node

PROVED = 5
"""How many receipts are proved one by one; the replay covers all."""


@dataclass(frozen=True)
class Story:
    """What the demo did and proved."""

    transactions: int
    refused: dict[str, int]
    trades: int
    units: int
    seconds: float
    state_root: str
    operator_public_key: bytes
    checks: tuple[Check, ...]


def run_demo(data: Path, say: Callable[[str], None]) -> Story:
    """Play the day on an embedded node under `data`, an empty folder, and prove it.

    Raises where anything does not hold.
    """
    chain = Chain(assemble(FEATURES, choose("rust")).body)
    market = make_market(PLAN, chain)
    began = time.perf_counter()
    with Node.open(
        data,
        features=FEATURES,
        genesis=lambda key: market_genesis(NAME, Clock.DRIVEN, OPENS_AT, key, market.operator),
        operator_seed=hashlib.sha256(f"{PLAN.seed}/blocks".encode()).digest(),
    ) as node:
        chain.chain_id = node.chain_id
        say(f"an embedded node runs ledger {node.chain_id}, rule profile {PLAN.profile.name}")
        day = Day(node, market, say)
        play(day)
        conserved = conservation_holds(node.ask)
        root, operator = node.head.app.state_root.hex(), node.key.public
    seconds = time.perf_counter() - began
    say("the node has stopped; what follows reads its files alone")
    step = max(1, len(day.identities) // PROVED)
    proved = receipts_proved(data, operator, day.identities[::step][:PROVED])
    checks = (replay_equals(data, root), proved, conserved)
    return Story(
        day.transactions, dict(day.refused.most_common()), day.trades, day.units, seconds, root, operator, checks
    )
