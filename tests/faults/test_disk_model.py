"""The model disk forgets what a real one may forget, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.faults.disk_model import DiskModel, Unsupported
from tests.faults.trace import CREATED, EMPTIED, Event, Op

TRIES = 200
INODE = 10**9
Image = dict[str, bytes | None]


class Script:
    """Events as a program would cause them, one place of the trace each."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[Event] = []

    def add(
        self,
        op: Op,
        inode: int = 0,
        first: int = 0,
        second: int = 0,
        path: str = "",
        other: str = "",
        data: bytes = b"",
    ) -> None:
        full, full_other = (str(self.root / name) if name else "" for name in (path, other))
        self.events.append(Event(len(self.events), op, inode, first, second, full, full_other, data))

    def create(self, path: str, data: bytes = b"", inode: int = INODE) -> None:
        self.add(Op.OPEN, inode, CREATED, path=path)
        if data:
            self.add(Op.WRITE, inode, data=data)

    def open(self, path: str) -> int:
        self.add(Op.OPEN, INODE, path=path)
        return INODE

    def sync(self, inode: int = INODE) -> None:
        self.add(Op.SYNC, inode, len(self.events))

    def sync_folder(self, path: str = ".") -> None:
        self.add(Op.SYNC_FOLDER, first=len(self.events), path=path)


@pytest.fixture
def script(tmp_path: Path) -> Script:
    root = tmp_path / "root"
    root.mkdir()
    return Script(root.resolve())


def outcomes(script: Script) -> list[Image]:
    """What many cuts after the script left."""
    images = []
    for seed in range(TRIES):
        model = DiskModel(script.root, Random(seed))
        model.play(script.events)
        images.append(model.after_cut())
    return images


def contents(script: Script, path: str) -> list[bytes | None]:
    return [image.get(path) for image in outcomes(script)]


def always(script: Script, holds: Callable[[Image], bool]) -> bool:
    return all(holds(image) for image in outcomes(script))


def sometimes(script: Script, holds: Callable[[Image], bool]) -> bool:
    found = [holds(image) for image in outcomes(script)]
    return any(found) and not all(found)


def test_what_was_there_before_stays(script: Script) -> None:
    (script.root / "folder").mkdir()
    (script.root / "folder" / "file").write_bytes(b"old")
    assert always(script, lambda image: image == {"folder": None, "folder/file": b"old"})


def test_written_and_not_synced_can_vanish_or_stay(script: Script) -> None:
    script.create("file", b"x" * 100)
    script.sync_folder()
    found = contents(script, "file")
    assert b"x" * 100 in found
    assert b"" in found
    assert b"\0" * 100 in found


def test_synced_data_in_a_synced_folder_never_vanishes(script: Script) -> None:
    script.create("file", b"x" * 5_000)
    script.sync()
    script.sync_folder()
    script.add(Op.WRITE, INODE, 5_000, data=b"y" * 5_000)
    assert always(script, lambda image: (image["file"] or b"")[:5_000] == b"x" * 5_000)


def test_a_sync_covers_only_what_was_done_before_it_began(script: Script) -> None:
    script.create("file", b"x")
    script.sync_folder()
    before = len(script.events)
    script.add(Op.WRITE, INODE, 1, data=b"y")
    script.add(Op.SYNC, INODE, before)
    assert always(script, lambda image: (image["file"] or b"").startswith(b"x"))
    assert sometimes(script, lambda image: image["file"] == b"xy")


def test_a_write_of_several_sectors_tears_at_sectors_in_any_pattern(script: Script) -> None:
    (script.root / "file").write_bytes(b"o" * 4_096)
    inode = script.open("file")
    script.add(Op.WRITE, inode, 0, data=b"n" * 4_096)
    found = [content for content in contents(script, "file") if content is not None]
    assert all(content[at : at + 512] in (b"o" * 512, b"n" * 512) for content in found for at in range(0, 4_096, 512))
    assert any(content.startswith(b"o") and content.endswith(b"n") for content in found), "reordered"
    assert any(content.startswith(b"n") and content.endswith(b"o") for content in found)


def test_of_two_writes_to_a_sector_the_later_never_comes_without_the_earlier(script: Script) -> None:
    (script.root / "file").write_bytes(b"o" * 10)
    inode = script.open("file")
    script.add(Op.WRITE, inode, 0, data=b"aa")
    script.add(Op.WRITE, inode, 2, data=b"bb")
    assert set(contents(script, "file")) == {b"oooooooooo", b"aaoooooooo", b"aabboooooo"}


def test_an_allocated_size_may_be_there_with_nothing_in_it_or_not_at_all(script: Script) -> None:
    script.create("file")
    script.sync_folder()
    script.add(Op.ALLOCATE, INODE, 0, 4_096)
    assert set(contents(script, "file")) == {b"", bytes(4_096)}


def test_a_cut_off_size_that_was_not_synced_may_come_back(script: Script) -> None:
    (script.root / "file").write_bytes(b"keep and drop")
    inode = script.open("file")
    script.add(Op.SIZE, inode, 4)
    assert set(contents(script, "file")) == {b"keep", b"keep and drop"}
    script.sync(inode)
    assert set(contents(script, "file")) == {b"keep"}


def test_a_file_whose_folder_was_not_synced_may_be_missing_though_it_was_synced(script: Script) -> None:
    script.create("file", b"x")
    script.sync()
    assert sometimes(script, lambda image: "file" not in image)
    assert always(script, lambda image: image.get("file", b"x") == b"x")


def test_a_rename_without_a_sync_of_its_folder_may_be_undone_but_is_never_half_done(script: Script) -> None:
    (script.root / "file").write_bytes(b"old")
    script.create("file.part", b"new")
    script.sync()
    script.add(Op.RENAME, path="file.part", other="file")
    assert set(contents(script, "file")) == {b"old", b"new"}
    assert always(script, lambda image: ("file.part" in image) <= (image["file"] == b"old"))
    script.sync_folder()
    assert always(script, lambda image: image == {"file": b"new"})


def test_a_file_renamed_before_it_was_synced_may_be_empty(script: Script) -> None:
    (script.root / "file").write_bytes(b"old")
    script.create("file.part", b"new")
    script.add(Op.RENAME, path="file.part", other="file")
    script.sync_folder()
    assert set(contents(script, "file")) == {b"", b"\0\0\0", b"new"}


def test_changes_of_names_that_have_nothing_in_common_happen_in_any_order(script: Script) -> None:
    (script.root / "old").write_bytes(b"")
    script.create("new")
    script.add(Op.UNLINK, path="old")
    assert {tuple(sorted(image)) for image in outcomes(script)} == {("old",), ("new", "old"), (), ("new",)}


def test_a_renamed_folder_brings_only_what_was_synced_in_it(script: Script) -> None:
    script.add(Op.MKDIR, path="a.part")
    script.create("a.part/one", b"1", INODE)
    script.sync(INODE)
    script.sync_folder("a.part")
    script.create("a.part/two", b"2", INODE + 1)
    script.sync(INODE + 1)
    script.add(Op.RENAME, path="a.part", other="a")
    script.sync_folder()
    assert always(script, lambda image: image["a/one"] == b"1" and "a.part" not in image)
    assert sometimes(script, lambda image: "a/two" not in image)


def test_after_a_failed_sync_a_later_one_does_not_bring_back_what_was_to_be_synced(script: Script) -> None:
    (script.root / "file").write_bytes(b"o" * 512)
    inode = script.open("file")
    script.add(Op.WRITE, inode, 0, data=b"n" * 512)
    script.add(Op.SYNC_FAILED, inode)
    script.sync(inode)
    assert set(contents(script, "file")) == {b"o" * 512, b"n" * 512}
    script.add(Op.WRITE, inode, 0, data=b"n" * 512)
    script.sync(inode)
    assert set(contents(script, "file")) == {b"n" * 512}


def test_a_file_emptied_and_written_again_without_a_sync_may_be_old_empty_or_new(script: Script) -> None:
    (script.root / "file").write_bytes(b"old")
    inode = script.open("file")
    script.add(Op.OPEN, inode, EMPTIED, path="file")
    script.add(Op.WRITE, inode, 0, data=b"newer")
    found = set(contents(script, "file"))
    assert {b"", b"newer"} <= found
    assert any(content is not None and content.startswith(b"old") for content in found)


def test_what_the_model_does_not_know_stops_it(script: Script) -> None:
    script.events.append(Event(0, Op.UNSUPPORTED, path="fopen for writing"))
    with pytest.raises(Unsupported, match="fopen for writing"):
        DiskModel(script.root, Random(0)).play(script.events)


def test_one_seed_gives_one_cut(script: Script) -> None:
    script.create("file", bytes(range(256)) * 64)
    assert outcomes(script) == outcomes(script)
