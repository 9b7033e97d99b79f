"""Whole states on disk, so that a restart executes only the tail.

Derived data in the end: a ledger restarts without them, only slower.

A snapshot is a folder named after its height: rows in the order of their keys' hashes in chunks of about 1 MiB, and a
manifest with each chunk's SHA-256, the block's signed header and what it commits to. It is written beside its place,
synced, read back and only then given its name. Reading back compares every chunk's hash; the root is also computed
anew from what was read where that costs less than about a second (`ROOT_CHECK_ROWS`), since it needs a second state in
memory. Loading always computes the root.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yuzhong.ledger import header, signatures
from yuzhong.ledger.failures import FormError
from yuzhong.ledger.header import PROTOCOL_VERSION
from yuzhong.ledger.kernels import Kernels, StateMap
from yuzhong.node import blocks
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.disk import Disk
from yuzhong.node.execution import Execution, Head

SNAPSHOTS_FOLDER = "snapshots"
FORMAT_VERSION = 1
CHUNK_BYTES = 1_048_576
PAGE_ROWS = 10_000
ROOT_CHECK_ROWS = {"rust": 250_000, "python": 10_000}
MANIFEST = "manifest.json"

_LENGTH = struct.Struct(">I")
Rows = list[tuple[bytes, bytes]]


class SnapshotDamaged(Exception):
    """A snapshot does not hold what it should; an older one, or genesis, takes its place."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A state's rows, copied out between two blocks."""

    head: Head
    pages: list[Rows]


def copy_rows(execution: Execution) -> Copied:
    """Copy out every row. The state must stand between two blocks."""
    if execution.head is None:
        raise SnapshotDamaged("there is no state yet")
    pages = list(_pages(execution.state.map))
    return Copied(execution.head, pages)


class Snapshots:
    """The snapshots of one ledger."""

    def __init__(self, folder: Path, disk: Disk, keep: int = 2) -> None:
        self._folder = folder
        self._disk = disk
        self._keep = keep

    def heights(self) -> list[int]:
        """Of which heights there are snapshots, newest first."""
        return sorted((int(path.name) for path in self._folder.glob("[0-9]*") if path.name.isdecimal()), reverse=True)

    def path(self, height: int) -> Path:
        """Where the snapshot of that height stands."""
        return self._folder / f"{height:016d}"

    def floor(self) -> int:
        """The newest height that a readable manifest says was synced; -1 for none."""
        for height in self.heights():
            try:
                return int(read_manifest(self.path(height))["height"])
            except SnapshotDamaged:
                continue
        return -1

    def write(self, copied: Copied, block: StoredBlock, chain_id: str, kernels: Kernels) -> Path:
        """Write, read back and keep a snapshot; older ones than are kept go. Raises OSError, SnapshotDamaged."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._folder / f"part-{copied.head.height:016d}"
        for unfinished in self._folder.glob("part-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        part.mkdir(mode=0o700)
        chunks = [self._write_chunk(part, index, chunk) for index, chunk in enumerate(_chunks(copied.pages))]
        manifest = {
            "format": FORMAT_VERSION,
            "protocol_version": PROTOCOL_VERSION,
            "chain_id": chain_id,
            "height": copied.head.height,
            "header": block.signed_header.hex(),
            "app": block.app.hex(),
            "state_root": copied.head.app.state_root.hex(),
            "rows": sum(map(len, copied.pages)),
            "chunks": chunks,
        }
        text = json.dumps(manifest, indent=1).encode()
        self._disk.write_file(part / MANIFEST, text + b"\n" + hashlib.sha256(text).hexdigest().encode() + b"\n")
        self._read_back(part, copied, kernels)
        target = self.path(copied.head.height)
        shutil.rmtree(target, ignore_errors=True)
        self._disk.replace(part, target)
        self._disk.sync_folder(self._folder)
        self._remove_old()
        return target

    def load(self, height: int, execution: Execution) -> bytes:
        """Load the snapshot of that height into a fresh execution and return its signed header.

        Raises SnapshotDamaged.
        """
        path = self.path(height)
        manifest = read_manifest(path)
        try:
            if manifest["chain_id"] != execution.chain_id or manifest["height"] != height:
                raise SnapshotDamaged(f"{path}: it is of ledger {manifest['chain_id']}, height {manifest['height']}")
            head, signed_header = _head(manifest, execution)
            for rows in _read_chunks(path, manifest):
                execution.load(rows)
            root = execution.loaded(head)
        except (OSError, KeyError, ValueError, TypeError, struct.error) as error:
            raise SnapshotDamaged(f"{path}: {error}") from error
        if root != head.app.state_root:
            raise SnapshotDamaged(f"{path}: its rows have the root {root.hex()}, not {head.app.state_root.hex()}")
        return signed_header

    def _write_chunk(self, folder: Path, index: int, data: bytes) -> dict[str, Any]:
        name = f"rows-{index:06d}"
        self._disk.write_file(folder / name, data)
        return {"file": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def _read_back(self, folder: Path, copied: Copied, kernels: Kernels) -> None:
        """What is on disk, not in the page cache, must be what was copied out."""
        for file in folder.iterdir():
            fd = self._disk.open(file)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            self._disk.close(fd)
        manifest = read_manifest(folder)
        check_root = manifest["rows"] <= ROOT_CHECK_ROWS.get(kernels.name, 0)
        fresh = kernels.state_map() if check_root else None
        for rows in _read_chunks(folder, manifest):
            if fresh is not None:
                fresh.load(rows)
        if fresh is not None and fresh.seal(copied.head.height) != copied.head.app.state_root:
            raise SnapshotDamaged(f"{folder}: what was copied out does not have the block's state root")

    def _remove_old(self) -> None:
        for height in self.heights()[self._keep :]:
            shutil.rmtree(self.path(height), ignore_errors=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """A snapshot's manifest. Raises SnapshotDamaged."""
    path = folder / MANIFEST
    try:
        text, digest = path.read_bytes().rstrip(b"\n").rsplit(b"\n", 1)
        if hashlib.sha256(text).hexdigest().encode() != digest:
            raise SnapshotDamaged(f"{path}: the checksum is wrong")
        manifest: dict[str, Any] = json.loads(text)
    except (OSError, ValueError) as error:
        raise SnapshotDamaged(f"{path}: {error}") from error
    if (manifest.get("format"), manifest.get("protocol_version")) != (FORMAT_VERSION, PROTOCOL_VERSION):
        raise SnapshotDamaged(
            f"{path}: format {manifest.get('format')} of protocol version {manifest.get('protocol_version')}; "
            f"this program reads format {FORMAT_VERSION} of version {PROTOCOL_VERSION}"
        )
    return manifest


def _head(manifest: dict[str, Any], execution: Execution) -> tuple[Head, bytes]:
    """The head that a snapshot stands at, after checking that header and result belong together."""
    signed_header, app_bytes = bytes.fromhex(manifest["header"]), bytes.fromhex(manifest["app"])
    block = StoredBlock(manifest["height"], signed_header, app_bytes, b"", ())
    codecs = blocks.header_codecs(execution.machine.kernels)
    try:
        made, app = codecs.header_of(block), codecs.app_of(block)
        message = signatures.decode_signed(signed_header)
    except FormError as error:
        raise SnapshotDamaged(f"height {block.height}: {error}") from error
    if made.app_hash != header.app_hash(app) or made.height != block.height:
        raise SnapshotDamaged(f"height {block.height}: the header does not commit to this state")
    context = blocks.header_context(execution.chain_id)
    identity = signatures.identity(message.protected, context, message.payload)
    return Head(made.height, made.time, identity, app), signed_header


def _pages(state_map: StateMap) -> Iterator[Rows]:
    after: bytes | None = None
    while rows := state_map.rows(after, PAGE_ROWS):
        yield rows
        after = hashlib.sha256(rows[-1][0]).digest()


def _chunks(pages: Iterable[Rows]) -> Iterator[bytes]:
    parts: list[bytes] = []
    size = 0
    for rows in pages:
        for key, value in rows:
            parts += (_LENGTH.pack(len(key)), key, _LENGTH.pack(len(value)), value)
            size += 8 + len(key) + len(value)
            if size >= CHUNK_BYTES:
                yield b"".join(parts)
                parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _read_chunks(folder: Path, manifest: dict[str, Any]) -> Iterator[Rows]:
    for chunk in manifest["chunks"]:
        path = folder / chunk["file"]
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != chunk["sha256"]:
            raise SnapshotDamaged(f"{path}: the checksum is wrong")
        yield list(_rows(data))


def _rows(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        parts = []
        for _ in range(2):
            (length,) = _LENGTH.unpack_from(data, at)
            parts.append(data[at + 4 : at + 4 + length])
            at += 4 + length
        yield parts[0], parts[1]
