"""What the node counts and measures, for Prometheus, on a registry of its own: two nodes in one process do not mix."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from yuzhong.ledger.outcomes import RULE_FAILED

SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The node's instruments."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.height = Gauge("yuzhong_height", "Newest block on disk", registry=registry)
        self.blocks = Counter("yuzhong_blocks", "Blocks executed", registry=registry)
        self.receipts = Counter("yuzhong_receipts", "Receipts made, by code", ["code"], registry=registry)
        self.rule_failures = Counter("yuzhong_rule_failures", "Transactions undone after checks", registry=registry)
        self.disk_errors = Counter("yuzhong_disk_errors", "Writes or syncs of blocks that failed", registry=registry)
        self.queue_length = Gauge("yuzhong_queue_length", "Transactions that wait for a block", registry=registry)
        self.trouble = Gauge("yuzhong_trouble", "1 while something cannot be written", ["of"], registry=registry)
        self.ready = Gauge("yuzhong_ready", "1 while the node takes transactions", registry=registry)
        self.execute_seconds = Histogram("yuzhong_execute_seconds", "One block", buckets=SECONDS, registry=registry)
        self.sync_seconds = Histogram("yuzhong_sync_seconds", "Append and sync", buckets=SECONDS, registry=registry)
        self.snapshot_pause_seconds = Histogram(
            "yuzhong_snapshot_pause_seconds",
            "Copying a snapshot's rows, between two blocks",
            buckets=SECONDS,
            registry=registry,
        )
        self.snapshots = Counter("yuzhong_snapshots", "Snapshots written, read back and kept", registry=registry)
        self._codes: dict[int, Counter] = {}

    def count_receipts(self, name: Callable[[int], str], code: int, count: int) -> None:
        """Count receipts of one code; `name` is what it is called."""
        counter = self._codes.get(code)
        if counter is None:
            counter = self._codes[code] = self.receipts.labels(name(code))
        counter.inc(count)
        if code == RULE_FAILED:
            self.rule_failures.inc(count)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
