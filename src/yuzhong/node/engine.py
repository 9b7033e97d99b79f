"""The node's threads put together: who hands what to whom, and in which order they end."""

from __future__ import annotations

import logging
from collections.abc import Callable

from yuzhong.ledger.genesis import Clock
from yuzhong.ledger.invariants import Watch
from yuzhong.node import blocks
from yuzhong.node.clock import ClockSource, DrivenTime, SystemTime
from yuzhong.node.derived import Derived
from yuzhong.node.execution import Head
from yuzhong.node.executor import Executor
from yuzhong.node.health import Health
from yuzhong.node.inbox import Inbox
from yuzhong.node.metrics import Metrics
from yuzhong.node.options import Options
from yuzhong.node.projector import Projector
from yuzhong.node.recovery import Ledger
from yuzhong.node.snapshot_taker import SnapshotTaker
from yuzhong.node.waiting import Answer, Limits
from yuzhong.node.writer import LOOK_SECONDS, Synced, Writer

log = logging.getLogger("yuzhong.node")


class Engine:
    """Executor, writer, projector and snapshots of an opened ledger, running from construction to `stop`."""

    def __init__(
        self,
        ledger: Ledger,
        derived: Derived,
        options: Options,
        source: ClockSource,
        metrics: Metrics,
        find: Callable[[bytes], Answer | None],
    ) -> None:
        """`find` gives the first answer to a transaction that the index of receipts knows; it may raise Unavailable.

        Raises Stop for a clock behind.
        """
        self.health = Health(slow_write_s=options.slow_write_ms / 1_000)
        self.inbox = Inbox(
            options.queue_transactions, options.queue_bytes, options.queue_questions, options.answers_kept
        )
        self.limits = Limits(options.block_transactions, options.block_cost_units, options.block_bytes)
        """What one block may hold."""
        self._give_up = options.give_up_ms / 1_000
        self._ledger = ledger
        head = standing(ledger)
        synced = Synced(head, ledger.newest, None)
        is_system = ledger.genesis.clock is Clock.SYSTEM
        system_time = SystemTime(source, head.time) if is_system else None
        self.driven_time = None if is_system else DrivenTime(head.time)
        """None where the machine's clock gives the time."""
        machine = ledger.execution.machine
        self.projector = Projector(
            derived, ledger.segments, machine, self.inbox, self.health, metrics, synced, options.retry_ms
        )
        self.writer = Writer(
            ledger.segments, self._sign, self.inbox, self.health, metrics, synced, self.projector.put, options
        )
        self.taker = SnapshotTaker(ledger, self.writer, metrics, options)
        self._executor = Executor(
            ledger.execution,
            self.inbox,
            self.writer,
            self.health,
            metrics,
            self.limits,
            system_time,
            find=find,
            after_block=self.taker.after_block,
            watch=_watch(ledger, options),
        )
        metrics.height.set(head.height)
        for thread in (self.projector, self.writer, self._executor):
            thread.start()

    def stop(self) -> bool:
        """Take in nothing more, finish what waits, sync, take a snapshot. False where not everything came to disk."""
        self.inbox.close("the node is stopping")
        self.writer.hurry()
        self._join_writing()
        self.projector.finish()
        self.projector.join(self._give_up + self.health.slow_write_s)
        if self.health.failure is None:
            self.taker.take_last()
        self.taker.join()
        return self.health.failure is None

    @property
    def is_hanging(self) -> bool:
        """After `stop`: whether a thread still hangs in a write, which nothing can end but the disk."""
        return self.writer.is_alive() or self.projector.is_alive()

    def _join_writing(self) -> None:
        """Wait for executor and writer as long as the disk goes on."""
        for thread in (self._executor, self.writer):
            while thread.is_alive():
                thread.join(LOOK_SECONDS)
                if self.health.write_lasts > max(self._give_up, self.health.slow_write_s):
                    self.health.fail(f"the node has stopped: {self.health.ledger_trouble}")
                    self.writer.abandon()
                    self._executor.join()
                    self.inbox.fail_all(self.health.failure or "")
                    return

    def _sign(self, header_bytes: bytes) -> bytes:
        return self._ledger.key.sign_message(blocks.header_context(self._ledger.execution.chain_id), header_bytes)


def standing(ledger: Ledger) -> Head:
    """Where an opened ledger stands."""
    if ledger.execution.head is None:
        raise TypeError("an opened ledger stands at a block")
    return ledger.execution.head


def _watch(ledger: Ledger, options: Options) -> Watch | None:
    """The invariants of every feature, having seen the whole state; None where they are not asked for."""
    if not options.watch_invariants:
        return None
    features = ledger.execution.machine.features
    watch = Watch(tuple(invariant for feature in features for invariant in feature.invariants))
    watch.begin(ledger.execution.state)
    return watch
