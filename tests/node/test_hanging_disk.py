"""A disk that neither takes a write nor refuses it: the node says so, keeps no thread waiting, and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.node import toy
from tests.node.conftest import SMALL, FaultyDisk, OpenNode
from tests.node.test_disk_trouble import wait_for
from yuzhong.node.errors import Busy, FolderTaken, Stopped, Unavailable

WAIT = 20
QUICK = replace(SMALL, slow_write_ms=100, give_up_ms=100, queue_questions=3)


class HangingDisk(FaultyDisk):
    """A disk whose syncs of segments last until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()
        self.goes_on.set()

    def sync_data(self, fd: int) -> None:
        self.goes_on.wait(WAIT)
        super().sync_data(fd)


@pytest.fixture
def disk() -> Iterator[HangingDisk]:
    disk = HangingDisk()
    yield disk
    disk.goes_on.set()


def test_a_sync_that_hangs_is_trouble_and_questions_are_refused_until_it_ends(
    open_node: OpenNode, signer: toy.Signer, disk: HangingDisk
) -> None:
    node = open_node(disk=disk, options=QUICK)
    disk.goes_on.clear()
    future = node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START)
    wait_for(lambda: not node.status().ready)
    with pytest.raises(Unavailable):
        node.ask(lambda state: state)
    assert "has not finished a write" in str(node.status().reason)
    assert "has not finished a write" in node.status().troubles["ledger"]
    with pytest.raises(Unavailable, match="has not finished"):
        node.submit_block([], toy.START)
    assert not future.done()
    disk.goes_on.set()
    assert future.result(WAIT)[0].height == 1
    assert node.ask(lambda state: toy.TALLIES.get(state, 1)) is not None
    assert (node.status().ready, node.status().troubles) == (True, {})


def test_questions_past_the_queue_are_busy_and_those_that_wait_too_long_are_not_asked(open_node: OpenNode) -> None:
    node = open_node(options=replace(QUICK, question_ms=50))
    begun, goes_on = threading.Event(), threading.Event()
    asked: list[object] = []

    def slow(_: object) -> str:
        begun.set()
        goes_on.wait(WAIT)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(node.ask, slow)
        assert begun.wait(WAIT)
        for _ in range(QUICK.queue_questions):
            with pytest.raises(Unavailable, match=r"not answered within 0\.05 seconds"):
                node.ask(asked.append)
        with pytest.raises(Busy, match="3 questions wait"):
            node.ask(lambda state: state)
        goes_on.set()
        # A question that is being answered is waited for.
        assert answer.result(WAIT) == "slow"

    def is_answered() -> bool:
        try:
            return node.ask(lambda state: True)
        except (Busy, Unavailable):
            return False

    wait_for(is_answered)
    assert asked == []


def test_a_question_that_raises_a_timeout_of_its_own_is_not_mistaken_for_one_that_waited(open_node: OpenNode) -> None:
    def question(_: object) -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        open_node(options=QUICK).ask(question)


def test_a_node_whose_disk_hangs_stops_and_leaves_the_folder_taken(
    open_node: OpenNode, signer: toy.Signer, disk: HangingDisk
) -> None:
    node = open_node(disk=disk, options=QUICK)
    disk.goes_on.clear()
    future = node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START)
    node.stop()
    with pytest.raises(Stopped, match="has not finished a write"):
        future.result(WAIT)
    assert "has not finished a write" in str(node.failure)
    # The write may still reach the disk.
    with pytest.raises(FolderTaken):
        open_node()
    disk.goes_on.set()
    wait_for(lambda: node.head.height == 1)
