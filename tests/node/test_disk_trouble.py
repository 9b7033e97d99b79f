"""A disk that does not take writes: nothing is acknowledged or lost, and the node goes on when the disk does."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.node import toy
from tests.node.conftest import BROKEN, NO_SPACE, FaultyDisk, OpenNode
from yuzhong.ledger.genesis import Clock
from yuzhong.node.errors import Stopped, Unavailable
from yuzhong.node.verify import verify_ledger

WAIT = 20


def wait_for(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about")


@pytest.mark.parametrize(
    ("attribute", "error", "words"),
    [
        ("write_error", NO_SPACE, "No space left"),
        ("write_error", BROKEN, "Input/output error"),
        ("sync_error", BROKEN, "Input/output error"),
        ("allocate_error", NO_SPACE, "No space left"),
    ],
)
def test_while_the_disk_is_in_trouble_nothing_is_acknowledged_and_then_it_goes_on(
    open_node: OpenNode, signer: toy.Signer, tmp_path: Path, attribute: str, error: int, words: str
) -> None:
    disk = FaultyDisk()
    node = open_node(clock=Clock.SYSTEM, disk=disk)
    futures: list[Future[Any]] = [node.submit([signer.add(node.chain_id, 1, 1)])]
    futures[0].result(WAIT)
    setattr(disk, attribute, error)
    # Enough to fill the small segment file, so that a next one is needed.
    for _ in range(40):
        try:
            futures.append(node.submit([signer.add(node.chain_id, tally, 1) for tally in range(20)]))
        except Unavailable:
            break
    wait_for(lambda: not node.status().ready)
    assert words in str(node.status().reason)
    waiting = [future for future in futures if not future.done()]
    assert waiting
    with pytest.raises(Unavailable, match=words):
        node.submit([signer.add(node.chain_id, 1, 1)])
    with pytest.raises(Unavailable, match="not on disk"):
        node.ask(lambda state: state)
    height = node.head.height
    assert b'yuzhong_trouble{of="ledger"} 1.0' in node.metrics.exposition()

    setattr(disk, attribute, 0)
    count = sum(len(future.result(WAIT)) for future in futures)
    assert node.head.height > height
    assert node.status().ready
    assert node.submit([signer.add(node.chain_id, 1, 1)]).result(WAIT)
    node.stop()
    report = verify_ledger(tmp_path / "data", toy.FEATURES)
    assert report.transactions == count + 1
    assert report.torn is None


def test_a_node_stopped_while_its_disk_is_in_trouble_fails_what_waits_and_keeps_the_ledger_whole(
    open_node: OpenNode, signer: toy.Signer, tmp_path: Path
) -> None:
    disk = FaultyDisk()
    node = open_node(disk=disk)
    node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START).result(WAIT)
    disk.write_error = NO_SPACE
    future = node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START)
    wait_for(lambda: not node.status().ready)
    node.stop()
    with pytest.raises(Stopped, match="did not take the last 1 blocks"):
        future.result(WAIT)
    again = open_node()
    assert again.head.height == 1
    again.stop()
    assert verify_ledger(tmp_path / "data", toy.FEATURES).transactions == 1


def test_derived_data_that_cannot_be_written_holds_up_nobody(open_node: OpenNode, signer: toy.Signer) -> None:
    class DerivedFails(FaultyDisk):
        def __init__(self) -> None:
            super().__init__()
            self.fails = False

        def write(self, fd: int, data: bytes, offset: int) -> None:
            if self.fails and "/derived/" in str(Path(f"/proc/self/fd/{fd}").readlink()):
                raise OSError(NO_SPACE, os.strerror(NO_SPACE))
            super().write(fd, data, offset)

    disk = DerivedFails()
    node = open_node(disk=disk)
    disk.fails = True
    answer = node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START).result(WAIT)[0]
    wait_for(lambda: "derived data" in node.status().troubles)
    assert node.status().ready
    assert node.projected.head.height == 0
    disk.fails = False
    assert node.wait_projected(1, WAIT)
    assert node.receipt(answer.receipt.identity) == answer
    assert node.status().troubles == {}


def test_a_real_limit_on_file_size_is_survived(tmp_path: Path) -> None:
    """The kernel itself refuses the next segment; when it no longer does, all that waited is acknowledged."""
    script = f"""
import resource, sys, time
from pathlib import Path
from tests.node import toy
from tests.node.conftest import SMALL
from yuzhong.ledger.genesis import Clock
from yuzhong.node.solo import Node

signer = toy.Signer(1)
folder, genesis = Path({str(tmp_path / "data")!r}), toy.genesis(Clock.SYSTEM, signer)
node = Node.open(folder, features=toy.FEATURES, genesis=genesis, options=SMALL)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
futures = []
while node.status().ready:
    futures.append(node.submit([signer.add(node.chain_id, 1, 1) for _ in range(30)]))
    time.sleep(0.005)
reason = node.status().reason
done = sum(future.done() for future in futures)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
count = sum(len(future.result(20)) for future in futures)
node.stop()
print(len(futures) > done, reason, count)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    more_waited, *reason, count = done.stdout.split()
    assert more_waited == "True"
    assert "large" in reason
    assert verify_ledger(tmp_path / "data", toy.FEATURES).transactions == int(count)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
