"""The state tree alone: keys updated and sealed a second on one core, over a million keys."""

from __future__ import annotations

import hashlib
import statistics
import time

from bench.report import Result
from yuzhong import _kernels

KEYS = 1_000_000
GOAL = {1_000: 300_000.0, 10_000: 400_000.0}


def tree() -> Result:
    """Median over rounds of put and seal, at 1,000 updates a block; the same at 10,000 in the details."""
    state = _kernels.StateMap()
    for start in range(0, KEYS, 100_000):
        state.load([(packed(number), b"row" + packed(number)) for number in range(start, start + 100_000)])
    state.seal(0)
    rates = {size: _rate(state, size, rounds) for size, rounds in ((1_000, 60), (10_000, 12))}
    ceiling = hashes_a_second() / HASHES_A_KEY
    return Result(
        "tree",
        rates[1_000],
        "updated keys/s",
        GOAL[1_000],
        True,
        ceiling,
        f"SHA-256 of 80 bytes on one core / {HASHES_A_KEY}: value, leaf, 10 levels that 1,000 of 1 M keys do not share",
        {"at_10000": round(rates[10_000]), "goal_at_10000": GOAL[10_000], "keys": KEYS},
    )


HASHES_A_KEY = 12


def _rate(state: _kernels.StateMap, size: int, rounds: int) -> float:
    seconds = []
    for number in range(rounds):
        seed = number * 7_919
        chosen = [(seed + step * 104_729) % KEYS for step in range(size)]
        # Keys are packed anew, as tables pack them: what is measured is the tree's memory, not that of Python's list.
        rows = [(packed(place), b"row %d" % number + packed(place)) for place in chosen]
        started = time.perf_counter()
        for key, value in rows:
            state.put(key, value)
        state.seal(size + number)
        seconds.append(time.perf_counter() - started)
    return size / statistics.median(seconds)


def packed(number: int) -> bytes:
    """A key of the width of a position's."""
    return b"\x0d\x02" + number.to_bytes(8, "big") + b"\x00\x00\x00\x01"


def hashes_a_second() -> float:
    """SHA-256 of 80 bytes, as an inner node has, measured on many bytes at once so that no call overhead counts."""
    block = bytes(64 * 1024 * 1024)
    started = time.perf_counter()
    hashlib.sha256(block).digest()
    bytes_a_second = len(block) / (time.perf_counter() - started)
    return bytes_a_second / 128
