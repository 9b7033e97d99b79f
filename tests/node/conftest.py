"""What the node's tests share: small segments, nodes of the toy feature, clocks and disks that do as told."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.node import toy
from yuzhong.ledger.genesis import Clock
from yuzhong.node.disk import Disk
from yuzhong.node.options import Options
from yuzhong.node.solo import Node

SMALL = Options(segment_bytes=64 * 1024, retry_ms=10, give_up_ms=200)
SEED = bytes(range(32))

OpenNode = Callable[..., Node]


class SetClock:
    """A machine clock that stands where a test puts it; sleeping moves it on."""

    def __init__(self, wall_ms: int = toy.START) -> None:
        self.wall = wall_ms
        self.monotonic = 0

    def wall_ms(self) -> int:
        return self.wall

    def monotonic_ms(self) -> int:
        return self.monotonic

    def sleep_ms(self, duration_ms: int) -> None:
        self.forward(duration_ms)

    def forward(self, duration_ms: int) -> None:
        self.wall += duration_ms
        self.monotonic += duration_ms


class FaultyDisk(Disk):
    """A disk whose writes or syncs of segments can be made to fail, and which counts them."""

    def __init__(self) -> None:
        self.write_error = 0
        self.sync_error = 0
        self.allocate_error = 0
        self.writes: list[tuple[int, bytes]] = []

    def write(self, fd: int, data: bytes, offset: int) -> None:
        if self.write_error:
            # Part of it may have reached the disk all the same.
            super().write(fd, data[: len(data) // 2], offset)
            raise OSError(self.write_error, os.strerror(self.write_error))
        self.writes.append((offset, data))
        super().write(fd, data, offset)

    def sync_data(self, fd: int) -> None:
        if self.sync_error:
            raise OSError(self.sync_error, os.strerror(self.sync_error))
        super().sync_data(fd)

    def allocate(self, fd: int, size: int) -> None:
        if self.allocate_error:
            raise OSError(self.allocate_error, os.strerror(self.allocate_error))
        super().allocate(fd, size)


NO_SPACE, BROKEN = errno.ENOSPC, errno.EIO


@pytest.fixture
def signer() -> toy.Signer:
    return toy.Signer(1)


@pytest.fixture
def open_node(tmp_path: Path, signer: toy.Signer) -> Iterator[OpenNode]:
    """Opens nodes of the toy feature, and stops those that a test has left open."""
    nodes: list[Node] = []

    def open_one(folder: Path | None = None, clock: Clock = Clock.DRIVEN, **given: Any) -> Node:
        options = given.pop("options", SMALL)
        given["clock"] = given.pop("source", None)
        node = Node.open(
            folder or tmp_path / "data",
            features=toy.FEATURES,
            genesis=toy.genesis(clock, signer),
            operator_seed=SEED,
            options=options,
            **given,
        )
        nodes.append(node)
        return node

    yield open_one
    for node in nodes:
        node.stop()
