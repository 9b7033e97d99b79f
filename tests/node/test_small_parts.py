"""Lock, key file and clocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.node.conftest import SEED, SetClock
from yuzhong.ledger import signatures
from yuzhong.ledger.failures import Stop
from yuzhong.ledger.numbers import Millis
from yuzhong.node import keyfile
from yuzhong.node.clock import LAST_MS, DrivenTime, SystemTime
from yuzhong.node.disk import Disk
from yuzhong.node.errors import FolderTaken, NotTaken
from yuzhong.node.keyfile import KeyFileError
from yuzhong.node.lock import FolderLock


def test_a_second_owner_of_a_folder_is_refused_and_told_the_process(tmp_path: Path) -> None:
    import os

    lock = FolderLock(tmp_path)
    with pytest.raises(FolderTaken, match=f"process {os.getpid()}"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()


def test_the_operators_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "operator.key"
    made = keyfile.load_or_make(path, Disk())
    assert path.stat().st_mode & 0o777 == 0o600
    again = keyfile.load_or_make(path, Disk())
    assert again.protected == made.protected == signatures.protected_header(made.public)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "operator.key"
    keyfile.load_or_make(path, Disk())
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="mode to 600"):
        keyfile.load_or_make(path, Disk())


def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "operator.key"
    Disk().write_file(path, b"nothing")
    with pytest.raises(KeyFileError, match="holds no key"):
        keyfile.load_or_make(path, Disk())


def test_a_seed_makes_the_same_key_and_never_silently_another_than_the_file_holds(tmp_path: Path) -> None:
    first = keyfile.load_or_make(tmp_path / "a", Disk(), SEED)
    assert keyfile.load_or_make(tmp_path / "b", Disk(), SEED).public == first.public
    with pytest.raises(KeyFileError, match="another key"):
        keyfile.load_or_make(tmp_path / "a", Disk(), bytes(32))


def test_system_time_is_never_the_same_twice_nor_backwards() -> None:
    source = SetClock(5_000)
    clock = SystemTime(source, Millis(4_000))
    assert clock.next_time(Millis(4_000)) == 5_000
    assert clock.next_time(Millis(5_000)) == 5_001
    source.wall -= 500
    assert clock.next_time(Millis(5_001)) == 5_002


def test_system_time_refuses_to_begin_before_the_last_block() -> None:
    with pytest.raises(Stop, match="1 ms before the last block's time"):
        SystemTime(SetClock(5_000), Millis(5_001))


@pytest.mark.parametrize("parted", [-1_000, 1_000])
def test_system_time_stops_when_wall_and_monotonic_clock_part_by_a_second(parted: int) -> None:
    source = SetClock(50_000)
    clock = SystemTime(source, Millis(0))
    source.forward(60_000)
    source.wall += parted - (1 if parted > 0 else -1)
    clock.now()
    source.wall += 1 if parted > 0 else -1
    with pytest.raises(Stop, match="was set"):
        clock.now()


def test_driven_time_may_stand_but_not_go_backwards_nor_beyond_its_bound() -> None:
    clock = DrivenTime(Millis(10))
    clock.take(Millis(10))
    clock.take(Millis(12))
    with pytest.raises(NotTaken, match="is after"):
        clock.take(Millis(LAST_MS + 1))
    with pytest.raises(NotTaken, match="11 is before 12"):
        clock.take(Millis(11))
