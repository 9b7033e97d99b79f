"""Whether the node is well, in one place that every thread may read."""

from __future__ import annotations

import logging
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

    @property
    def reason(self) -> str | None:
        """Why the node takes nothing now; None where it does."""
        return self.failure or self.troubles.get("ledger")

    def check(self) -> None:
        """Raise Stopped or Unavailable where nothing can be taken in."""
        if self.failure is not None:
            raise Stopped(self.failure)
        trouble = self.troubles.get("ledger")
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
