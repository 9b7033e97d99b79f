"""The few things that the node asks of a disk, as a port: tests put failing ones in its place."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class Disk:
    """The real one. Every function raises OSError; none retries."""

    def create(self, path: Path) -> int:
        """A new empty file, open for reading and writing, for this user only."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    def open(self, path: Path, *, write: bool = False) -> int:
        """A file that exists."""
        return os.open(path, (os.O_RDWR if write else os.O_RDONLY) | os.O_CLOEXEC)

    def allocate(self, fd: int, size: int) -> None:
        """Reserve `size` bytes, so that later writes into them cannot run out of space."""
        os.posix_fallocate(fd, 0, size)

    def write(self, fd: int, data: bytes, offset: int) -> None:
        """Write all of `data` at `offset`."""
        view = memoryview(data)
        while view:
            written = os.pwrite(fd, view, offset)
            view = view[written:]
            offset += written

    def read(self, fd: int, size: int, offset: int) -> bytes:
        """At most `size` bytes from `offset`; fewer only at the file's end."""
        parts = []
        while size > 0 and (part := os.pread(fd, size, offset)):
            parts.append(part)
            size -= len(part)
            offset += len(part)
        return b"".join(parts)

    def sync_data(self, fd: int) -> None:
        """Make what was written last through a power cut."""
        os.fdatasync(fd)

    def sync(self, fd: int) -> None:
        """The same, with the file's size and other attributes."""
        os.fsync(fd)

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder last through a power cut."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def make_folder(self, path: Path) -> None:
        """A folder for this user only, and those above it, names synced; also of one that a killed process made."""
        if not path.parent.exists():
            self.make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        # A folder above that may not be read is not one that a node made.
        with contextlib.suppress(PermissionError):
            self.sync_folder(path.parent)

    def replace(self, source: Path, target: Path) -> None:
        """Give a file or folder its final name, in place of what has it."""
        source.replace(target)

    def close(self, fd: int) -> None:
        """Let a file go."""
        os.close(fd)

    def write_file(self, path: Path, data: bytes) -> None:
        """A whole file that is there in full and synced, or not at all."""
        part = path.with_name(path.name + ".part")
        fd = self.create(part)
        try:
            self.write(fd, data, 0)
            self.sync(fd)
        finally:
            self.close(fd)
        self.replace(part, path)
        self.sync_folder(path.parent)
