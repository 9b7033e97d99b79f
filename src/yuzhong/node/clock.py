"""Where ledger time comes from: the machine's clock, or whoever submits.

Genesis says which; the machine's clock is a port.
"""

from __future__ import annotations

import time
from typing import Protocol

from yuzhong.ledger.failures import Stop
from yuzhong.ledger.numbers import BOUNDS, Millis, Range
from yuzhong.node.errors import NotTaken

PARTED_MS = 1_000
"""How far wall and monotonic clock may part before the node stops: somebody has set the clock, and time on the ledger
is law.
"""

_bounds = BOUNDS[Millis]
assert isinstance(_bounds, Range)
LAST_MS = Millis(_bounds.high)
"""The last moment that a ledger can have."""


class ClockSource(Protocol):
    """The two clocks of a machine, in milliseconds."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment, never set by anybody."""
        ...

    def sleep_ms(self, duration_ms: int) -> None:
        """Wait."""
        ...


class MachineClock:
    """The real one."""

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def sleep_ms(self, duration_ms: int) -> None:
        time.sleep(duration_ms / 1_000)


class SystemTime:
    """Block times from the machine's clock: never the same twice, never backwards."""

    def __init__(self, source: ClockSource, last: Millis) -> None:
        self._source = source
        self._apart = source.wall_ms() - source.monotonic_ms()
        behind = last - source.wall_ms()
        if behind > 0:
            raise Stop(f"the machine's clock is {behind} ms before the last block's time {last}; set it, or wait")

    def now(self) -> Millis:
        """The machine's time. Raises Stop where the clock was set while the node ran."""
        wall = self._source.wall_ms()
        parted = wall - self._source.monotonic_ms() - self._apart
        if abs(parted) >= PARTED_MS:
            raise Stop(
                f"the machine's clock was set: wall and monotonic time parted by {parted} ms since the node began"
            )
        return Millis(wall)

    def next_time(self, last: Millis) -> Millis:
        """The time of a block that follows one at `last`, after waiting until a millisecond has passed since."""
        now = self.now()
        if now <= last:
            self._source.sleep_ms(last + 1 - now)
        return Millis(max(self.now(), last + 1))


class DrivenTime:
    """Block times as they are submitted."""

    def __init__(self, last: Millis) -> None:
        self.last = last

    def take(self, time_ms: Millis) -> None:
        """Note the time of the next block. Raises NotTaken where it goes backwards or past LAST_MS."""
        if time_ms > LAST_MS:
            raise NotTaken(f"time {time_ms} is after {LAST_MS}, the last that a ledger has")
        if time_ms < self.last:
            raise NotTaken(f"time {time_ms} is before {self.last}, which the block before has")
        self.last = time_ms
