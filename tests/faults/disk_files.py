"""One file of the model disk: what lasts, what was done since the last sync, and what a power cut makes of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes at a place that are not synced yet."""

    at: int
    offset: int
    data: bytes

    def sectors(self) -> range:
        """The sectors that it touches."""
        return range(self.offset // SECTOR_BYTES, (self.offset + len(self.data) + SECTOR_BYTES - 1) // SECTOR_BYTES)


@dataclass(frozen=True, slots=True)
class Resize:
    """A size that is not synced yet; what lies beyond it is gone."""

    at: int
    size: int


@dataclass(eq=False, slots=True)
class File:
    """A file's contents as they would last, and what was done since."""

    lasting: bytearray = field(default_factory=bytearray)
    pending: list[Write | Resize] = field(default_factory=list)
    size: int = 0
    """As the program sees it now."""

    def write(self, at: int, offset: int, data: bytes) -> None:
        """Bytes were written."""
        self.pending.append(Write(at, offset, data))
        self.grow(at, offset + len(data))

    def grow(self, at: int, size: int) -> None:
        """The file is as long as that at least."""
        if size > self.size:
            self.resize(at, size)

    def resize(self, at: int, size: int) -> None:
        """The file is as long as that."""
        self.pending.append(Resize(at, size))
        self.size = size

    def sync(self, until: int) -> None:
        """What was done before that place of the trace lasts."""
        for change in self.pending:
            if change.at < until:
                _apply(self.lasting, change)
        self.pending = [change for change in self.pending if change.at >= until]

    def fail_sync(self, random: Random) -> None:
        """Writes that were to be synced are there in part, and forgotten: the system thinks them written."""
        writes = [change for change in self.pending if isinstance(change, Write)]
        size = len(self.lasting)
        _scatter(self.lasting, writes, random)
        del self.lasting[size:]
        self.pending = [change for change in self.pending if isinstance(change, Resize)]

    def now(self) -> bytes:
        """The contents as the program sees them."""
        seen = bytearray(self.lasting)
        for change in self.pending:
            _apply(seen, change)
        return bytes(seen)

    def after_cut(self, random: Random) -> bytes:
        """The contents as a power cut may leave them."""
        left = bytearray(self.lasting)
        sizes = [change.at for change in self.pending if isinstance(change, Resize)]
        last_size = random.choice([-1, *sizes]) if sizes and random.random() < 0.7 else max(sizes, default=-1)
        done = [change for change in self.pending if isinstance(change, Write) or change.at <= last_size]
        size = len(self.lasting)
        run: list[Write] = []
        for change in done:
            if isinstance(change, Write):
                run.append(change)
                continue
            _scatter(left, run, random)
            run, size = [], change.size
            _apply(left, change)
        _scatter(left, run, random)
        return bytes(left[:size]).ljust(size, b"\0")


def _apply(content: bytearray, change: Write | Resize) -> None:
    if isinstance(change, Write):
        end = change.offset + len(change.data)
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        content[change.offset : end] = change.data
    elif change.size < len(content):
        del content[change.size :]
    else:
        content.extend(bytes(change.size - len(content)))


def _scatter(content: bytearray, writes: list[Write], random: Random) -> None:
    """Bring each sector to where it was after some number of the writes to it."""
    touched: dict[int, int] = {}
    for write in writes:
        for sector in write.sectors():
            touched[sector] = touched.get(sector, 0) + 1
    chance = random.choice((0.0, 0.1, 0.5, 0.9, 1.0))
    keep = {sector: count if random.random() < chance else random.randrange(count) for sector, count in touched.items()}
    for write in writes:
        for sector in write.sectors():
            if keep[sector] > 0:
                keep[sector] -= 1
                start = max(sector * SECTOR_BYTES, write.offset)
                end = min((sector + 1) * SECTOR_BYTES, write.offset + len(write.data))
                _apply(content, Write(write.at, start, write.data[start - write.offset : end - write.offset]))
