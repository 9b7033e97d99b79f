"""A node in a process of its own, served on loopback, for the benchmarks that go through HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.report import ROOT
from bench.workload import PLAN, orders_of, refuse_memory
from yuzhong.catalogue import FEATURES
from yuzhong.cli.opening import LISTED, Market, make_market
from yuzhong.client import Client, SigningKey
from yuzhong.client.signing import Chain, Signer
from yuzhong.features.instruments.types import Phase
from yuzhong.features.trading.transactions import ChangePhase
from yuzhong.ledger.feature import assemble
from yuzhong.ledger.kernels import Signed, choose
from yuzhong.ledger.outcomes import ACCEPTED

STARTS_WITHIN_S = 30.0


@dataclass(frozen=True)
class Served:
    """The node's address and its opened market."""

    url: str
    client: Client
    market: Market

    def orders(self, count: int, traders: int | None = None) -> list[Signed]:
        """Signed ahead, by so many of the market's traders (all of them by default)."""
        chosen = orders_of(self.market.traders[:traders], count, "orders")
        return [trader.signer.sign(content) for trader, content in chosen]


@contextmanager
def served(name: str) -> Iterator[Served]:
    """Start `yuzhong node` on a fresh folder, open the market over HTTP, and stop it at the end."""
    folder = ROOT / "build" / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    refuse_memory(folder.parent)
    command = [sys.executable, "-m", "yuzhong", "node", "--data", str(folder), "--listen", "127.0.0.1:0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        if process.stdout is None:
            raise RuntimeError("the node's output is not read")
        url = json.loads(process.stdout.readline())["url"]
        _wait_ready(url)
        with Client(url) as client:
            market = _open(client, SigningKey.load(folder / "operator.key"))
            yield Served(url, client, market)
    finally:
        process.terminate()
        process.wait(30)


def _wait_ready(url: str) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/ready", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the node did not get ready")


def _open(client: Client, operator_key: SigningKey) -> Market:
    chain = Chain(assemble(FEATURES, choose("rust")).body, client.chain.chain_id)
    market = make_market(PLAN, chain, operator=Signer(chain, 1, operator_key, valid_ms=3_600_000))
    acts = [signed for _, signed in market.opening()]
    acts += [market.operator.sign(ChangePhase(LISTED, phase)) for phase in (Phase.PRE_TRADING, Phase.CONTINUOUS)]
    for answer in client.submit_many(acts):
        if getattr(answer, "code", None) != ACCEPTED:
            raise RuntimeError(f"the market does not open: {answer}")
    return market
