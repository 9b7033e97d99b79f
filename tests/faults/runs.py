"""Many runs, several ledgers at the same time, and what they add up to."""

from __future__ import annotations

import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.faults.life import LIVES, Life, Outcome, lives_of

FILE_SYSTEMS_IN_MEMORY = ("tmpfs", "ramfs")


@dataclass(slots=True)
class Total:
    """What all runs showed."""

    runs: int = 0
    acknowledged: int = 0
    lost: int = 0
    failed: int = 0
    """Runs in which something else was wrong."""

    @property
    def is_good(self) -> bool:
        """Whether nothing was wrong."""
        return self.lost == 0 and self.failed == 0

    def __str__(self) -> str:
        failed = f", {self.failed} runs failed otherwise" if self.failed else ""
        return f"runs {self.runs}, acknowledged {self.acknowledged}, lost {self.lost} acknowledged{failed}"


class Runs:
    """Hands out runs to workers and adds up."""

    def __init__(self, life: Life, folder: Path, command: str, seed: int, runs: int, *, keep: bool) -> None:
        self.total = Total()
        self._life = life
        self._folder = folder
        self._command = command
        self._seed = seed
        self._left = runs
        self._keep = keep
        self._lock = threading.Lock()

    def work(self) -> None:
        """Let ledgers live until no run is left."""
        while True:
            with self._lock:
                count = min(LIVES, self._left)
                if count == 0:
                    return
                self._left -= count
                seed, self._seed = self._seed, self._seed + 1
            done = 0
            for outcome in lives_of(self._folder / str(seed), seed, count, self._life, keep=self._keep):
                done += 1
                self._add(outcome, seed, done)
            with self._lock:
                self._left += count - done

    def _add(self, outcome: Outcome, seed: int, number: int) -> None:
        with self._lock:
            self.total.runs += 1
            self.total.acknowledged += outcome.acknowledged
            self.total.lost += outcome.lost
            self.total.failed += outcome.failure is not None
            if not outcome.is_good:
                what = outcome.failure or f"lost {outcome.lost} acknowledged"
                again = f"{self._command} --seed {seed} --runs {number} --jobs 1 --keep"
                place = self._folder / str(seed)
                sys.stdout.write(f"run {self.total.runs}, {outcome.kind}: {what}; kept in {place}; repeat: {again}\n")
                sys.stdout.flush()


def run_all(life: Life, folder: Path, command: str, *, seed: int, runs: int, jobs: int, keep: bool) -> Total:
    """So many runs; prints a line for each that is not good. The folder of those stays."""
    folder.mkdir(parents=True, exist_ok=True)
    refuse_memory(folder)
    shared = Runs(life, folder, command, seed, runs, keep=keep)
    with ThreadPoolExecutor(jobs) as pool:
        for future in [pool.submit(shared.work) for _ in range(jobs)]:
            future.result()
    # What a ledger that ended early left over after the other workers had gone.
    shared.work()
    if not keep and shared.total.is_good:
        shutil.rmtree(folder)
    return shared.total


def refuse_memory(folder: Path) -> None:
    """Raise SystemExit where the folder lies in memory: a sync there says nothing."""
    mounts = (
        [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
        if Path("/proc/mounts").exists()
        else []
    )
    around = [(len(point), kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    kind = max(around, default=(0, ""))[1]
    if kind in FILE_SYSTEMS_IN_MEMORY:
        raise SystemExit(f"{folder} lies on {kind}, in memory: choose a real disk with --folder")
