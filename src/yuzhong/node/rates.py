"""How fast one address may send: a bucket that fills at the rate and holds a second's worth, or one batch."""

from __future__ import annotations

import time
from collections.abc import Callable

from yuzhong.ledger.transactions import BATCH_MAX
from yuzhong.node import problems
from yuzhong.node.problems import Problem

ADDRESSES_KEPT = 10_000


class Rates:
    """The buckets of all addresses."""

    def __init__(self, rate: int, now: Callable[[], float] = time.monotonic) -> None:
        """`rate` is in transactions a second; 0 for no limit."""
        self._rate = rate
        self._most = max(rate, BATCH_MAX)
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, address: str, count: int) -> None:
        """Note that an address sends `count` transactions. Raises Problem where that is too fast."""
        if self._rate == 0:
            return
        moment = self._now()
        left, since = self._buckets.pop(address, (float(self._most), moment))
        left = min(self._most, left + (moment - since) * self._rate)
        if len(self._buckets) >= ADDRESSES_KEPT:
            # The one that sent longest ago: its bucket is the fullest.
            del self._buckets[next(iter(self._buckets))]
        allowed = left >= count
        self._buckets[address] = (left - count if allowed else left, moment)
        if not allowed:
            raise Problem(problems.RATE, f"At most {self._rate} transactions a second.", limit=self._rate)
