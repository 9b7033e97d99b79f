"""When snapshots are taken: after so many blocks or transactions, and when the node stops.

Rows are copied between blocks, written beside.
"""

from __future__ import annotations

import logging
import threading
import time

from yuzhong.node.execution import Executed
from yuzhong.node.metrics import Metrics
from yuzhong.node.options import Options
from yuzhong.node.recovery import Ledger
from yuzhong.node.snapshots import Copied, SnapshotDamaged, copy_rows
from yuzhong.node.writer import Writer

log = logging.getLogger("yuzhong.node")


class SnapshotTaker:
    """Takes at most one snapshot at a time. A snapshot that fails is said so and tried again at the next occasion."""

    def __init__(self, ledger: Ledger, writer: Writer, metrics: Metrics, options: Options) -> None:
        self._ledger = ledger
        self._writer = writer
        self._metrics = metrics
        self._options = options
        self._transactions = 0
        self._blocks = ledger.replayed
        self._thread: threading.Thread | None = None
        self._newest = ledger.snapshot_height

    def after_block(self, executed: Executed) -> None:
        """Called by the executor after each block; copies the rows out when it is time."""
        self._blocks += 1
        self._transactions += len(executed.transactions)
        options = self._options
        if self._transactions < options.snapshot_transactions and self._blocks < options.snapshot_blocks:
            return
        if self._thread is not None and self._thread.is_alive():
            return
        self._transactions = self._blocks = 0
        copied = self._copy()
        self._thread = threading.Thread(target=self._write, args=(copied,), name="yuzhong-snapshot", daemon=True)
        self._thread.start()

    def take_last(self) -> None:
        """The one at the node's stop, unless the newest block has one."""
        self.join()
        head = self._ledger.execution.head
        if head is not None and head.height > self._newest:
            self._write(self._copy())

    def join(self) -> None:
        """Wait until none is being written."""
        if self._thread is not None:
            self._thread.join()

    def _copy(self) -> Copied:
        began = time.perf_counter()
        copied = copy_rows(self._ledger.execution)
        self._metrics.snapshot_pause_seconds.observe(time.perf_counter() - began)
        return copied

    def _write(self, copied: Copied) -> None:
        height = copied.head.height
        try:
            if not self._writer.wait_synced(height):
                log.warning("no snapshot of height %d: its block is not on disk", height, extra={"height": height})
                return
            ledger = self._ledger
            block = ledger.segments.read(height)
            execution = ledger.execution
            ledger.snapshots.write(copied, block, execution.chain_id, execution.machine.kernels)
        except (OSError, SnapshotDamaged) as error:
            log.exception("a snapshot could not be written", extra={"height": height, "reason": str(error)})
        else:
            self._newest = height
            self._metrics.snapshots.inc()
