"""Tiles: roots, proofs and paths agree with the plain log of `ledger/merkle_log.py`."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from yuzhong.ledger import merkle_log
from yuzhong.ledger.twins.merkle_log import leaf_hash
from yuzhong.node.disk import Disk
from yuzhong.node.tiles import Tiles, tile_path


def entries(count: int) -> list[bytes]:
    return [hashlib.sha256(index.to_bytes(8, "big")).digest() for index in range(count)]


def tiles_of(folder: Path, count: int, step: int = 37) -> Tiles:
    tiles = Tiles(folder, Disk())
    everything = entries(count)
    for height, start in enumerate(range(tiles.size, count, step)):
        tiles.append(height, everything[start : start + step])
    return tiles


def test_roots_at_every_size_agree_with_the_plain_log(tmp_path: Path) -> None:
    tiles = tiles_of(tmp_path, 600)
    everything = entries(600)
    for size in (0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 600):
        assert tiles.root(size) == merkle_log.tree_root(everything[:size])
    with pytest.raises(KeyError):
        tiles.root(601)


def test_inclusion_proofs_verify_at_any_size(tmp_path: Path) -> None:
    tiles = tiles_of(tmp_path, 1_500)
    everything = entries(1_500)
    chance = random.Random(1)
    for _ in range(60):
        size = chance.randrange(1, 1_501)
        index = chance.randrange(size)
        path = tiles.inclusion_proof(index, size)
        assert path == merkle_log.inclusion_path(everything[:size], index)
        merkle_log.verify_inclusion(everything[index], index, size, path, tiles.root(size))


def test_consistency_proofs_verify_between_any_sizes(tmp_path: Path) -> None:
    tiles = tiles_of(tmp_path, 1_500)
    everything = entries(1_500)
    chance = random.Random(2)
    for _ in range(60):
        larger = chance.randrange(1, 1_501)
        size = chance.randrange(1, larger + 1)
        path = tiles.consistency_proof(size, larger)
        assert path == merkle_log.consistency_path(everything[:larger], size)
        merkle_log.verify_consistency(size, tiles.root(size), larger, tiles.root(larger), path)


def test_three_levels_of_tiles_are_kept_over_65536_entries(tmp_path: Path) -> None:
    count = 65_536 + 700
    tiles = tiles_of(tmp_path, count, step=10_000)
    assert tiles.root(count) == merkle_log.tree_root(entries(count))
    assert tiles.serve("tile/2/000.p/1") == tiles.root(65_536)
    path = tiles.inclusion_proof(3, count)
    merkle_log.verify_inclusion(entries(4)[3], 3, count, path, tiles.root(count))


def test_tiles_are_served_at_their_paths(tmp_path: Path) -> None:
    tiles = tiles_of(tmp_path, 600)
    everything = entries(600)
    assert tiles.serve("tile/0/000") == b"".join(leaf_hash(entry) for entry in everything[:256])
    assert tiles.serve("tile/0/002.p/88") == b"".join(leaf_hash(entry) for entry in everything[512:])
    assert tiles.serve("tile/1/000.p/2") == tiles.root(256) + merkle_log.tree_root(everything[256:512])
    assert tiles.serve("tile/entries/000.p/1") == b"\x00\x20" + everything[0]
    assert tiles.serve("tile/entries/001") == b"".join(b"\x00\x20" + entry for entry in everything[256:512])


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/003",
        "tile/0/002",
        "tile/0/002.p/89",
        "tile/0/002.p/0",
        "tile/0/000.p/256",
        "tile/0/x000/000",
        "tile/0/0",
        "tile/6/000",
        "tile/00/000",
        "tile/entries/002",
        "tile/0/000/",
        "tile/0/../../operator.key",
        "tile/1/000.p/3",
    ],
)
def test_nothing_is_served_at_other_paths(tmp_path: Path, path: str) -> None:
    assert tiles_of(tmp_path, 600).serve(path) is None


def test_long_tile_numbers_are_written_in_groups_of_three() -> None:
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 5, 17) == "tile/entries/005.p/17"


def test_what_was_not_synced_is_not_trusted_after_opening(tmp_path: Path) -> None:
    tiles = tiles_of(tmp_path, 300)
    tiles.sync()
    reached = tiles.height
    tiles.append(reached + 1, entries(400)[300:])
    tiles.close()
    again = Tiles(tmp_path, Disk())
    assert (again.size, again.height) == (300, reached)
    again.append(reached + 1, entries(400)[300:])
    assert again.root(400) == merkle_log.tree_root(entries(400))


def test_a_file_that_is_shorter_than_its_marker_says_is_begun_anew(tmp_path: Path) -> None:
    tiles = tiles_of(tmp_path, 300)
    tiles.sync()
    tiles.close()
    (tmp_path / "entries").write_bytes(b"")
    again = Tiles(tmp_path, Disk())
    assert (again.size, again.height) == (0, -1)
