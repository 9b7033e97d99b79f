"""Memory: bytes a small row takes, tree included, and bytes a resting order takes, all in."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.report import ROOT, Result

ROWS = 1_000_000
GOAL = 256.0

_CHILD = """
import json, resource
from yuzhong import _kernels
def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()
rows, before = {rows}, resident()
state = _kernels.StateMap()
for start in range(0, rows, 50_000):
    state.load([(b"\\x0d\\x02" + n.to_bytes(8, "big") + b"\\0\\0\\0\\1", b"v" * 14 + n.to_bytes(16, "big")) for n in
    range(start, start + 50_000)])
state.seal(0)
print(json.dumps(resident() - before))
"""


def memory() -> Result:
    """Resident bytes a row of 14 + 30 bytes in the Rust state map, in a process of its own."""
    child = subprocess.run(
        [sys.executable, "-c", _CHILD.format(rows=ROWS)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    used = json.loads(child.stdout) / ROWS
    return Result(
        "memory",
        used,
        "bytes a small row, tree included",
        GOAL,
        False,
        14 + 30 + 64.0,
        "key, value, and two hashes of 32 bytes (a leaf's and an inner node's)",
        {"rows": ROWS},
    )
