"""A benchmark's result, as JSON for programs and as a row for people."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Result:
    """One figure: `value` is a median where several runs were made."""

    name: str
    value: float
    unit: str
    goal: float
    higher_is_better: bool
    ceiling: float
    """What is physically possible for the part that dominates, measured in the same run."""
    ceiling_is: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Value to ceiling; 1 is perfect either way."""
        return self.value / self.ceiling if self.higher_is_better else self.ceiling / self.value

    @property
    def meets_goal(self) -> bool:
        return self.value >= self.goal if self.higher_is_better else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "goal": self.goal,
            "meets_goal": self.meets_goal,
            "ceiling": round(self.ceiling, 3),
            "ceiling_is": self.ceiling_is,
            "ratio": round(self.ratio, 4),
            **self.details,
        }


Benchmark = Callable[[], Result]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = next((int(line.split()[1]) // 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_mib": memory,
        "python": platform.python_version(),
        "system": platform.platform(),
        "commit": commit.stdout.strip() or "none",
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
