"""The power is cut at every operation of a node, from founding over rolling segments and snapshots to its stop."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.faults.cuts import cut_image
from tests.faults.disk_model import DiskModel, write_image
from tests.faults.embedded import OPTIONS, make_genesis, operator_of
from tests.faults.found import Acknowledged, examine
from tests.faults.preload import BUILD, NoShim, Watch, build_shim
from tests.faults.trace import Event, Op, read_trace
from yuzhong.catalogue import FEATURES
from yuzhong.node.errors import Damaged
from yuzhong.node.solo import Node

try:
    build_shim()
except NoShim as error:
    pytest.skip(str(error), allow_module_level=True)


@dataclass(frozen=True, slots=True)
class Watched:
    """A run of `embedded`, with everything it did to its folder."""

    folder: Path
    root: Path
    events: list[Event]
    acknowledged: list[tuple[int, Acknowledged]]
    """With how long the trace was when it was."""

    def cut(self, count: int, seed: int) -> tuple[Path, list[Acknowledged]]:
        """What a power cut after the first `count` operations leaves, and what had been acknowledged by then."""
        empty = self.folder / "empty"
        shutil.rmtree(self.folder / "cut", ignore_errors=True)
        model = DiskModel(empty, Random(seed), at=self.root)
        model.play(self.events[:count])
        write_image(cut_image(model, Random(seed)), self.folder / "cut")
        until = self.events[count].at if count < len(self.events) else sys.maxsize
        return self.folder / "cut" / "data", [one for at, one in self.acknowledged if at <= until]


def run_watched(name: str, deaths: list[tuple[int, int] | None], turns: int) -> Watched:
    """Run `embedded` once for each death: (op, n) kills it there, None lets it come to its end."""
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    root, trace = folder / "root", folder / "trace"
    root.mkdir(parents=True)
    (folder / "empty").mkdir()
    acknowledged = []
    for death in deaths:
        environment = Watch(root, trace, die_before=death).environment()
        command = [sys.executable, "-m", "tests.faults.embedded", str(root / "data"), str(trace), str(turns)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == (-signal.SIGKILL if death else 0), done.stderr
        for line in map(json.loads, done.stdout.splitlines()):
            one = Acknowledged(bytes.fromhex(line["identity"]), line["height"], line["position"], line["code"])
            acknowledged.append((line["at"], one))
    return Watched(folder, root, list(read_trace(trace)), acknowledged)


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    done = run_watched("every-operation", [None], turns=2)
    yield done
    shutil.rmtree(done.folder)


def check_cuts(watched: Watched, counts: Sequence[int], *, go_on: bool = True) -> None:
    """Cut after so many operations, each; what was acknowledged must be there and the node must be able to go on."""
    for seed, count in enumerate(counts):
        data, acknowledged = watched.cut(count, seed)
        found = examine(data, acknowledged)
        where = f"cut after {count} of {len(watched.events)} operations"
        assert found.refused is None, f"{where}: {found.refused}"
        assert found.lost == (), where
        if not go_on:
            continue
        data.mkdir(exist_ok=True)
        with Node.open(data, features=FEATURES, genesis=make_genesis, options=OPTIONS) as node:
            if found.report is not None:
                assert node.head.app.state_root.hex() == found.report.state_root, where
            signed = operator_of(node, 1_000_000).admit(1)
            assert [answer.receipt.code for answer in node.submit(signed).result()] == [0], where


def test_the_run_does_everything_that_can_be_cut(watched: Watched) -> None:
    segments = {event.path for event in watched.events if event.path.endswith(".part") and "/segments/" in event.path}
    snapshots = {
        event.other for event in watched.events if "/snapshots/" in event.other and "/part-" not in event.other
    }
    assert len(segments) >= 3
    assert len(snapshots) >= 3
    assert len({one.identity for _, one in watched.acknowledged}) == 120


def test_the_trace_explains_every_byte_that_the_node_wrote(watched: Watched) -> None:
    model = DiskModel(watched.folder / "empty", Random(0), at=watched.root)
    model.play(watched.events)
    real = {str(path.relative_to(watched.root)): path for path in watched.root.rglob("*")}
    seen = model.as_seen()
    assert sorted(seen) == sorted(real)
    assert [name for name, content in seen.items() if content is not None and content != real[name].read_bytes()] == []


def test_a_cut_at_many_operations_loses_nothing_acknowledged(watched: Watched) -> None:
    check_cuts(watched, range(Random(3).randrange(15), len(watched.events) + 1, 15))


@pytest.mark.slow
def test_a_cut_at_any_operation_loses_nothing_acknowledged(watched: Watched) -> None:
    check_cuts(watched, range(len(watched.events) + 1))


@pytest.mark.parametrize(
    "death", [(Op.SYNC, n) for n in (12, 21)] + [(Op.SYNC_FOLDER, n) for n in (5, 8)] + [(Op.RENAME, 8)], ids=str
)
def test_what_a_restarted_node_tells_survives_a_cut_though_its_first_life_did_not_sync_it(
    death: tuple[Op, int],
) -> None:
    twice = run_watched(f"twice-{death[0].name}-{death[1]}", [death, None], turns=1)
    again = next(event for place, event in enumerate(twice.events) if event.path.endswith("/lock") and place > 10)
    told_at = min(at for at, _ in twice.acknowledged if at > again.at)
    told = sum(1 for event in twice.events if event.at < told_at)
    check_cuts(twice, [told, told, told, told + 1, told + 1, told + 2], go_on=False)
    shutil.rmtree(twice.folder)


def test_a_folder_whose_segments_are_gone_is_refused_and_no_other_ledger_founded_in_it(tmp_path: Path) -> None:
    with Node.open(tmp_path, features=FEATURES, genesis=make_genesis, options=OPTIONS):
        pass
    shutil.rmtree(tmp_path / "segments")
    with pytest.raises(Damaged, match="the segments are gone, though height 0 was synced"):
        Node.open(tmp_path, features=FEATURES, genesis=make_genesis, options=OPTIONS)
