"""The thread that derives tiles and index from blocks once they are on disk.

It may lag; nobody's acknowledgement waits for it.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence

from yuzhong.ledger.feature import Machine
from yuzhong.node.derived import Derived, Projected
from yuzhong.node.health import Health
from yuzhong.node.inbox import Inbox
from yuzhong.node.metrics import Metrics
from yuzhong.node.segments import Segments
from yuzhong.node.writer import Synced

WAITING_MAX = 1_024
"""Blocks; when more wait the writer does too, so that what is not indexed yet fits in memory."""

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
        self._queue: deque[Synced] = deque()
        self._ending = False
        self._ended = False

    def put(self, blocks: Sequence[Synced]) -> None:
        """Hand over blocks that are on disk; waits while too many wait already."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._queue) < WAITING_MAX)
            self._queue.extend(blocks)
            self._changed.notify_all()

    def finish(self) -> None:
        """Derive what waits, then end."""
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
            while blocks := self._next_blocks():
                if not self._feed(blocks):
                    break
        except BaseException:
            # The ledger itself is well: derived data is made anew at the next start.
            log.exception("deriving data failed")
            self._health.begin_trouble("derived data", "deriving failed; it will be made anew at the next start")
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _next_blocks(self) -> list[Synced]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._ending)
            blocks = list(self._queue)
            self._queue.clear()
            self._changed.notify_all()
            return blocks

    def _feed(self, blocks: list[Synced]) -> bool:
        projected = [_projected(block) for block in blocks]
        while True:
            try:
                self._try(projected)
            except (OSError, sqlite3.OperationalError) as error:
                self._metrics.trouble.labels("derived data").set(1)
                self._health.begin_trouble("derived data", str(error))
            else:
                self._metrics.trouble.labels("derived data").set(0)
                self._health.end_trouble("derived data")
                break
            with self._changed:
                if self._ending:
                    return False
                self._changed.wait(self._retry)
        self._inbox.forget(identity for block in projected for identity, _ in block.receipts)
        with self._changed:
            self.reached = blocks[-1]
            self._changed.notify_all()
        return True

    def _try(self, projected: list[Projected]) -> None:
        try:
            self._derived.feed(projected)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            log.exception("the index of receipts is damaged and is made anew")
            self._derived.index.clear()
            self._derived.read_missing(self._segments, self._machine)


def _projected(block: Synced) -> Projected:
    executed = block.executed
    if executed is None:
        raise TypeError("only blocks that were executed here are projected")
    receipts = [(receipt.identity, receipt.code) for receipt in executed.applied.receipts]
    return Projected(executed.head.height, executed.first_number, executed.applied.entries, receipts)
