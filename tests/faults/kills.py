"""Kills: a node under load is killed and started again on its folder as it lies there, without a shim."""

from __future__ import annotations

import time
from pathlib import Path

from tests.faults.life import Lineage, Outcome, load_for
from tests.faults.server import Server

LOAD_S = 0.5


def kill(lineage: Lineage, here: Path, outcome: Outcome) -> None:
    """One run: a life, its end, what is found."""
    random = lineage.random
    starting = random.random() < 0.15
    outcome.kind = "while starting" if starting else "under load"
    server = Server(here / "root" / "data", here / "node.log")
    load = None
    try:
        if starting:
            time.sleep(random.uniform(0.2, 1.2))
        elif server.wait_ready():
            load = lineage.begin_load(server)
            load_for(server, load, random.uniform(0.02, LOAD_S))
    finally:
        server.kill()
    outcome.acknowledged = len(lineage.end_load(load)) if load else 0
    kept = here.with_name(f"life-{lineage.lives + 1:02d}")
    kept.mkdir()
    (here / "root").rename(kept / "root")
    outcome.lost = lineage.examine(kept / "root" / "data")
