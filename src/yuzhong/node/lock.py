"""One owner for a data folder: an advisory lock that the kernel lets go when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from yuzhong.node.errors import FolderTaken

LOCK_FILE = "lock"


class FolderLock:
    """The lock, held from construction to `release`. Raises FolderTaken, which names the owner's process."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._fd, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            raise FolderTaken(f"{folder} belongs to a running node, process {owner}; a folder has one owner") from error
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Let another process have the folder."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
