"""Real nodes on loopback, under load: kills, power cuts, full disks. `make test-faults` runs more of each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.__main__ import main
from tests.faults.preload import BUILD, NoShim, build_shim
from tests.faults.runs import refuse_memory


def why_no_shim() -> str:
    """What keeps this machine from having the shim; empty where nothing does."""
    try:
        build_shim()
    except NoShim as error:
        return str(error)
    return ""


NO_SHIM = why_no_shim()
needs_shim = pytest.mark.skipif(bool(NO_SHIM), reason=NO_SHIM or "the shim can be had")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, int, int]:
    """Exit code, all that was printed, and how many were acknowledged and lost."""
    code = main([*arguments, "--folder", str(BUILD / "in-tests")])
    printed = capsys.readouterr().out
    total = re.search(r"^runs \d+, acknowledged (\d+), lost (\d+) acknowledged", printed, re.MULTILINE)
    assert total is not None, printed
    return code, printed, int(total[1]), int(total[2])


def test_twenty_kills_lose_nothing_that_was_acknowledged(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, acknowledged, lost = run(capsys, "kill", "--runs", "20", "--seed", "100")
    assert (code, lost) == (0, 0), printed
    assert printed.startswith("runs 20, ")
    assert acknowledged > 100


@needs_shim
def test_fifty_power_cuts_lose_nothing_that_was_acknowledged(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, acknowledged, lost = run(capsys, "powercut", "--runs", "50", "--seed", "200")
    assert (code, lost) == (0, 0), printed
    assert printed.startswith("runs 50, ")
    assert acknowledged > 250


@needs_shim
def test_power_cuts_lose_what_was_acknowledged_when_syncs_are_broken(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, _, lost = run(capsys, "powercut", "--runs", "4", "--seed", "300", "--break-sync")
    assert code == 1
    assert lost > 0
    assert "repeat: python -m tests.faults powercut --break-sync --seed 30" in printed


@needs_shim
def test_a_disk_that_fails_for_a_while_stops_acknowledgements_and_loses_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, printed, acknowledged, lost = run(capsys, "diskfull", "--runs", "4", "--seed", "400")
    assert (code, lost) == (0, 0), printed
    assert acknowledged > 20


def test_a_folder_in_memory_is_refused() -> None:
    if not Path("/dev/shm").is_mount():
        pytest.skip("there is no file system in memory here")
    with pytest.raises(SystemExit, match="choose a real disk"):
        refuse_memory(Path("/dev/shm"))
