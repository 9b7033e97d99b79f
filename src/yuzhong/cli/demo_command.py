"""`yuzhong demo`: a market opens before your eyes, trades, and is proved."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from yuzhong.cli.demo.checks import Check, receipts_proved, replay_equals
from yuzhong.cli.demo.run import run_demo
from yuzhong.cli.market import print_summary, progress_line
from yuzhong.cli.output import fail, print_facts
from yuzhong.cli.replay.rows import FlowError, read_commands
from yuzhong.cli.replay.run import ReplayError, run_replay
from yuzhong.ledger.failures import InvalidBlock, Stop
from yuzhong.node.config import Config
from yuzhong.node.errors import NodeError
from yuzhong.node.server import run as serve


def demo(
    *,
    once: Annotated[bool, Parameter(help="End when all is proved, without serving the ledger.")] = False,
    flow: Annotated[Path | None, Parameter(help="Play recorded order flow instead.")] = None,
    data: Annotated[Path | None, Parameter(help="Keep the ledger in this empty folder.")] = None,
) -> None:
    """A market opens, trades and is proved.

    In a terminal the ledger is then served over HTTP until you press Ctrl-C.
    """
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yuzhong-demo-")))
        try:
            if flow is None:
                _day(folder)
            else:
                _flow(flow, folder)
        except FlowError as error:
            fail(f"{flow}: {error}")
        except (InvalidBlock, Stop, NodeError, ReplayError, OSError) as error:
            fail(str(error))
        if not once and sys.stdout.isatty():
            _serve(folder)


def _day(folder: Path) -> None:
    console = Console(highlight=False)
    story = run_demo(folder, lambda line: console.print(line, markup=False))
    console.print()
    print_facts(
        {
            "transactions": f"{story.transactions:,}, every one signed and on disk before it was answered",
            "refused": ", ".join(f"{name} {count:,}" for name, count in story.refused.items()) or "none",
            "trades": f"{story.trades:,}, {story.units:,} units",
            "seconds": f"{story.seconds:.1f}",
            "operator's public key": story.operator_public_key.hex(),
            "final root": story.state_root,
        }
    )
    _print_checks(story.checks)


def _flow(flow: Path, folder: Path) -> None:
    summary = run_replay(read_commands(flow), folder, "rust", progress_line())
    print_summary(summary)
    operator = bytes.fromhex(summary.operator_public_key)
    _print_checks((replay_equals(folder, summary.state_root), receipts_proved(folder, operator, summary.sample)))


def _print_checks(checks: tuple[Check, ...]) -> None:
    console = Console(highlight=False)
    console.print()
    for check in checks:
        console.print(f"[green]✓[/green] {check.name}: {check.found}")


def _serve(folder: Path) -> None:
    console = Console(highlight=False)

    def on_ready(_: object, url: str) -> None:
        console.print(f"\nThe ledger is served at {url} until you press Ctrl-C. Try:")
        for line in (f"curl {url}/v1/status", f"curl {url}/checkpoint", f"curl {url}/v1/rows/instruments/2"):
            console.print(f"  {line}", markup=False)

    serve(Config(data=folder, listen="127.0.0.1:0"), on_ready)
