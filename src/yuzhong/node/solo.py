"""The solo node: one process that orders, executes, appends, syncs and then acknowledges. Start reading here.

    caller's thread   judge signatures and form, queue                      (inbox.py)
    executor thread   cut a block, execute it                               (executor.py)
    writer thread     sign headers, append, one sync for all that waits,    (writer.py)
                      then answer
    projector thread  tiles and index of receipts, from synced blocks       (projector.py)

Readers are told of synced blocks only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from yuzhong.ledger import transition
from yuzhong.ledger.feature import Feature
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.numbers import Millis
from yuzhong.ledger.receipts import Receipt
from yuzhong.ledger.state import State
from yuzhong.ledger.transition import Judged
from yuzhong.node import recovery
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.clock import ClockSource, MachineClock
from yuzhong.node.derived import Derived
from yuzhong.node.disk import Disk
from yuzhong.node.engine import Engine, standing
from yuzhong.node.errors import NotTaken, Unavailable
from yuzhong.node.execution import Head
from yuzhong.node.lock import FolderLock
from yuzhong.node.metrics import Metrics
from yuzhong.node.options import Options
from yuzhong.node.recovery import Ledger, MakeGenesis
from yuzhong.node.synced_floor import note_stopped
from yuzhong.node.waiting import Answer, check_block
from yuzhong.node.writer import Synced

DERIVED_FOLDER = "derived"
INDEX_WAIT_SECONDS = 1.0
"""How long a question for a receipt waits for the index to take in the newest blocks."""
BEHIND = "the index of receipts is behind the ledger; ask, or send the same, again later"

T = TypeVar("T")
log = logging.getLogger("yuzhong.node")


@dataclass(frozen=True, slots=True)
class Status:
    """How the node is."""

    ready: bool
    reason: str | None
    """Why it takes nothing, where it does not."""
    troubles: dict[str, str]
    height: int
    waiting: int
    """Transactions that wait for a block."""


@dataclass(frozen=True, slots=True)
class ProvedRow:
    """A row, or its absence, with the proof against the newest block's state root."""

    key: bytes
    value: bytes | None
    proof: bytes
    """An ics23 CommitmentProof."""
    block: StoredBlock
    """Its `app` holds the state root, its `signed_header` commits to the app."""


class Node:
    """A running solo node; `open` starts it, `stop` (or leaving a `with` block) ends it."""

    def __init__(
        self, folder: Path, lock: FolderLock, ledger: Ledger, derived: Derived, metrics: Metrics, disk: Disk
    ) -> None:
        """For `open` only."""
        self.folder = folder
        self.genesis = ledger.genesis
        self.key = ledger.key
        """The operator's key, for signing checkpoints."""
        self.machine = ledger.execution.machine
        self.chain_id = ledger.execution.chain_id
        self.kernels = ledger.execution.kernels
        self.segments = ledger.segments
        self.tiles = derived.tiles
        self.metrics = metrics
        self.opened = ledger
        """What was found when it was opened: the snapshot, how many blocks were executed again."""
        self._lock = lock
        self._derived = derived
        self._disk = disk
        self._stopping = False
        self._stored = lru_cache(maxsize=8)(ledger.segments.read)
        self._engine: Engine
        self._question_s: float

    @staticmethod
    def open(
        folder: Path,
        *,
        features: tuple[Feature, ...],
        genesis: MakeGenesis | None = None,
        kernels: str = "rust",
        operator_seed: bytes | None = None,
        options: Options | None = None,
        clock: ClockSource | None = None,
        metrics: Metrics | None = None,
        disk: Disk | None = None,
    ) -> Node:
        """Start a node on a data folder, made on first use together with the ledger that `genesis` describes.

        `operator_seed` (32 bytes) makes the operator's key on first use instead of chance. Raises FolderTaken,
        NoLedger, Damaged, InvalidBlock, KeyFileError, Stop.
        """
        options, disk, metrics = options or Options(), disk or Disk(), metrics or Metrics()
        disk.make_folder(folder)
        lock = FolderLock(folder)
        derived: Derived | None = None
        ledger: Ledger | None = None
        try:
            ledger = recovery.open_ledger(folder, features, kernels, genesis, operator_seed, options, disk)
            derived = Derived(folder / DERIVED_FOLDER, disk, ledger.execution.machine.kernels)
            derived.catch_up(ledger.segments, ledger.execution.machine, standing(ledger))
            node = Node(folder, lock, ledger, derived, metrics, disk)
            node._start(options, clock or MachineClock())
        except BaseException:
            if derived is not None:
                derived.close()
            if ledger is not None:
                ledger.segments.close()
            lock.release()
            raise
        fields = {
            "chain_id": node.chain_id,
            "height": node.head.height,
            "kernels": node.kernels,
            "replayed": ledger.replayed,
        }
        log.info("the node is open at height %d", node.head.height, extra=fields)
        return node

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Transactions.

    def judge(self, signed: Sequence[Signed]) -> list[Judged]:
        """What the bytes of transactions alone say. A gateway may refuse by it; it is done in the caller's thread."""
        return transition.judge(self.machine, self.chain_id, signed)

    def submit(self, signed: Sequence[Signed], judged: Sequence[Judged] | None = None) -> Future[list[Answer]]:
        """Queue transactions; the future has their answers, in order, once all are on disk. On a system clock only.

        A transaction that is on the ledger or on its way already is answered with its first receipt. Raises Busy,
        Unavailable, Stopped, NotTaken.
        """
        if self._engine.driven_time is not None:
            raise NotTaken("this ledger's clock is driven: time must come with what is submitted")
        self._engine.health.check()
        return self._engine.inbox.submit(signed, self.judge(signed) if judged is None else judged)

    def submit_block(
        self, signed: Sequence[Signed], time_ms: int, judged: Sequence[Judged] | None = None
    ) -> Future[list[Answer]]:
        """Queue exactly one block of these transactions at this time, after waiting for room. On a driven clock only.

        Nothing is left out: what is sent twice gets two receipts. Raises Unavailable, Stopped, and NotTaken for a time
        before the last or for more than one block holds.
        """
        driven_time = self._engine.driven_time
        if driven_time is None:
            raise NotTaken("this ledger's time comes from its machine's clock")
        check_block(signed, self._engine.limits)
        self._engine.health.check()
        judged = self.judge(signed) if judged is None else judged
        return self._engine.inbox.submit_block(Millis(time_ms), signed, judged, driven_time.take)

    # Questions.

    @property
    def synced(self) -> Synced:
        """The newest block on disk."""
        return self._engine.writer.synced

    @property
    def head(self) -> Head:
        """Where the newest block on disk stands."""
        return self._engine.writer.synced.head

    @property
    def projected(self) -> Synced:
        """The newest block that `tiles` and the index of receipts have taken in.

        Proofs of receipts are made against its header.
        """
        return self._engine.projector.reached

    def status(self) -> Status:
        """Whether it takes transactions, and why not."""
        reason = self._engine.health.reason or ("the node is stopping" if self._stopping else None)
        self.metrics.ready.set(reason is None)
        return Status(
            reason is None, reason, self._engine.health.all_troubles, self.head.height, len(self._engine.inbox)
        )

    @property
    def failure(self) -> str | None:
        """Why the node has ended for good; None while it is well."""
        return self._engine.health.failure

    def ask(self, question: Callable[[State], T]) -> T:
        """Ask the state between two blocks, when everything executed is on disk. `question` must not write.

        Raises Busy, Unavailable while the newest blocks are not on disk, Stopped, and what the question raises.
        """
        future: Future[T] = self._engine.inbox.ask(lambda: question(self.opened.execution.state))
        # What cannot be cancelled is being answered just now, which does not wait for the disk.
        if not wait([future], self._question_s).done and future.cancel():
            raise Unavailable(f"the question was not answered within {self._question_s:g} seconds")
        return future.result()

    def prove_row(self, key: bytes) -> ProvedRow:
        """The row at a packed key (see `Table.pack`), or its absence, with proof and header."""

        def question(state: State) -> ProvedRow:
            return ProvedRow(key, state.map.get(key), state.map.prove(key), self.synced.block)

        return self.ask(question)

    def receipt(self, identity: bytes) -> Answer | None:
        """The receipt of a transaction (or of due work) by identity, with its place; None where none is on disk.

        Raises Unavailable where it is not found and the index of receipts is behind.
        """
        found = self._engine.inbox.find(identity) or self._answer_at(identity, only_used=False)
        height = self.head.height
        if found is None and self.projected.head.height < height:
            is_complete = self.wait_projected(height, INDEX_WAIT_SECONDS)
            found = self._engine.inbox.find(identity) or self._answer_at(identity, only_used=False)
            if found is None and not is_complete:
                raise Unavailable(BEHIND)
        return found

    def block(self, height: int) -> StoredBlock:
        """A block on disk. Raises KeyError."""
        return self._stored(height)

    def wait_projected(self, height: int | None = None, timeout: float | None = None) -> bool:
        """Wait until tiles and index have taken in that block (the newest by default)."""
        return self._engine.projector.wait_reached(self.head.height if height is None else height, timeout)

    def stop(self) -> None:
        """Take in nothing more, finish what waits, sync, write a snapshot, let go of the folder. Again is nothing."""
        if self._stopping:
            return
        self._stopping = True
        try:
            if self._engine.stop():
                note_stopped(self.folder, self.head.height, self._disk)
            if not self._engine.is_hanging:
                self._derived.close()
        except OSError:
            # All that was acknowledged is synced; what failed here only makes the next start slower.
            log.exception("the node could not leave everything in order")
        finally:
            if not self._engine.is_hanging:
                # What hangs may still reach the disk: until it ends, nobody else may open the folder.
                self.segments.close()
                self._lock.release()
        failure = self._engine.health.failure
        log.info("the node has stopped at height %d", self.head.height, extra={"reason": failure})

    def _start(self, options: Options, source: ClockSource) -> None:
        self._question_s = options.question_ms / 1_000
        self._engine = Engine(self.opened, self._derived, options, source, self.metrics, self._first_answer)

    def _first_answer(self, identity: bytes) -> Answer | None:
        is_behind = self.projected.head.height < self._engine.inbox.dropped_up_to
        found = self._answer_at(identity, only_used=True)
        if found is None and is_behind:
            raise Unavailable(BEHIND)
        return found

    def _answer_at(self, identity: bytes, *, only_used: bool) -> Answer | None:
        found = self._derived.index.find(identity)
        if found is None or (only_used and not found.used):
            return None
        try:
            data = self._stored(found.height).receipts[found.position]
        except LookupError:
            data = b""
        receipt: Receipt | None = self.machine.receipts.receipt.decode(data) if data else None
        if receipt is None or receipt.identity != identity:
            log.error("the index of receipts does not fit the ledger; remove the folder %s", DERIVED_FOLDER)
            return None
        return Answer(found.height, found.position, found.number, receipt)
