"""Derived data that lags far behind: nobody waits for it, memory stays bounded, and no copy is executed as new."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.node import toy
from tests.node.conftest import NO_SPACE, SMALL, FaultyDisk, OpenNode
from tests.node.test_disk_trouble import wait_for
from yuzhong.ledger.genesis import Clock
from yuzhong.node import projector, solo
from yuzhong.node.derived import Derived
from yuzhong.node.errors import Stopped, Unavailable
from yuzhong.node.projector import Projector
from yuzhong.node.solo import Node

WAIT = 20
KEPT = 4


class DerivedFails(FaultyDisk):
    """A disk that takes everything but derived data."""

    fails = True

    def write(self, fd: int, data: bytes, offset: int) -> None:
        if self.fails and "/derived/" in str(Path(f"/proc/self/fd/{fd}").readlink()):
            raise OSError(NO_SPACE, os.strerror(NO_SPACE))
        super().write(fd, data, offset)


@pytest.fixture
def disk() -> DerivedFails:
    disk = DerivedFails()
    disk.fails = False
    return disk


@pytest.fixture
def projectors(monkeypatch: pytest.MonkeyPatch) -> list[Projector]:
    """The projectors of the nodes that a test opens, which keep few blocks."""
    made: list[Projector] = []
    original = Projector.start

    def start(self: Projector) -> None:
        made.append(self)
        original(self)

    monkeypatch.setattr(Projector, "start", start)
    monkeypatch.setattr(projector, "WAITING_BLOCKS_MAX", KEPT)
    monkeypatch.setattr(solo, "INDEX_WAIT_SECONDS", 0.01)
    return made


def send_blocks(node: Node, signer: toy.Signer, first: int, last: int) -> list[Any]:
    return [
        node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START + time).result(WAIT)[0]
        for time in range(first, last + 1)
    ]


def test_the_writer_answers_far_beyond_what_is_kept_and_the_rest_is_read_from_the_segments(
    open_node: OpenNode, signer: toy.Signer, disk: DerivedFails, projectors: list[Projector]
) -> None:
    node = open_node(disk=disk)
    disk.fails = True
    answers = send_blocks(node, signer, 1, 5 * KEPT)
    wait_for(lambda: "derived data" in node.status().troubles)
    assert projectors[0].waiting <= KEPT
    assert node.status().ready
    assert node.projected.head.height < 5 * KEPT
    with pytest.raises(Unavailable, match="behind"):
        node.receipt(answers[-1].receipt.identity)
    disk.fails = False
    assert node.wait_projected(timeout=WAIT)
    assert [node.receipt(answer.receipt.identity) for answer in answers] == answers
    app = node.projected.head.app
    assert (node.tiles.size, node.tiles.root(node.tiles.size)) == (app.receipts_count, app.receipts_root)
    answers = send_blocks(node, signer, 21, 22)
    assert [node.receipt(answer.receipt.identity) for answer in answers] == answers
    assert node.receipt(bytes(32)) is None


def test_too_many_receipts_are_not_kept_either(
    open_node: OpenNode,
    signer: toy.Signer,
    disk: DerivedFails,
    projectors: list[Projector],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(projector, "WAITING_RECEIPTS_MAX", 2)
    node = open_node(disk=disk)
    disk.fails = True
    send_blocks(node, signer, 1, 2)
    wait_for(lambda: "derived data" in node.status().troubles)
    send_blocks(node, signer, 3, 8)
    assert projectors[0].waiting <= 2


def test_a_node_stops_while_derived_data_cannot_be_written_and_makes_it_at_the_next_start(
    open_node: OpenNode, signer: toy.Signer, disk: DerivedFails, projectors: list[Projector]
) -> None:
    node = open_node(disk=disk)
    disk.fails = True
    answers = send_blocks(node, signer, 1, 3 * KEPT)
    node.stop()
    assert not any(one.is_alive() for one in projectors)
    again = open_node()
    assert (again.head.height, again.opened.replayed) == (3 * KEPT, 0)
    assert [again.receipt(answer.receipt.identity) for answer in answers] == answers


def test_copies_are_answered_while_their_answers_are_kept_and_else_refused_until_the_index_has_them(
    open_node: OpenNode, signer: toy.Signer, disk: DerivedFails, projectors: list[Projector]
) -> None:
    node = open_node(clock=Clock.SYSTEM, disk=disk, options=replace(SMALL, answers_kept=KEPT))
    disk.fails = True
    sent = [signer.add(node.chain_id, 1, 1) for _ in range(3 * KEPT)]
    answers = [node.submit([one]).result(WAIT)[0] for one in sent]
    assert node.submit(sent[-KEPT:]).result(WAIT) == answers[-KEPT:]
    height = node.head.height
    for refused in (lambda: node.submit([sent[0]]).result(WAIT), lambda: node.receipt(answers[0].receipt.identity)):
        with pytest.raises(Unavailable, match="behind"):
            refused()
    assert node.head.height == height
    # What is new goes its way, also beside what is refused: the sender learns its answer by sending it again.
    fresh = signer.add(node.chain_id, 2, 1)
    with pytest.raises(Unavailable, match="behind"):
        node.submit([sent[0], fresh]).result(WAIT)
    disk.fails = False
    assert node.wait_projected(timeout=WAIT)
    both = node.submit([sent[0], fresh]).result(WAIT)
    assert both[0] == answers[0]
    assert both[1].height == height + 1 == node.head.height


def failing(times: int, original: Callable[..., None]) -> Callable[..., None]:
    def feed(self: Derived, blocks: Any) -> None:
        nonlocal times
        if times:
            times -= 1
            raise ValueError("no such tile")
        original(self, blocks)

    return feed


def test_a_projector_that_dies_stops_the_node_says_why_and_keeps_nothing(
    open_node: OpenNode, signer: toy.Signer, projectors: list[Projector], monkeypatch: pytest.MonkeyPatch
) -> None:
    node = open_node()
    monkeypatch.setattr(Derived, "feed", failing(1, Derived.feed))
    answer = send_blocks(node, signer, 1, 1)[0]
    wait_for(lambda: not node.status().ready)
    assert "deriving data failed" in str(node.status().reason)
    assert "no such tile" in str(node.failure)
    with pytest.raises(Stopped, match="deriving data failed"):
        send_blocks(node, signer, 2, 2)
    assert answer.height == 1
    projectors[0].join(WAIT)
    projectors[0].put([node.synced])
    assert projectors[0].waiting == 0
    node.stop()
    again = open_node()
    assert again.receipt(answer.receipt.identity) == answer
