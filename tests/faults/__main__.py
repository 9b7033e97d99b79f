"""The command: `python -m tests.faults powercut|kill|diskfull --runs N`.

Exit code 1 where anything that was acknowledged is lost, or anything else is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from tests.faults.diskfull import fill_disk
from tests.faults.kills import kill
from tests.faults.life import Life
from tests.faults.powercut import power_cut
from tests.faults.preload import BUILD, NoShim, build_shim
from tests.faults.runs import run_all

LIVES: dict[str, Life] = {"powercut": power_cut, "kill": kill, "diskfull": fill_disk}


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Let machines fail under a node.")
    parser.add_argument("fault", choices=tuple(LIVES))
    parser.add_argument("--runs", type=int, default=20, help="how many faults (default 20)")
    parser.add_argument("--seed", type=int, default=None, help="of the first ledger; by default the time")
    parser.add_argument("--jobs", type=int, default=2, help="how many ledgers at the same time (default 2)")
    parser.add_argument("--break-sync", action="store_true", help="powercut: answer every sync and do none; must lose")
    parser.add_argument("--keep", action="store_true", help="keep every run's folder, not only of runs that failed")
    parser.add_argument("--folder", type=Path, default=BUILD, help="where to work; on a real disk")
    chosen = parser.parse_args(arguments)
    life = LIVES[chosen.fault]
    if chosen.break_sync:
        if chosen.fault != "powercut":
            parser.error("--break-sync goes with powercut")
        life = partial(power_cut, break_sync=True)
    try:
        if chosen.fault != "kill":
            build_shim()
    except NoShim as error:
        sys.stderr.write(f"{error}\n")
        return 2
    seed = int(time.time()) if chosen.seed is None else chosen.seed
    command = f"python -m tests.faults {chosen.fault}{' --break-sync' * chosen.break_sync}"
    folder = chosen.folder / f"{chosen.fault}-{seed}"
    total = run_all(life, folder, command, seed=seed, runs=chosen.runs, jobs=chosen.jobs, keep=chosen.keep)
    sys.stdout.write(f"{total}\n")
    return 0 if total.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
