"""Power cuts: a node under load with the shim before it is killed, and goes on from what its disk would have kept."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.cuts import cut_image
from tests.faults.disk_model import DiskModel, write_image
from tests.faults.found import Acknowledged, examine
from tests.faults.life import Lineage, Outcome, load_for
from tests.faults.load import acknowledgement, identity_of, open_client
from tests.faults.preload import Watch
from tests.faults.server import Server
from tests.faults.trace import Event, Op, read_trace

LOAD_S = 0.6
START_OPS = 90
"""About how many operations founding and starting a node takes."""
ASKED = 20
"""Of how many transactions a restarted node is asked what became of them."""
AIMED = (Op.WRITE, Op.SYNC, Op.SYNC_FOLDER, Op.RENAME, Op.ALLOCATE, Op.OPEN, Op.UNLINK, Op.MKDIR)


@dataclass(frozen=True, slots=True)
class Plan:
    """When the power goes."""

    kind: str
    seconds: float
    """Of load, at most."""
    die_before: tuple[int, int] | None = None
    again: bool = False
    """Kill the process, start it again, ask it what it has, and only then cut."""


def make_plan(random: Random) -> Plan:
    """One of the ways in which power goes."""
    seconds = random.uniform(0.02, LOAD_S)
    kind = random.choices(("load", "operation", "start", "again"), (4, 3, 2, 2))[0]
    if kind == "start":
        return Plan("while starting", seconds, (0, random.randint(1, START_OPS)))
    if kind == "operation":
        op = random.choice(AIMED)
        return Plan(f"before an operation {op.name}", LOAD_S, (op, random.randint(2, 40)))
    if kind == "again":
        return Plan("after a kill and a restart", seconds, again=True)
    return Plan("under load", seconds)


def power_cut(lineage: Lineage, here: Path, outcome: Outcome, *, break_sync: bool = False) -> None:
    """One run: a life, the cut, what is found, and the folder for the next life."""
    random, root, trace = lineage.random, here / "root", here / "trace"
    plan = make_plan(random)
    outcome.kind = plan.kind
    keep_before(here)
    known = list(lineage.acknowledged)
    watch = Watch(root, trace, break_sync, plan.die_before)
    told = _live(lineage, here, watch, plan.seconds)
    if plan.again:
        told += _ask_again(lineage, here, Watch(root, trace, break_sync))
    outcome.acknowledged = len(told)
    events = cut_now(lineage, here, outcome)
    if outcome.lost == 0:
        _cut_earlier(here, events, known, told, random)


def keep_before(here: Path) -> None:
    """Copy the folder as it is before a life, from which the model begins."""
    shutil.copytree(here / "root", here / "before")


def cut_now(lineage: Lineage, here: Path, outcome: Outcome) -> list[Event]:
    """Cut the power after all that the trace tells, lay out for the next life what that leaves, and examine it.

    Returns what the trace tells.
    """
    events = list(read_trace(here / "trace"))
    model = DiskModel(here / "before", lineage.random, at=here / "root")
    model.play(events)
    kept = here.with_name(f"life-{lineage.lives + 1:02d}") / "root"
    write_image(cut_image(model, lineage.random), kept)
    outcome.lost = lineage.examine(kept / "data")
    return events


def _live(lineage: Lineage, here: Path, watch: Watch, seconds: float) -> list[tuple[int, Acknowledged]]:
    """A node's life under load; what was acknowledged, with how long the trace was then."""
    server = Server(here / "root" / "data", here / "node.log", watch.environment())
    try:
        if not server.wait_ready():
            return []
        load = None
        try:
            load = lineage.begin_load(server, lambda: (here / "trace").stat().st_size)
            load_for(server, load, seconds)
        except OSError:
            # It was killed before the load began.
            if server.is_alive:
                raise
    finally:
        server.kill()
    return lineage.end_load(load) if load else []


def _ask_again(lineage: Lineage, here: Path, watch: Watch) -> list[tuple[int, Acknowledged]]:
    """Start the node on the folder that a killed process left and ask what became of transactions without an answer."""
    server = Server(here / "root" / "data", here / "node.log", watch.environment())
    try:
        server.wait_ready()
        chain_id = server.status()["chain_id"]
        told = []
        with open_client(server.url) as client:
            for signed in lineage.unanswered[-ASKED:]:
                receipt = client.receipt(identity_of(signed, chain_id))
                if receipt is not None:
                    told.append(((here / "trace").stat().st_size, acknowledgement(receipt)))
        time.sleep(lineage.random.uniform(0, 0.05))
    finally:
        server.kill()
    lineage.acknowledged += [one for _, one in told]
    return told


def _cut_earlier(
    here: Path, events: list[Event], known: list[Acknowledged], told: list[tuple[int, Acknowledged]], random: Random
) -> None:
    """The same life with the power gone at an earlier moment: only what was acknowledged by then must be there."""
    if not events:
        return
    count = random.randrange(len(events))
    model = DiskModel(here / "before", random, at=here / "root")
    model.play(events[:count])
    moment = here / "earlier"
    write_image(cut_image(model, random), moment)
    by_then = known + [one for at, one in told if at <= events[count].at]
    found = examine(moment / "data", by_then)
    if found.refused or found.lost or found.twice:
        what = found.refused or f"{len(found.lost)} acknowledged lost, {found.twice} twice"
        raise EarlierCut(f"cut after {count} of {len(events)} operations: {what}")


class EarlierCut(Exception):
    """A cut at an earlier moment of the same life lost something."""
