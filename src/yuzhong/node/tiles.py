"""The receipts log's hashes on disk, served as C2SP tlog-tiles; proofs of inclusion and consistency are made from them.

Derived data: everything here can be made anew from the segments. One file a tile level, 32 bytes a hash, and one for
the entries; a marker says how much of them was synced, and what lies beyond it is not trusted when they are opened
again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from yuzhong.ledger.kernels import LogAppend
from yuzhong.ledger.merkle_log import tree_root
from yuzhong.ledger.twins.merkle_log import leaf_hash, log_append, node_hash
from yuzhong.node.disk import Disk

TILE_BITS = 8
TILE_WIDTH = 1 << TILE_BITS
HASH_BYTES = 32
_PATH = re.compile(r"tile/(entries|[0-5])/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")
_MARKER = "synced.json"
_FILES = ("entries", "1", "2", "3", "4", "5")


class Tiles:
    """The hash levels of one log. One thread appends; any thread reads what lies below `size`."""

    def __init__(self, folder: Path, disk: Disk, log_append: LogAppend = log_append) -> None:
        """Open what is there, or begin anew where nothing is. `log_append` hashes whole tiles of entries."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._disk = disk
        self._log_append = log_append
        self.size, self.height = self._marked()
        self._synced = self.size
        self._fds = self._open()

    def append(self, height: int, entries: Sequence[bytes]) -> None:
        """Add a block's entries. Raises OSError and may then be called again with the same."""
        self._write("entries", self.size, entries)
        level, at, count = 0, self.size, len(entries)
        while count:
            first, last = at >> TILE_BITS, (at + count) >> TILE_BITS
            hashes = [self._tile_root(level, tile) for tile in range(first, last)]
            level, at, count = level + 1, first, last - first
            if hashes:
                self._write(str(level), at, hashes)
        self.size += len(entries)
        self.height = height

    def sync(self) -> None:
        """Make everything up to now last, and say so in the marker."""
        for fd in self._fds.values():
            self._disk.sync(fd)
        self._disk.write_file(self._folder / _MARKER, json.dumps({"size": self.size, "height": self.height}).encode())
        self._synced = self.size

    @property
    def unsynced(self) -> int:
        """Entries added since the last sync."""
        return self.size - self._synced

    def root(self, size: int) -> bytes:
        """The log's root when it had `size` entries. Raises KeyError where it is not that long."""
        if not 0 <= size <= self.size:
            raise KeyError(size)
        return self._root(0, size) if size else tree_root([])

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """The hashes that lead from entry `index` to the root at `size`, nearest first (RFC 9162, 2.1.3).

        Raises KeyError.
        """
        if not 0 <= index < size <= self.size:
            raise KeyError(index)
        return self._path(index, 0, size)

    def consistency_proof(self, size: int, larger: int) -> list[bytes]:
        """The hashes that show that the log at `size` is a beginning of it at `larger` (RFC 9162, 2.1.4).

        Raises KeyError.
        """
        if not 0 <= size <= larger <= self.size:
            raise KeyError(size)
        return self._subproof(size, 0, larger, known=True) if 0 < size < larger else []

    def entry(self, index: int) -> bytes:
        """One entry. Raises KeyError."""
        if not 0 <= index < self.size:
            raise KeyError(index)
        return self._read("entries", index, 1)[0]

    def serve(self, path: str) -> bytes | None:
        """What stands at a tlog-tiles path, e.g.

        `tile/0/x001/234` or `tile/entries/000.p/17`; None where nothing does.
        """
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        kind, digits, width = match[1], match[2], int(match[3] or TILE_WIDTH)
        index = int(digits.replace("/", "").replace("x", ""))
        if path != tile_path(kind, index, width):
            return None
        level = 0 if kind == "entries" else int(kind)
        first = index << TILE_BITS
        if first + width > self.size >> (TILE_BITS * level):
            return None
        if kind == "entries":
            return b"".join(len(entry).to_bytes(2, "big") + entry for entry in self._read(kind, first, width))
        return b"".join(self._hashes(level, first, width))

    def clear(self) -> None:
        """Forget everything: it will be made anew."""
        self.close()
        for file in self._folder.iterdir():
            file.unlink()
        self.size, self.height, self._synced = 0, -1, 0
        self._fds = self._open()

    def close(self) -> None:
        """Let the files go."""
        for fd in self._fds.values():
            self._disk.close(fd)
        self._fds.clear()

    def _marked(self) -> tuple[int, int]:
        """Size and height that the marker vouches for, as far as the files are there."""
        try:
            marker = json.loads((self._folder / _MARKER).read_bytes())
            size, height = int(marker["size"]), int(marker["height"])
            for name in _FILES:
                need = (size >> (0 if name == "entries" else TILE_BITS * int(name))) * HASH_BYTES
                if need and (self._folder / name).stat().st_size < need:
                    return 0, -1
        except (OSError, ValueError, KeyError, TypeError):
            return 0, -1
        return size, height

    def _open(self) -> dict[str, int]:
        paths = {name: self._folder / name for name in _FILES}
        return {
            name: self._disk.open(path, write=True) if path.exists() else self._disk.create(path)
            for name, path in paths.items()
        }

    def _write(self, name: str, at: int, hashes: Sequence[bytes]) -> None:
        self._disk.write(self._fds[name], b"".join(hashes), at * HASH_BYTES)

    def _read(self, name: str, at: int, count: int) -> list[bytes]:
        if count == 0:
            return []
        data = self._disk.read(self._fds[name], count * HASH_BYTES, at * HASH_BYTES)
        if len(data) != count * HASH_BYTES:
            raise OSError(f"{self._folder / name} is shorter than it was")
        return [data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)]

    def _hashes(self, level: int, at: int, count: int) -> list[bytes]:
        """Hashes of one tile level."""
        if level == 0:
            return [leaf_hash(entry) for entry in self._read("entries", at, count)]
        return self._read(str(level), at, count)

    def _tile_root(self, level: int, tile: int) -> bytes:
        if level == 0:
            return self._log_append(0, (), self._read("entries", tile << TILE_BITS, TILE_WIDTH))[2]
        return _fold(self._hashes(level, tile << TILE_BITS, TILE_WIDTH))

    def _node(self, height: int, index: int) -> bytes:
        """The root of the perfect subtree of 2^height leaves at `index`."""
        level, rest = divmod(height, TILE_BITS)
        return _fold(self._hashes(level, index << rest, 1 << rest))

    def _root(self, start: int, end: int) -> bytes:
        """The root over entries from `start` to before `end`; `start` is where a subtree of that size begins."""
        count = end - start
        if count & (count - 1) == 0:
            return self._node(count.bit_length() - 1, start // count)
        middle = start + _split(count)
        return node_hash(self._root(start, middle), self._root(middle, end))

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self._root(middle, end)]
        return [*self._path(index, middle, end), self._root(start, middle)]

    def _subproof(self, size: int, start: int, end: int, *, known: bool) -> list[bytes]:
        if size == end:
            return [] if known else [self._root(start, end)]
        middle = start + _split(end - start)
        if size <= middle:
            return [*self._subproof(size, start, middle, known=known), self._root(middle, end)]
        return [*self._subproof(size, middle, end, known=False), self._root(start, middle)]


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """The tlog-tiles path of a tile, e.g. `tile/0/x001/234.p/17`; `level` may be `entries`."""
    groups = [f"{index % 1_000:03d}"]
    while index >= 1_000:
        index //= 1_000
        groups.insert(0, f"x{index % 1_000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < TILE_WIDTH else "")


def _fold(hashes: list[bytes]) -> bytes:
    """The root of a perfect subtree from hashes of one of its levels."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[place], hashes[place + 1]) for place in range(0, len(hashes), 2)]
    return hashes[0]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)
