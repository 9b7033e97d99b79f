"""Segments: what is written is read again; a torn tail is cut; damage is refused with file and offset."""

from __future__ import annotations

import errno
import random
from pathlib import Path

import pytest

from tests.node.conftest import BROKEN, NO_SPACE, FaultyDisk
from yuzhong.node import records
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.disk import Disk
from yuzhong.node.errors import Damaged
from yuzhong.node.records import FILE_HEADER_BYTES, OtherFormat
from yuzhong.node.segments import Segments

SIZE = 32 * 1024
SECTOR = 512


def block(height: int, size: int = 700) -> StoredBlock:
    body = bytes((height * 7 + place) % 256 for place in range(size))
    return StoredBlock(height, b"header %d" % height, b"app", body, (b"first", b"", b"third receipt"))


def write(folder: Path, *groups: range, disk: Disk | None = None, size: int = SIZE) -> Segments:
    segments = Segments.create(folder, "toy-0123456789abcdef", disk or Disk(), size)
    for group in groups:
        segments.append([block(height) for height in group])
    return segments


def reopen(folder: Path, floor: int = -1) -> Segments:
    segments = Segments.open(folder, Disk(), SIZE, floor=floor)
    assert segments is not None
    return segments


def file_of(segments: Segments, height: int) -> tuple[Path, int]:
    file, offset = segments.place(height)
    return file.path, offset


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def test_what_was_appended_is_read_again_after_opening(tmp_path: Path) -> None:
    write(tmp_path, range(1), range(1, 4), range(4, 5)).close()
    segments = reopen(tmp_path)
    assert list(segments.blocks()) == [block(height) for height in range(5)]
    assert list(segments.blocks(3)) == [block(3), block(4)]
    assert segments.read(2) == block(2)
    assert segments.last_height == 4
    assert segments.torn is None
    with pytest.raises(KeyError):
        segments.read(5)


def test_appending_goes_on_after_opening(tmp_path: Path) -> None:
    write(tmp_path, range(3)).close()
    segments = reopen(tmp_path)
    segments.append([block(3)])
    segments.close()
    assert list(reopen(tmp_path).blocks()) == [block(height) for height in range(4)]


def test_a_full_file_is_followed_by_the_next_and_chained_to_it(tmp_path: Path) -> None:
    segments = write(tmp_path, range(100))
    segments.close()
    files = sorted(tmp_path.glob("*.seg"))
    assert len(files) > 2
    assert all(path.stat().st_size == SIZE for path in files)
    assert list(reopen(tmp_path).blocks()) == [block(height) for height in range(100)]
    assert reopen(tmp_path).read(50) == block(50)


def test_a_block_larger_than_a_file_gets_a_larger_file(tmp_path: Path) -> None:
    segments = write(tmp_path, range(1))
    segments.append([block(1, 3 * SIZE), block(2)])
    assert segments.read(1) == block(1, 3 * SIZE)
    assert reopen(tmp_path).last_height == 2


def test_the_files_are_readable_by_their_owner_only_and_begin_at_a_multiple_of_eight(tmp_path: Path) -> None:
    segments = write(tmp_path, range(9))
    for height in range(9):
        path, offset = file_of(segments, height)
        assert offset % 8 == 0
        assert path.stat().st_mode & 0o077 == 0


def test_one_group_costs_one_sync(tmp_path: Path) -> None:
    segments = write(tmp_path, range(1))
    before = segments.syncs
    segments.append([block(height) for height in range(1, 11)])
    assert segments.syncs == before + 1


@pytest.mark.parametrize("group", [1, 4], ids=["one record", "a group of four"])
def test_a_tail_torn_in_any_pattern_of_sectors_is_cut_and_said_so(tmp_path: Path, group: int) -> None:
    """Each sector of the last write is old or new, in any pattern: what was synced before stays, the rest is cut."""
    source = tmp_path / "source"
    source.mkdir()
    segments = write(source, range(3))
    path, _ = file_of(segments, 0)
    old = path.read_bytes()
    segments.append([block(height) for height in range(3, 3 + group)])
    end = segments._files[-1].end
    segments.close()
    new = path.read_bytes()
    chance = random.Random(group)
    first, last = file_of_end(old) // SECTOR, end // SECTOR
    seen = set()
    for trial in range(150):
        folder = tmp_path / f"trial-{trial}"
        folder.mkdir()
        mixed = bytearray(old)
        for sector in range(first, last + 1):
            if chance.random() < (0.5, 0.9)[trial % 2]:
                mixed[sector * SECTOR : (sector + 1) * SECTOR] = new[sector * SECTOR : (sector + 1) * SECTOR]
        (folder / path.name).write_bytes(mixed)
        opened = reopen(folder, floor=2)
        assert opened.last_height >= 2
        assert list(opened.blocks()) == [block(height) for height in range(opened.last_height + 1)]
        is_whole = opened.last_height == 2 + group
        assert (opened.torn is not None) == (bytes(mixed) != old and not is_whole) or bytes(mixed) == new
        seen.add(opened.last_height)
        # Once cut, the tail is zeros, and the ledger goes on.
        opened.append([block(opened.last_height + 1)])
        opened.close()
        again = reopen(folder)
        assert again.torn is None
        assert again.last_height == opened.last_height
    assert len(seen) > 1


def file_of_end(data: bytes) -> int:
    return len(data.rstrip(b"\0"))


def test_looking_without_repair_leaves_a_torn_tail_as_it_is(tmp_path: Path) -> None:
    segments = write(tmp_path, range(3))
    path, offset = file_of(segments, 2)
    overwrite(path, offset + 200, b"torn")
    before = path.read_bytes()
    opened = Segments.open(tmp_path, Disk(), SIZE, repair=False)
    assert opened is not None
    assert opened.last_height == 1
    assert opened.torn is not None
    assert (opened.torn.path, opened.torn.offset) == (path, offset)
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", [0, 5, 70, 300], ids=["magic", "lengths", "hash", "body"])
@pytest.mark.parametrize("damage", [b"\xff\xff\xff\xff", b"\0" * 4], ids=["ones", "zeros"])
def test_damage_before_a_whole_record_is_refused_with_file_and_offset(
    tmp_path: Path, place: int, damage: bytes
) -> None:
    segments = write(tmp_path, range(1), range(1, 2), range(2, 3), range(3, 4))
    path, offset = file_of(segments, 2)
    overwrite(path, offset + place, damage)
    with pytest.raises(Damaged, match=f"offset {offset}: height 2") as caught:
        reopen(tmp_path)
    assert (caught.value.path, caught.value.offset) == (path, offset)


def test_a_hole_in_the_middle_is_refused_with_file_and_offset(tmp_path: Path) -> None:
    segments = write(tmp_path, range(1), range(1, 2), range(2, 3))
    path, offset = file_of(segments, 1)
    overwrite(path, offset, bytes(file_of(segments, 2)[1] - offset))
    with pytest.raises(Damaged) as caught:
        reopen(tmp_path)
    assert (caught.value.path, caught.value.offset) == (path, offset)


def test_damage_at_the_end_of_a_file_that_is_not_the_last_is_refused(tmp_path: Path) -> None:
    segments = write(tmp_path, *(range(height, height + 1) for height in range(60)))
    first = sorted(tmp_path.glob("*.seg"))[0]
    last = [height for height in range(60) if file_of(segments, height)[0] == first][-1]
    path, offset = file_of(segments, last)
    overwrite(path, offset + 300, b"\xff" * 8)
    with pytest.raises(Damaged) as caught:
        reopen(tmp_path)
    assert (caught.value.path, caught.value.offset) == (path, offset)


def test_a_tail_that_a_snapshot_or_clean_stop_says_was_synced_is_refused_not_cut(tmp_path: Path) -> None:
    segments = write(tmp_path, range(3))
    path, offset = file_of(segments, 2)
    overwrite(path, offset + 150, b"\xff" * 8)
    with pytest.raises(Damaged, match="height 2 was synced") as caught:
        reopen(tmp_path, floor=2)
    assert caught.value.offset == offset
    assert reopen(tmp_path, floor=1).last_height == 1


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, range(100))
    sorted(tmp_path.glob("*.seg"))[1].unlink()
    with pytest.raises(Damaged, match="is missing"):
        reopen(tmp_path)


def test_a_record_with_a_new_checksum_does_not_fit_its_chain(tmp_path: Path) -> None:
    segments = write(tmp_path, range(1), range(1, 2), range(2, 3))
    file, offset = segments.place(1)
    data, _ = records.pack_record(
        block(1, 699),
        file.header.nonce,
        records.read_record(file.path.read_bytes(), offset, file.header.nonce).previous,
        1,
    )
    overwrite(file.path, offset, data)
    with pytest.raises(Damaged, match="height 2 does not follow") as caught:
        reopen(tmp_path)
    assert caught.value.offset == file_of(segments, 2)[1]


def test_a_record_carried_inside_a_transaction_does_not_pass_for_one(tmp_path: Path) -> None:
    """Whoever writes bytes that look like a later record into a block must not be able to stop the node's restart."""
    segments = write(tmp_path, range(2))
    forged, _ = records.pack_record(block(9, 8), bytes(16), bytes(32), 9)
    for shift in range(8):
        body = bytes(400 + shift) + forged
        segments.append([StoredBlock(segments.last_height + 1, b"header", b"app", body, ())])
    path, offset = file_of(segments, segments.last_height)
    overwrite(path, offset + 130, b"\xff")
    assert reopen(tmp_path).last_height == segments.last_height - 1


def test_another_format_is_refused_by_name(tmp_path: Path) -> None:
    segments = write(tmp_path, range(1))
    overwrite(file_of(segments, 0)[0], 8, (2).to_bytes(4, "big"))
    with pytest.raises(OtherFormat, match="format 2; this program reads format 1"):
        reopen(tmp_path)


def test_a_damaged_file_header_is_refused_at_offset_0(tmp_path: Path) -> None:
    segments = write(tmp_path, range(1))
    overwrite(file_of(segments, 0)[0], 20, b"\xff")
    with pytest.raises(Damaged, match="offset 0"):
        reopen(tmp_path)


def test_after_a_failed_sync_everything_not_synced_is_written_anew(tmp_path: Path) -> None:
    disk = FaultyDisk()
    segments = write(tmp_path, range(1), disk=disk)
    disk.sync_error = BROKEN
    disk.writes.clear()
    with pytest.raises(OSError, match="Input/output"):
        segments.append([block(1), block(2)])
    assert segments.last_height == 0
    disk.sync_error = 0
    segments.append([block(1), block(2), block(3)])
    (first_at, first), (second_at, second) = disk.writes
    assert first_at == second_at
    assert second.startswith(first)
    segments.close()
    assert list(reopen(tmp_path).blocks()) == [block(height) for height in range(4)]


def test_a_half_done_write_is_written_over(tmp_path: Path) -> None:
    disk = FaultyDisk()
    segments = write(tmp_path, range(1), disk=disk)
    disk.write_error = NO_SPACE
    with pytest.raises(OSError, match="No space") as caught:
        segments.append([block(1)])
    assert caught.value.errno == errno.ENOSPC
    assert reopen(tmp_path).last_height == 0
    disk.write_error = 0
    segments.append([block(1)])
    assert reopen(tmp_path).last_height == 1


def test_a_file_that_cannot_be_preallocated_is_tried_again(tmp_path: Path) -> None:
    disk = FaultyDisk()
    segments = write(tmp_path, range(1), disk=disk)
    disk.allocate_error = NO_SPACE
    everything = [block(height) for height in range(1, 80)]
    with pytest.raises(OSError, match="No space"):
        segments.append(everything)
    assert 0 < segments.last_height < 79
    disk.allocate_error = 0
    segments.append(everything)
    segments.close()
    assert list(reopen(tmp_path).blocks()) == [block(height) for height in range(80)]


def test_a_file_is_preallocated_and_its_name_synced_before_anything_is_written_to_it(tmp_path: Path) -> None:
    class Noting(Disk):
        def __init__(self) -> None:
            self.done: list[str] = []

        def allocate(self, fd: int, size: int) -> None:
            self.done.append("allocate")
            super().allocate(fd, size)

        def write(self, fd: int, data: bytes, offset: int) -> None:
            self.done.append("write header" if offset < FILE_HEADER_BYTES else "write")
            super().write(fd, data, offset)

        def sync(self, fd: int) -> None:
            self.done.append("sync")
            super().sync(fd)

        def sync_data(self, fd: int) -> None:
            self.done.append("sync data")
            super().sync_data(fd)

        def replace(self, source: Path, target: Path) -> None:
            self.done.append("name")
            super().replace(source, target)

        def sync_folder(self, path: Path) -> None:
            self.done.append("sync folder")
            super().sync_folder(path)

    disk = Noting()
    write(tmp_path, range(1), disk=disk)
    assert disk.done == ["allocate", "write header", "sync", "name", "sync folder", "write", "sync data"]


def test_what_is_appended_while_a_file_is_read_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = write(tmp_path, range(2))
    original = Path.read_bytes

    def read_then_append(self: Path) -> bytes:
        data = original(self)
        segments.append([block(2)])
        return data

    monkeypatch.setattr(Path, "read_bytes", read_then_append)
    assert list(segments.blocks()) == [block(0), block(1)]
    monkeypatch.undo()
    assert list(segments.blocks()) == [block(0), block(1), block(2)]
