"""Running a replay.

An embedded node on a driven clock, the recorded rows in blocks cut by count, fills from the receipts.
"""

from __future__ import annotations

import csv
import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from yuzhong.catalogue import FEATURES
from yuzhong.cli.opening import LISTED, Market, make_market, market_genesis
from yuzhong.cli.replay.orders import Fill, Spread, Tally
from yuzhong.cli.replay.plan import PLAN
from yuzhong.cli.replay.rows import Command, FlowError
from yuzhong.client.signing import Chain
from yuzhong.features.instruments.types import Phase
from yuzhong.features.trading.transactions import ChangePhase
from yuzhong.ledger.feature import assemble
from yuzhong.ledger.genesis import Clock
from yuzhong.ledger.kernels import Signed, choose
from yuzhong.ledger.numbers import Millis
from yuzhong.ledger.outcomes import ACCEPTED
from yuzhong.node.solo import Node
from yuzhong.node.waiting import Answer

BLOCK_ROWS = 250
"""Blocks are cut by count, so that the same rows always give the same blocks."""
IN_FLIGHT = 8
"""Blocks that may wait for the disk while the next are signed."""
NAME = "replay"
NS_A_MS = 1_000_000

Progress = Callable[[str, int], None]
"""Called with what is being done and how much of it is done."""


class ReplayError(Exception):
    """The replay cannot go on; says why."""


@dataclass(frozen=True)
class Summary:
    """What a replay gave."""

    commands: int
    refused: dict[str, int]
    """Code names with how often they were the answer."""
    fills: list[Fill]
    auction_price: int | None
    auction_quantity: int
    published_price: int | None
    """What the recorded UNCROSS row says, if it says anything; only to compare with."""
    published_quantity: int | None
    seconds: float
    """From the first row signed to the last receipt on disk."""
    state_root: str
    height: int
    operator_public_key: str
    sample: tuple[bytes, ...]
    """Identities of a few of its transactions, for proofs."""

    @property
    def orders_a_second(self) -> float:
        """Commands over seconds."""
        return self.commands / self.seconds if self.seconds else 0.0


def run_replay(commands: Iterator[Command], data: Path, kernels: str, on_progress: Progress | None = None) -> Summary:
    """Replay rows into a new ledger under `data`.

    Raises FlowError for bad rows, ReplayError where the market refuses to open.
    """
    first = next(commands, None)
    if first is None:
        raise FlowError("there is no row")
    start_ms = first.time_ns // NS_A_MS
    chain = Chain(assemble(FEATURES, choose("rust")).body)
    market = make_market(PLAN, chain)
    with Node.open(
        data,
        features=FEATURES,
        genesis=lambda key: market_genesis(NAME, Clock.DRIVEN, Millis(start_ms), key, market.operator),
        kernels=kernels,
        operator_seed=hashlib.sha256(f"{PLAN.seed}/blocks".encode()).digest(),
    ) as node:
        if node.head.height > 0:
            raise ReplayError(f"{data} holds a ledger already; a replay begins with an empty folder")
        chain.chain_id = node.chain_id
        open_market(node, market, start_ms, on_progress)
        return _play(node, market, _rejoined(first, commands), on_progress)


def open_market(node: Node, market: Market, time_ms: int, on_progress: Progress | None) -> None:
    """Execute the opening acts and let the call auction begin. Raises ReplayError where one is refused."""
    acts = [*market.opening()]
    for start in range(0, len(acts), BLOCK_ROWS):
        part = acts[start : start + BLOCK_ROWS]
        _expect_accepted(
            node, [what for what, _ in part], node.submit_block([signed for _, signed in part], time_ms).result()
        )
        if on_progress:
            on_progress("acts that open the market", start + len(part))
    for phase in (Phase.PRE_TRADING, Phase.OPENING_AUCTION):
        signed = market.operator.sign(ChangePhase(LISTED, phase))
        _expect_accepted(node, [f"phase {phase.name}"], node.submit_block([signed], time_ms).result())


def _play(node: Node, market: Market, commands: Iterator[Command], on_progress: Progress | None) -> Summary:
    spread, tally = Spread(market), Tally()
    waiting: deque[tuple[list[Command], Future[list[Answer]]]] = deque()
    began = time.perf_counter()
    last_ms = 0
    for part in _parts(commands):
        signed: list[Signed] = [spread.sign(command) for command in part]
        last_ms = part[-1].time_ns // NS_A_MS
        waiting.append((part, node.submit_block(signed, last_ms)))
        if len(waiting) >= IN_FLIGHT or part[-1].command == "UNCROSS":
            _settle(tally, waiting, 0 if part[-1].command == "UNCROSS" else IN_FLIGHT - 1)
        _finish_uncrossing(node, tally, last_ms)
        if on_progress:
            on_progress("orders", tally.commands)
    _settle(tally, waiting, 0)
    seconds = time.perf_counter() - began
    return _summary(node, tally, seconds)


def _parts(commands: Iterator[Command]) -> Iterator[list[Command]]:
    """Rows in blocks of a fixed count; an UNCROSS ends its block, for what follows it must find the auction over."""
    part: list[Command] = []
    for command in commands:
        part.append(command)
        if len(part) == BLOCK_ROWS or command.command == "UNCROSS":
            yield part
            part = []
    if part:
        yield part


def _settle(tally: Tally, waiting: deque[tuple[list[Command], Future[list[Answer]]]], leave: int) -> None:
    while len(waiting) > leave:
        part, future = waiting.popleft()
        for command, answer in zip(part, future.result(), strict=True):
            tally.take(command, answer.receipt)


def _finish_uncrossing(node: Node, tally: Tally, time_ms: int) -> None:
    """Where an uncrossing takes several blocks, make them: orders are not taken before it is done."""
    while tally.uncrossing is not None and tally.auction is not None:
        node.submit_block([], time_ms).result()
        block = node.block(node.head.height)
        if not block.receipts:
            return
        tally.take_due(node.machine.receipts.receipt.decode(receipt) for receipt in block.receipts)


def _expect_accepted(node: Node, what: Iterable[str], answers: list[Answer]) -> None:
    for name, answer in zip(what, answers, strict=True):
        if answer.receipt.code != ACCEPTED:
            raise ReplayError(f"{name}: {node.machine.code_name(answer.receipt.code)}")


def _summary(node: Node, tally: Tally, seconds: float) -> Summary:
    refused: Counter[str] = Counter()
    for code, count in tally.refused.items():
        refused[node.machine.code_name(code)] += count
    auction, published = tally.auction, tally.published
    return Summary(
        commands=tally.commands,
        refused=dict(refused.most_common()),
        fills=tally.fills,
        auction_price=auction.price if auction else None,
        auction_quantity=auction.matched if auction else 0,
        published_price=published.price_ticks if published else None,
        published_quantity=published.quantity if published else None,
        seconds=seconds,
        state_root=node.head.app.state_root.hex(),
        height=node.head.height,
        operator_public_key=node.key.public.hex(),
        sample=tuple(tally.sample),
    )


def _rejoined(first: Command, rest: Iterator[Command]) -> Iterator[Command]:
    yield first
    yield from rest


def write_fills(fills: list[Fill], path: Path) -> None:
    """Write `command_id,resting_order_id,price_ticks,quantity`, in the order of execution."""
    with path.open("w", newline="", encoding="ascii") as text:
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(["command_id", "resting_order_id", "price_ticks", "quantity"])
        lines.writerows((fill.command_id, fill.resting_order_id, fill.price_ticks, fill.quantity) for fill in fills)
