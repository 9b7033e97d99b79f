"""A small made flow in the recorded format, and where the real one lies."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from yuzhong.cli.replay.rows import COLUMNS

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "order-flow"

SMALL = [
    (0, 10, "NEW", "a", "BUY", 100, 5, "", "GTC"),
    (1, 20, "NEW", "b", "SELL", 99, 3, "", "GTC"),
    (2, 30, "NEW", "c", "SELL", 105, 9, 2, "GTC"),
    (3, 40, "UNCROSS", "", "", 100, 3, "", ""),
    (4, 50, "NEW", "d", "SELL", 100, 1, "", "IOC"),
    (5, 60, "REPLACE", "a", "BUY", 105, 4, "", ""),
    (6, 70, "CANCEL", "c", "SELL", "", "", "", ""),
    (7, 80, "CANCEL", "c", "SELL", "", "", "", ""),
]
"""After the auction (3 at 100) `a` has 2 left; `d` takes one; `a` goes to 105 with 4 and takes two slices of `c`."""

Summed = dict[int, Counter[tuple[str, int]]]
"""Command -> (resting order, price) -> quantity."""


def write_flow(path: Path, rows: Sequence[tuple[object, ...]] = SMALL, columns: list[str] = COLUMNS) -> Path:
    with gzip.open(path, "wt", newline="") as text:
        lines = csv.writer(text)
        lines.writerow(columns)
        lines.writerows((row[0], int(str(row[1])) * 1_000_000, *row[2:]) for row in rows)
    return path


def summed(path: Path) -> Summed:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found: Summed = {}
    for row in csv.DictReader(text.decode().splitlines()):
        of = found.setdefault(int(row["command_id"]), Counter())
        of[row["resting_order_id"], int(row["price_ticks"])] += int(row["quantity"])
    return found
