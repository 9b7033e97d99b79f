"""A ledger through many lives of its node: each ends in a fault, and the next begins with what that left."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.found import Acknowledged, Found, examine
from tests.faults.load import Load
from tests.faults.market import OPERATOR, Operator, machine
from tests.faults.server import Server
from yuzhong.catalogue import FEATURES
from yuzhong.client.keys import SigningKey
from yuzhong.client.signing import Chain, Signer
from yuzhong.ledger.header import ChainId
from yuzhong.ledger.kernels import Signed
from yuzhong.node.solo import Node

LIVES = 5
"""Of one ledger, at most; then another is founded."""
RESEND = 200
"""So many of the transactions that nobody knows the fate of are sent again."""


class Failure(Exception):
    """Something other than a lost acknowledgement is wrong: half done, not ready, another root."""


@dataclass(slots=True)
class Outcome:
    """What one run showed."""

    kind: str
    acknowledged: int = 0
    lost: int = 0
    failure: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether everything is as it must be."""
        return self.lost == 0 and self.failure is None


@dataclass(slots=True)
class Lineage:
    """One ledger and all that its clients know of it."""

    random: Random
    acknowledged: list[Acknowledged] = field(default_factory=list)
    unanswered: list[Signed] = field(default_factory=list)
    found: Found | None = None
    """What was found after the last fault."""
    operator: Operator | None = None
    lives: int = 0

    def begin_load(self, server: Server, clock: Callable[[], int] = lambda: 0) -> Load:
        """Check that the node that is ready stands where the ledger was found to stand, and let clients loose on it."""
        self._check_head(server)
        if self.operator is None:
            self.operator = self._operator(server)
        load = Load(server.url, self.operator, self.random, clock)
        again = self.random.sample(self.unanswered, min(RESEND, len(self.unanswered)))
        self.unanswered = []
        load.start(again)
        return load

    def end_load(self, load: Load) -> list[tuple[int, Acknowledged]]:
        """Take over what the clients were told, once the node is gone."""
        load.join()
        self.acknowledged += [one for _, one in load.acknowledged]
        self.unanswered += load.unanswered
        if load.problems:
            raise Failure(f"a good transaction was refused: {load.problems[0]}")
        return load.acknowledged

    def examine(self, data: Path) -> int:
        """How many acknowledged transactions are not in that folder as they were acknowledged."""
        self.found = examine(data, self.acknowledged)
        if self.found.refused is not None and not self.found.lost:
            raise Failure(self.found.refused)
        if self.found.twice:
            raise Failure(f"{self.found.twice} transactions stand on the ledger twice")
        return len(self.found.lost)

    def reopen(self, data: Path) -> None:
        """Open the ledger once more, in this process, and see that it goes on from where it was found to stand."""
        report = self.found.report if self.found else None
        if report is None:
            return
        with Node.open(data, features=FEATURES) as node:
            if (node.head.height, node.head.app.state_root.hex()) != (report.height, report.state_root):
                raise Failure(f"the node stands at {node.head}, executing its blocks again gives {report}")

    def _check_head(self, server: Server) -> None:
        report = self.found.report if self.found else None
        if report is None:
            # Nothing of a ledger was there; what was made now is another, with another key.
            self.operator = None
            self.unanswered = []
            return
        status = server.status()
        stands = status["chain_id"], status["height"], status["state_root"]
        if stands != (report.chain_id, report.height, report.state_root):
            raise Failure(f"the node stands at {stands}, executing its blocks again gives {report}")

    def _operator(self, server: Server) -> Operator:
        """The operator of a fresh ledger: party 1, with the key that the node has made."""
        chain = Chain(machine().body, ChainId(server.status()["chain_id"]))
        key = SigningKey.load(server.data / "operator.key")
        return Operator(Signer(chain, OPERATOR, key), self.random)


Life = Callable[[Lineage, Path, Outcome], None]
"""One run: lives in a folder of its own (`root` there is what the last one left) and fills in the outcome."""


def lives_of(folder: Path, seed: int, runs: int, life: Life, *, keep: bool) -> Iterator[Outcome]:
    """One ledger's runs, until so many are done, its lives are over, or something was lost."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lineage = Lineage(Random(seed))
    lives = min(runs, lineage.random.randint(2, LIVES))
    for number in range(lives):
        outcome = Outcome("")
        here = folder / f"life-{number:02d}"
        (here / "root").mkdir(parents=True, exist_ok=True)
        try:
            life(lineage, here, outcome)
            if number == lives - 1 and outcome.lost == 0:
                lineage.reopen(folder / f"life-{lives:02d}" / "root" / "data")
        except Exception as error:  # noqa: BLE001 - whatever breaks is this run's outcome, and the other runs go on
            outcome.failure = f"{type(error).__name__}: {error}"
        lineage.lives += 1
        yield outcome
        if not outcome.is_good:
            return
        if not keep:
            shutil.rmtree(here, ignore_errors=True)
    if not keep:
        shutil.rmtree(folder)


def load_for(server: Server, load: Load, seconds: float) -> None:
    """Wait so long from the first acknowledgement on, or until the node is gone."""
    until = None
    while server.is_alive and (until is None or time.monotonic() < until):
        if until is None and load.acknowledged:
            until = time.monotonic() + seconds
        time.sleep(0.005)
