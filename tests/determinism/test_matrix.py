"""One log, one root.

Under every supported Python that is installed, any hash seed, locale, time zone, `-O`, with either kernels.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from yuzhong.cli.demo.run import Story, run_demo

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13")


def find_python(version: str) -> str | None:
    """A working interpreter of that version, on the path or where pyenv keeps them."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    places = [shutil.which(f"python{version}"), *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
    for place in filter(None, places):
        ran = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)
        if ran.returncode == 0 and f" {version}." in ran.stdout:
            return place
    return None


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, Path]:
    folder = tmp_path_factory.mktemp("determinism") / "ledger"
    return run_demo(folder, lambda _: None), folder


def verified(python: str, folder: Path, kernels: str, *flags: str, **environment: str) -> dict[str, object]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ran = subprocess.run(
        [python, *flags, "-m", "yuzhong.node.verify", str(folder), "--kernels", kernels],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**kept, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    report: dict[str, object] = json.loads(ran.stdout)
    return report


SURROUNDINGS = {
    "hash seed 0, locale C": ("rust", (), {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"}),
    "hash seed 4711, locale C.UTF-8, Shanghai's time zone": (
        "rust",
        (),
        {"PYTHONHASHSEED": "4711", "LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai"},
    ),
    "optimized": ("rust", ("-O",), {"PYTHONHASHSEED": "1"}),
    "Python kernels, optimized": ("python", ("-O",), {"PYTHONHASHSEED": "2", "LC_ALL": "C"}),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_the_same_log_gives_the_same_root(played: tuple[Story, Path], version: str, surroundings: str) -> None:
    story, folder = played
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed here")
    kernels, flags, environment = SURROUNDINGS[surroundings]
    report = verified(python, folder, kernels, *flags, **environment)
    assert report["state_root"] == story.state_root
    assert report["verified"] is True


def test_playing_again_gives_the_same_root(played: tuple[Story, Path], tmp_path: Path) -> None:
    again = run_demo(tmp_path / "ledger", lambda _: None)
    assert (again.state_root, again.trades) == (played[0].state_root, played[0].trades)
