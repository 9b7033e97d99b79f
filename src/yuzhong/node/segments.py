"""The ledger on disk: blocks appended to preallocated files, each record chained to the one before.

`append` is the only write and syncs before it returns. When it raises, nothing since the last success counts as
written, and the same blocks must come again: a failed sync may have dropped what it was to write, so everything not
synced is written anew in full.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

from yuzhong.ledger.failures import FormError
from yuzhong.node import records, scan
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.disk import Disk
from yuzhong.node.errors import Damaged
from yuzhong.node.records import FILE_HEADER_BYTES, HEAD_BYTES, FileHeader, NotARecord
from yuzhong.node.scan import Scanned, Torn

SEGMENTS_FOLDER = "segments"
SEGMENT_BYTES = 64 * 1024 * 1024


class Segments:
    """The segment files of one ledger. One thread appends; any thread reads what was appended."""

    def __init__(self, folder: Path, disk: Disk, chain_id: str, size: int, files: list[Scanned]) -> None:
        self.folder = folder
        self.chain_id = chain_id
        self.torn: Torn | None = files[-1].torn if files else None
        """What was found incomplete at the end when the files were opened."""
        self.syncs = 0
        self._disk = disk
        self._size = size
        self._files = files
        self._fd = -1
        self._capacity = 0

    @staticmethod
    def create(folder: Path, chain_id: str, disk: Disk, size: int = SEGMENT_BYTES) -> Segments:
        """Begin a ledger in an empty folder; the first append makes the first file."""
        return Segments(folder, disk, chain_id, size, [])

    @staticmethod
    def open(
        folder: Path, disk: Disk, size: int = SEGMENT_BYTES, *, floor: int = -1, repair: bool = True
    ) -> Segments | None:
        """Read all files through; None where there is no ledger.

        `floor` is a height that is known to have been synced. With `repair` a torn tail is overwritten with zeros and
        the rest is synced, so that readers may be told of it; without it nothing is written. Raises Damaged with file
        and offset.
        """
        files = scan.scan_folder(folder, floor)
        if not files:
            return None
        segments = Segments(folder, disk, files[0].header.chain_id, size, files)
        if repair:
            segments._cut_torn()
            segments._fd = disk.open(files[-1].path, write=True)
            segments._capacity = os.fstat(segments._fd).st_size
            segments._make_last()
        return segments

    @property
    def last_height(self) -> int:
        """The newest synced block; -1 where there is none yet."""
        return self._files[-1].next_height - 1 if self._files else -1

    @property
    def last_hash(self) -> bytes:
        """Hash of the newest record."""
        return self._files[-1].digest if self._files else records.NO_HASH

    def append(self, blocks: Sequence[StoredBlock]) -> None:
        """Write and sync blocks.

        After OSError call again with the same blocks, and possibly more; those that are synced already are skipped.
        """
        waiting = [block for block in blocks if block.height > self.last_height]
        while waiting:
            taken = self._write_group(waiting)
            if taken == 0:
                self._next_file(waiting[0])
            waiting = waiting[taken:]

    def read(self, height: int) -> StoredBlock:
        """One synced block.

        Raises KeyError where there is none, Damaged where the file no longer holds what was written.
        """
        file, at = self.place(height)
        fd = self._disk.open(file.path)
        try:
            head = self._disk.read(fd, HEAD_BYTES, at)
            data = head + self._disk.read(fd, records.body_size(head), at + HEAD_BYTES)
            return records.read_record(data, 0, file.header.nonce).block()
        except (NotARecord, FormError) as error:
            raise Damaged(file.path, at, f"height {height}: {error}") from error
        finally:
            self._disk.close(fd)

    def blocks(self, first: int = 0) -> Iterator[StoredBlock]:
        """Every synced block from height `first` on, file by file. Raises Damaged."""
        for file in list(self._files):
            if file.next_height <= first:
                continue
            # Counted before reading: what is appended meanwhile may not be in `data`.
            count = len(file.offsets)
            data = file.path.read_bytes()
            for index in range(max(0, first - file.header.first_height), count):
                at = file.offsets[index]
                try:
                    yield records.read_record(data, at, file.header.nonce).block()
                except (NotARecord, FormError) as error:
                    raise Damaged(file.path, at, f"height {file.header.first_height + index}: {error}") from error

    def place(self, height: int) -> tuple[Scanned, int]:
        """The file that holds a block and where in it the record begins. Raises KeyError."""
        if not 0 <= height <= self.last_height:
            raise KeyError(height)
        index = bisect_right(self._files, height, key=lambda file: file.header.first_height) - 1
        file = self._files[index]
        return file, file.offsets[height - file.header.first_height]

    def close(self) -> None:
        """Let the files go. What was appended is synced already."""
        if self._fd >= 0:
            self._disk.close(self._fd)
            self._fd = -1

    def _write_group(self, blocks: Sequence[StoredBlock]) -> int:
        """Write as many blocks as the current file has room for, sync, and say how many."""
        if self._fd < 0:
            return 0
        file = self._files[-1]
        packed: list[bytes] = []
        end, digest, durable = file.end, file.digest, self.last_height + 1
        ends = []
        for block in blocks:
            data, next_digest = records.pack_record(block, file.header.nonce, digest, durable)
            if end + len(data) > self._capacity:
                break
            packed.append(data)
            ends.append(end)
            end, digest = end + len(data), next_digest
        if packed:
            self._disk.write(self._fd, b"".join(packed), file.end)
            self._disk.sync_data(self._fd)
            # From here on the blocks are synced.
            self.syncs += 1
            file.end, file.digest = end, digest
            file.offsets.extend(ends)
        return len(packed)

    def _next_file(self, block: StoredBlock) -> None:
        """Preallocate the file that begins with `block`, its name and size synced before anything is written to it."""
        header = FileHeader(block.height, self.last_hash, os.urandom(16), self.chain_id)
        path = self.folder / f"{block.height:016d}.seg"
        part = path.with_suffix(".part")
        need = FILE_HEADER_BYTES + len(records.pack_record(block, header.nonce, header.previous, 0)[0])
        capacity = max(self._size, need)
        fd = self._disk.create(part)
        try:
            self._disk.allocate(fd, capacity)
            self._disk.write(fd, header.pack(), 0)
            self._disk.sync(fd)
            self._disk.replace(part, path)
            self._disk.sync_folder(self.folder)
        except OSError:
            self._disk.close(fd)
            raise
        self.close()
        self._fd, self._capacity = fd, capacity
        self._files.append(Scanned(path, header, scan.no_offsets(), FILE_HEADER_BYTES, header.previous, None))

    def _make_last(self) -> None:
        """Sync what was found: a killed process may have written it, or named the file, and not come to the sync."""
        self._disk.sync(self._fd)
        self._disk.sync_folder(self.folder)

    def _cut_torn(self) -> None:
        if self.torn is None:
            return
        fd = self._disk.open(self.torn.path, write=True)
        try:
            self._disk.write(fd, bytes(self.torn.size), self.torn.offset)
            self._disk.sync(fd)
        finally:
            self._disk.close(fd)
