"""`python -m bench [NAME] [--json]`: one benchmark, or all as a table; JSON last."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.durable import durable
from bench.latency import latency
from bench.loopback import loopback
from bench.memory import memory
from bench.replay import replay
from bench.report import ROOT, Benchmark, Result, machine
from bench.tree import tree
from yuzhong.node.collector import relax_collector

BENCHMARKS: dict[str, Benchmark] = {
    "durable": durable,
    "loopback": loopback,
    "latency": latency,
    "replay": replay,
    "tree": tree,
    "memory": memory,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), help="one of them; all without a name")
    parser.add_argument("--json", action="store_true", help="print one JSON object last and no table")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json", help="where all results go as JSON")
    options = parser.parse_args()
    relax_collector()
    if options.name:
        result = BENCHMARKS[options.name]()
        if not options.json:
            print_table([result])
        print(json.dumps({**result.as_json(), "machine": machine()}))
        return 0
    results = []
    for name, benchmark in BENCHMARKS.items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        results.append(benchmark())
    print_table(results)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    everything = {"machine": machine(), "results": [result.as_json() for result in results]}
    options.out.write_text(json.dumps(everything, indent=1) + "\n")
    print(f"\n{json.dumps(everything['machine'])}\nwritten to {options.out}")
    return 0


def print_table(results: list[Result]) -> None:
    """One line a figure, with its goal and the ceiling of the same run."""
    print(f"{'name':10} {'value':>12} {'goal':>10} {'met':>4} {'ceiling':>12} {'ratio':>6}  unit; what the ceiling is")
    for result in results:
        met = "yes" if result.meets_goal else "no"
        figures = f"{result.value:12,.1f} {result.goal:10,.0f} {met:>4} {result.ceiling:12,.1f} {result.ratio:6.2f}"
        print(f"{result.name:10} {figures}  {result.unit}; {result.ceiling_is}")
        for key, detail in result.details.items():
            print(f"{'':10}   {key}: {detail}")


if __name__ == "__main__":
    sys.exit(main())
