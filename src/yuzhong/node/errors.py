"""What a caller of the node may have to deal with. What the machine itself can do wrong is in `ledger/failures.py`."""

from __future__ import annotations

from pathlib import Path

from yuzhong.ledger.failures import Stop


class NodeError(Exception):
    """The node did not do what was asked, and says why."""


class Busy(NodeError):
    """Too much waits already; the same may be sent again in a moment."""


class Unavailable(NodeError):
    """The disk does not take writes, or the index of receipts is too far behind to tell what a copy is of.

    What was sent is not lost if it was taken in; the node goes on when the disk does, and the same may be sent again.
    """


class Stopped(NodeError):
    """The node has stopped, or is stopping."""


class NotTaken(NodeError):
    """What was submitted cannot be put into a block at all: its form or its time is wrong."""


class FolderTaken(NodeError):
    """Another process owns the data folder."""


class NoLedger(NodeError):
    """There is no ledger in the folder, and nothing was given to found one."""


class Damaged(Stop):
    """A stored file holds something else than what was written and synced."""

    def __init__(self, path: Path, offset: int, reason: str) -> None:
        super().__init__(f"{path}: offset {offset}: {reason}")
        self.path = path
        self.offset = offset
        self.reason = reason
