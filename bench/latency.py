"""One client, one order at a time: from sending it to the receipt that says it is on disk."""

from __future__ import annotations

import os
import statistics
import time

from bench.report import ROOT, Result
from bench.served import served
from yuzhong.client import Receipt

ORDERS = 1_500
SYNCS = 300
GOAL_P50_MS = 3.0
GOAL_P99_MS = 10.0


def latency() -> Result:
    """The median in milliseconds, p99 in the details; the ceiling is one append and sync on the same disk."""
    with served("latency") as node:
        seconds = []
        for order in node.orders(ORDERS, traders=1):
            began = time.perf_counter()
            answer = node.client.submit(order)
            seconds.append(time.perf_counter() - began)
            if not isinstance(answer, Receipt):
                raise RuntimeError(f"an order was not answered with a receipt: {answer}")
    seconds.sort()
    p99 = seconds[int(len(seconds) * 0.99)] * 1_000
    return Result(
        "latency",
        statistics.median(seconds) * 1_000,
        "ms, p50",
        GOAL_P50_MS,
        False,
        sync_ms(),
        "one append of 4 KiB with fdatasync on the same disk",
        {
            "p99_ms": round(p99, 3),
            "goal_p99_ms": GOAL_P99_MS,
            "p99_meets_goal": p99 <= GOAL_P99_MS,
            "orders": ORDERS,
            "signers": 1,
        },
    )


def sync_ms() -> float:
    """The median time of an append and fdatasync, in milliseconds, into space that is allocated already."""
    path = ROOT / "build" / "bench" / "sync"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, SYNCS * 4_096)
        os.fsync(descriptor)
        seconds = []
        for number in range(SYNCS):
            began = time.perf_counter()
            os.pwrite(descriptor, bytes(4_096), number * 4_096)
            os.fdatasync(descriptor)
            seconds.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(seconds) * 1_000
