"""The thread that derives tiles and index from blocks once they are on disk.

It may lag; nobody waits for it. Where it lags so far that the blocks handed over are too many to keep, it lets go of
them and reads them again from the segments.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Sequence

from yuzhong.ledger.feature import Machine
from yuzhong.node.derived import Derived, Projected
from yuzhong.node.health import Health
from yuzhong.node.inbox import Inbox
from yuzhong.node.metrics import Metrics
from yuzhong.node.segments import Segments
from yuzhong.node.writer import Synced

WAITING_BLOCKS_MAX = 1_024
WAITING_RECEIPTS_MAX = 50_000
"""How much is kept of what was handed over and not taken in yet."""
READ_BLOCKS = 4_096
"""How many are read from the segments before looking whether the node ends."""
OF = "derived data"

log = logging.getLogger("yuzhong.node")


class Projector(threading.Thread):
    """Feeds `Derived`; `reached` is the newest block that it has taken in."""

    def __init__(
        self,
        derived: Derived,
        segments: Segments,
        machine: Machine,
        inbox: Inbox,
        health: Health,
        metrics: Metrics,
        reached: Synced,
        retry_ms: int,
    ) -> None:
        super().__init__(name="yuzhong-projector", daemon=True)
        self.reached = reached
        self._derived = derived
        self._segments = segments
        self._machine = machine
        self._inbox = inbox
        self._health = health
        self._metrics = metrics
        self._retry = retry_ms / 1_000
        self._changed = threading.Condition()
        self._newest = reached
        self._queue: list[Synced] = []
        self._receipts = 0
        self._ending = False
        self._ended = False

    @property
    def waiting(self) -> int:
        """How many blocks are kept that nobody has begun to take in."""
        return len(self._queue)

    def put(self, blocks: Sequence[Synced]) -> None:
        """Hand over blocks that are on disk. Never waits."""
        with self._changed:
            if self._ended:
                return
            self._newest = blocks[-1]
            self._queue.extend(blocks)
            self._receipts += sum(len(block.block.receipts) for block in blocks)
            if len(self._queue) > WAITING_BLOCKS_MAX or self._receipts > WAITING_RECEIPTS_MAX:
                self._let_go()
            self._changed.notify_all()

    def finish(self) -> None:
        """Derive what waits, then end; what cannot be written now is left for the next start."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()

    def wait_reached(self, height: int, timeout: float | None = None) -> bool:
        """Wait until that block has been taken in; False where the time passed or the thread ended before."""
        with self._changed:
            self._changed.wait_for(lambda: self.reached.head.height >= height or self._ended, timeout)
        return self.reached.head.height >= height

    def run(self) -> None:
        try:
            while (target := self._next_target()) is not None:
                if not self._reach(target):
                    break
        except BaseException as error:
            # The ledger itself is well, but nobody could find a receipt again: the node takes nothing more.
            log.exception("deriving data failed")
            self._metrics.trouble.labels(OF).set(1)
            self._health.fail(f"deriving data failed, it is made anew at the next start: {error!r}")
        finally:
            with self._changed:
                self._ended = True
                self._let_go()
                self._changed.notify_all()

    def _next_target(self) -> Synced | None:
        """The newest block, once there is one that is not taken in; None where the thread is to end."""

        def is_behind() -> bool:
            return self._newest.head.height > self.reached.head.height

        with self._changed:
            self._changed.wait_for(lambda: is_behind() or self._ending)
            return self._newest if is_behind() else None

    def _reach(self, target: Synced) -> bool:
        """Try until everything up to that block is taken in; False where the node ends before."""
        projected = [_projected(block) for block in self._take(target)]
        while True:
            try:
                is_reached = self._try(projected, target.head.height)
            except (OSError, sqlite3.OperationalError) as error:
                self._metrics.trouble.labels(OF).set(1)
                self._health.begin_trouble(OF, str(error))
            else:
                self._metrics.trouble.labels(OF).set(0)
                self._health.end_trouble(OF)
                if not is_reached:
                    return False
                break
            with self._changed:
                if self._ending:
                    return False
                self._changed.wait(self._retry)
        self._inbox.forget_up_to(target.head.height)
        with self._changed:
            self.reached = target
            self._changed.notify_all()
        return True

    def _take(self, target: Synced) -> list[Synced]:
        with self._changed:
            taken = [block for block in self._queue if block.head.height <= target.head.height]
            self._let_go()
            return taken

    def _let_go(self) -> None:
        self._queue = []
        self._receipts = 0

    def _try(self, projected: list[Projected], height: int) -> bool:
        """Take in everything up to that height, from what was handed over where nothing is missing before it.

        False where the node ends before.
        """
        try:
            if projected and projected[0].height <= self._derived.height + 1 and projected[-1].height == height:
                self._derived.feed(projected)
            else:
                self._read_missing(height)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            log.exception("the index of receipts is damaged and is made anew")
            self._derived.index.clear()
            self._read_missing(height)
        return self._derived.height >= height

    def _read_missing(self, height: int) -> None:
        while self._derived.height < height and not self._ending:
            until = min(height, self._derived.height + READ_BLOCKS)
            self._derived.read_missing(self._segments, self._machine, until)


def _projected(block: Synced) -> Projected:
    executed = block.executed
    if executed is None:
        raise TypeError("only blocks that were executed here are projected")
    receipts = [(receipt.identity, receipt.code) for receipt in executed.applied.receipts]
    return Projected(executed.head.height, executed.first_number, executed.applied.entries, receipts)
