"""The thread that puts executed blocks on disk: one sync for all that wait, answers only after it.

A disk that does not take writes is tried again until it does; meanwhile nothing is acknowledged and nothing new is
taken in.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from yuzhong.node.blocks import StoredBlock
from yuzhong.node.errors import Unavailable
from yuzhong.node.execution import Executed, Head
from yuzhong.node.health import Health
from yuzhong.node.inbox import Inbox
from yuzhong.node.metrics import Metrics
from yuzhong.node.options import Options
from yuzhong.node.segments import Segments
from yuzhong.node.waiting import Answer, Submission, Waiting

LOOK_SECONDS = 0.25
"""How often who waits for a block looks whether its write hangs; nobody can tell them."""

log = logging.getLogger("yuzhong.node")


class Made(NamedTuple):
    """An executed block and who waits for it."""

    executed: Executed
    waiting: Sequence[Waiting]
    submission: Submission | None
    """Set where a whole block was submitted."""


class Synced(NamedTuple):
    """The newest block that is on disk: all that readers are told of."""

    head: Head
    block: StoredBlock
    executed: Executed | None
    """What executing it gave; None right after a restart."""


class Writer(threading.Thread):
    """Appends, syncs, answers; then hands on to `pass_on`."""

    def __init__(
        self,
        segments: Segments,
        sign: Callable[[bytes], bytes],
        inbox: Inbox,
        health: Health,
        metrics: Metrics,
        synced: Synced,
        pass_on: Callable[[Sequence[Synced]], None],
        options: Options,
    ) -> None:
        super().__init__(name="yuzhong-writer", daemon=True)
        self.synced = synced
        self._segments = segments
        self._sign = sign
        self._inbox = inbox
        self._health = health
        self._metrics = metrics
        self._pass_on = pass_on
        self._unsynced_max = options.unsynced_blocks
        self._retry = options.retry_ms / 1_000
        self._give_up = options.give_up_ms / 1_000
        self._changed = threading.Condition()
        self._queue: deque[Made] = deque()
        self._writing = 0
        self._ending = False
        self._hurrying = False
        self._ended = False

    def put(self, made: Made) -> None:
        """Hand over the next block; waits while too many are not synced yet.

        Raises Unavailable where the writer has given up.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._queue) + self._writing < self._unsynced_max)
            if self._ended:
                raise Unavailable("the writer has ended")
            self._queue.append(made)
            self._changed.notify_all()

    def wait_synced(self, height: int, timeout: float | None = None) -> bool:
        """Wait until that block is on disk; False where the disk is in trouble or the time passed."""
        until = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not (self.synced.head.height >= height or self._ended or self._health.ledger_trouble):
                left = LOOK_SECONDS if until is None else until - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(min(left, LOOK_SECONDS))
        return self.synced.head.height >= height

    def abandon(self) -> None:
        """A write hangs and the node stops: nobody waits for it any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def hurry(self) -> None:
        """The node stops: no longer wait for ever for a disk in trouble."""
        with self._changed:
            self._hurrying = True
            self._changed.notify_all()

    def finish(self) -> None:
        """Nothing more comes: write what waits, then end."""
        with self._changed:
            self._ending = self._hurrying = True
            self._changed.notify_all()

    def run(self) -> None:
        try:
            while (group := self._next_group()) is not None:
                if not self._write(group):
                    break
        except BaseException as error:
            log.exception("the writer failed")
            self._health.fail(f"the writer failed: {error!r}")
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            reason = self._health.failure or "the node has stopped"
            self._inbox.close(reason)
            self._inbox.fail_all(reason)

    def _next_group(self) -> list[Made] | None:
        with self._changed:
            self._writing = 0
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._queue or self._ending)
            group = list(self._queue)
            self._queue.clear()
            self._writing = len(group)
            return group or None

    def _write(self, group: list[Made]) -> bool:
        blocks = [_stored(made.executed, self._sign) for made in group]
        began = time.perf_counter()
        if not self._append(blocks):
            return False
        self._metrics.sync_seconds.observe(time.perf_counter() - began)
        synced = [Synced(made.executed.head, block, made.executed) for made, block in zip(group, blocks, strict=True)]
        with self._changed:
            self.synced = synced[-1]
            self._changed.notify_all()
        self._metrics.height.set(self.synced.head.height)
        for made in group:
            self._inbox.answer(_answers(made), [made.submission] if made.submission and not made.waiting else ())
        self._pass_on(synced)
        return True

    def _append(self, blocks: list[StoredBlock]) -> bool:
        """Append until it succeeds; False where the node ends before."""
        until: float | None = None
        while True:
            try:
                with self._health.writing():
                    self._segments.append(blocks)
            except OSError as error:
                self._metrics.disk_errors.inc()
                self._metrics.trouble.labels("ledger").set(1)
                self._health.begin_trouble("ledger", str(error))
            else:
                self._metrics.trouble.labels("ledger").set(0)
                self._health.end_trouble("ledger")
                return True
            with self._changed:
                self._changed.notify_all()
                self._changed.wait(self._retry)
                if self._hurrying and until is None:
                    until = time.monotonic() + self._give_up
            if until is not None and time.monotonic() >= until:
                self._health.fail(
                    f"the disk did not take the last {len(blocks)} blocks: {self._health.troubles['ledger']}"
                )
                return False


def _stored(executed: Executed, sign: Callable[[bytes], bytes]) -> StoredBlock:
    signed = sign(executed.header_bytes)
    return StoredBlock(executed.head.height, signed, executed.app_bytes, executed.content, executed.receipts)


def _answers(made: Made) -> list[tuple[Waiting, Answer]]:
    executed = made.executed
    first = executed.applied.due_count
    number = executed.first_number + first
    height = executed.head.height
    return [
        (waiting, Answer(height, first + place, number + place, receipt))
        for place, (waiting, receipt) in enumerate(zip(made.waiting, executed.applied.receipts[first:], strict=True))
    ]
