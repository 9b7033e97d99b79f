"""Building the shim with the machine's C compiler, and the environment that puts it in front of a program."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "shim"
BUILD = Path(__file__).parents[2] / "build" / "faults"
"""In the checkout: on its disk, never in memory."""
_FLAGS = ("-shared", "-fPIC", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden")


class NoShim(Exception):
    """The shim cannot be had on this machine; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What the shim is to do in one process."""

    root: Path
    """The folder that it watches; it must be there."""
    trace: Path | None = None
    """Where it writes down what happens; outside of `root`."""
    break_sync: bool = False
    """Answer every sync with success and do nothing."""
    die_before: tuple[int, int] | None = None
    """(op, n): kill the process in place of the n-th operation of that number, 0 for any."""
    flag: Path | None = None
    """While this file is there, what it says fails: `28 write allocate` for ENOSPC, `5 sync` for EIO."""

    def environment(self) -> dict[str, str]:
        """The caller's environment with the shim in it. Raises NoShim."""
        values: dict[str, object] = {
            "LD_PRELOAD": build_shim(),
            "FAULTSHIM_ROOT": self.root,
            "FAULTSHIM_TRACE": self.trace,
            "FAULTSHIM_BREAK_SYNC": 1 if self.break_sync else None,
            "FAULTSHIM_DIE_BEFORE": "{} {}".format(*self.die_before) if self.die_before else None,
            "FAULTSHIM_FLAG": self.flag,
        }
        return {**os.environ, **{name: str(value) for name, value in values.items() if value is not None}}


def build_shim() -> Path:
    """The library, compiled once for each state of its sources. Raises NoShim."""
    if sys.platform != "linux":
        raise NoShim(f"power cuts are simulated with a preloaded library for Linux (glibc); this is {sys.platform}")
    sources = sorted(SOURCES.glob("*.[ch]"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    library = BUILD / f"shim-{digest}.so"
    if library.exists():
        return library
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoShim("the fault tests need a C compiler named cc (Debian, Ubuntu: apt install gcc libc6-dev)")
    BUILD.mkdir(parents=True, exist_ok=True)
    part = library.with_suffix(f".{os.getpid()}")
    inputs = [str(path) for path in sources if path.suffix == ".c"]
    made = subprocess.run(
        [compiler, *_FLAGS, "-o", str(part), *inputs, "-ldl", "-lpthread"], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise NoShim(f"the shim does not compile:\n{made.stderr}")
    part.replace(library)
    return library
