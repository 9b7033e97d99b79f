"""The cyclic garbage collector in a process that holds a ledger.

Rows, receipts and transactions are frozen and never refer to each other in circles, so nearly everything is freed by
its reference count. With Python's defaults the collector still walks all of them again and again: that costs a node
up to a fifth of its speed, and its longest pauses.
"""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 100_000
"""Allocations before the youngest are looked through, e.g. a few hundred orders' worth."""
YOUNG_ROUNDS = 50
MIDDLE_ROUNDS = 100


def relax_collector() -> None:
    """Look for cycles seldom. For the whole process: who embeds a node decides for itself whether to call it."""
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS)
