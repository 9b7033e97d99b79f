"""What the node derives from synced blocks for people's questions: the log's tiles and the index of receipts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from yuzhong.ledger import receipts
from yuzhong.ledger.feature import Machine
from yuzhong.ledger.kernels import Kernels
from yuzhong.node.blocks import header_codecs
from yuzhong.node.disk import Disk
from yuzhong.node.execution import Head
from yuzhong.node.receipt_index import Indexed, ReceiptIndex
from yuzhong.node.segments import Segments
from yuzhong.node.tiles import Tiles

SYNC_EVERY_RECEIPTS = 65_536
CATCH_UP_BLOCKS = 256

log = logging.getLogger("yuzhong.node")


class Projected(NamedTuple):
    """What deriving needs of one block."""

    height: int
    first_number: int
    entries: Sequence[bytes]
    """What the receipts log holds of each receipt."""
    receipts: Sequence[tuple[bytes, int]]
    """Identity and code of each receipt."""


class Derived:
    """Tiles and index of one ledger, fed block by block in order."""

    def __init__(self, folder: Path, disk: Disk, kernels: Kernels) -> None:
        self.tiles = Tiles(folder / "tiles", disk, kernels.log_append)
        self.index = ReceiptIndex(folder / "receipts.sqlite")

    @property
    def height(self) -> int:
        """The last block that both have taken in."""
        return min(self.tiles.height, self.index.height)

    def feed(self, blocks: Sequence[Projected]) -> None:
        """Take in blocks; each part skips what it has.

        Raises OSError or sqlite3.Error and may then be called again with the same.
        """
        for block in blocks:
            if block.height > self.tiles.height:
                self.tiles.append(block.height, block.entries)
        fresh = [block for block in blocks if block.height > self.index.height]
        if fresh:
            self.index.add([Indexed(block.height, block.first_number, block.receipts) for block in fresh])
        if self.tiles.unsynced >= SYNC_EVERY_RECEIPTS:
            self.tiles.sync()

    def catch_up(self, segments: Segments, machine: Machine, head: Head) -> int:
        """Take in from the segments what is missing; what does not fit the ledger is made anew.

        Returns how many blocks were read.
        """
        if self.tiles.height > head.height:
            self.tiles.clear()
        if self.index.height > head.height:
            self.index.clear()
        count = self.read_missing(segments, machine, head.height)
        if self.tiles.root(self.tiles.size) != head.app.receipts_root:
            log.warning("the receipts log's tiles do not fit the ledger and are made anew")
            self.tiles.clear()
            count += self.read_missing(segments, machine, head.height)
        return count

    def close(self) -> None:
        """Sync and let go."""
        if self.tiles.unsynced:
            self.tiles.sync()
        self.tiles.close()
        self.index.close()

    def read_missing(self, segments: Segments, machine: Machine, height: int) -> int:
        """Take in from the segments every block up to `height` that is not taken in yet; how many those were."""
        codecs = header_codecs(machine.kernels)
        waiting: list[Projected] = []
        count = 0
        for block in takewhile(lambda block: block.height <= height, segments.blocks(self.height + 1)):
            made = [machine.receipts.receipt.decode(data) for data in block.receipts]
            entries = [receipts.receipt_root(machine.receipts, receipt) for receipt in made]
            first = codecs.app_of(block).receipts_count - len(made)
            waiting.append(Projected(block.height, first, entries, [(one.identity, one.code) for one in made]))
            count += 1
            if len(waiting) >= CATCH_UP_BLOCKS:
                self.feed(waiting)
                waiting = []
        self.feed(waiting)
        return count
