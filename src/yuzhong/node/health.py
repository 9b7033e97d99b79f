"""Whether the node is well, in one place that every thread may read."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from yuzhong.node.errors import Stopped, Unavailable

log = logging.getLogger("yuzhong.node")


@dataclass(slots=True)
class Health:
    """What is wrong, if anything."""

    troubles: dict[str, str] = field(default_factory=dict)
    """What does not work now and is tried again, by what it is of: `ledger` (nothing is acknowledged) or `derived
    data`.
    """
    failure: str | None = None
    """Why the node has stopped for good."""
    slow_write_s: float = 3.0
    _write_began: float | None = None

    @property
    def reason(self) -> str | None:
        """Why the node takes nothing now; None where it does."""
        return self.failure or self.ledger_trouble

    @property
    def ledger_trouble(self) -> str | None:
        """Why nothing is acknowledged now: writing blocks fails, or hangs."""
        trouble = self.troubles.get("ledger")
        lasting = self.write_lasts
        if trouble is None and lasting > self.slow_write_s:
            return f"the disk has not finished a write for {int(lasting)} seconds"
        return trouble

    @property
    def all_troubles(self) -> dict[str, str]:
        """`troubles`, and a write that hangs."""
        trouble = self.ledger_trouble
        return dict(self.troubles) | ({} if trouble is None else {"ledger": trouble})

    @property
    def write_lasts(self) -> float:
        """For how many seconds the write of blocks that is under way has lasted; 0 where there is none."""
        began = self._write_began
        return 0.0 if began is None else time.monotonic() - began

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around each write of blocks, so that one that hangs is seen."""
        self._write_began = time.monotonic()
        try:
            yield
        finally:
            self._write_began = None

    def check(self) -> None:
        """Raise Stopped or Unavailable where nothing can be taken in."""
        if self.failure is not None:
            raise Stopped(self.failure)
        trouble = self.ledger_trouble
        if trouble is not None:
            raise Unavailable(trouble)

    def begin_trouble(self, of: str, reason: str) -> None:
        """Something failed that will be tried again."""
        if of not in self.troubles:
            log.error("%s cannot be written, trying again: %s", of, reason, extra={"of": of, "reason": reason})
        self.troubles[of] = reason

    def end_trouble(self, of: str) -> None:
        """It works again."""
        if self.troubles.pop(of, None) is not None:
            log.warning("%s can be written again", of, extra={"of": of})

    def fail(self, reason: str) -> None:
        """The node stops; the first reason stays."""
        if self.failure is None:
            self.failure = reason
