"""A disk that is full, or that fails to write or sync, for a while.

The node says so, acknowledges nothing meanwhile, loses nothing, and goes on by itself.
"""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

from tests.faults.life import Failure, Lineage, Outcome, load_for
from tests.faults.load import Load
from tests.faults.powercut import cut_now, keep_before
from tests.faults.preload import Watch
from tests.faults.server import Server
from yuzhong.client import NotReady

FAULTS = (
    (errno.ENOSPC, "write allocate name"),
    (errno.EIO, "sync"),
    (errno.EIO, "write"),
)
SETTLE_S = 10.0


def fill_disk(lineage: Lineage, here: Path, outcome: Outcome) -> None:
    """One run: a life with a few faults that pass, then a power cut."""
    random, flag = lineage.random, here / "flag"
    outcome.kind = "full disk"
    keep_before(here)
    watch = Watch(here / "root", here / "trace", flag=flag)
    server = Server(here / "root" / "data", here / "node.log", watch.environment())
    load = None
    try:
        server.wait_ready()
        load = lineage.begin_load(server)
        for error, operations in random.sample(FAULTS, 2):
            load_for(server, load, random.uniform(0.05, 0.3))
            _pass_fault(server, load, flag, error, operations)
    finally:
        server.kill()
        if load is not None:
            outcome.acknowledged = len(lineage.end_load(load))
    cut_now(lineage, here, outcome)


def _pass_fault(server: Server, load: Load, flag: Path, error: int, operations: str) -> None:
    part = flag.with_suffix(".part")
    part.write_text(f"{error} {operations}")
    part.rename(flag)
    try:
        status, reason = _wait_for(server, 503)
        if status != 503 or os.strerror(error) not in reason:
            raise Failure(f"with {os.strerror(error)} on {operations} /ready says {status} {reason!r}")
        time.sleep(0.05)
        count = len(load.acknowledged)
        _expect_refusal(load)
        time.sleep(0.25)
        if len(load.acknowledged) != count:
            raise Failure(f"{len(load.acknowledged) - count} acknowledged while {operations} failed")
    finally:
        flag.unlink()
    status, reason = _wait_for(server, 200)
    if status != 200:
        raise Failure(f"the fault is gone and /ready still says {status} {reason!r}")
    until = time.monotonic() + SETTLE_S
    while len(load.acknowledged) == count and time.monotonic() < until:
        time.sleep(0.01)
    if len(load.acknowledged) == count:
        raise Failure("the fault is gone and nothing is acknowledged")


def _expect_refusal(load: Load) -> None:
    signed = load.operator.admit(1)[0]
    try:
        load.client.submit(signed)
    except NotReady as problem:
        load.unanswered.append(signed)
        if problem.status != 503 or "disk" not in problem.detail:
            raise Failure(f"the refusal does not say why: {problem.status} {problem}") from problem
    else:
        raise Failure("a transaction was acknowledged while the disk failed")


def _wait_for(server: Server, wanted: int) -> tuple[int, str]:
    until = time.monotonic() + SETTLE_S
    while True:
        answer = server.ready()
        if answer[0] == wanted or time.monotonic() > until or not server.is_alive:
            return answer
        time.sleep(0.01)
