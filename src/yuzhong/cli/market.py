"""`yuzhong market`: what concerns a whole market. So far: replaying recorded order flow."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console

from yuzhong.cli.output import fail, print_facts, print_json
from yuzhong.cli.replay.rows import FlowError, read_commands
from yuzhong.cli.replay.run import Progress, ReplayError, Summary, run_replay, write_fills
from yuzhong.ledger.failures import InvalidBlock, Stop
from yuzhong.node.errors import NodeError

app = App(name="market", help="Markets: replay recorded order flow through the ledger.")


@app.command
def replay(
    commands: Path,
    *,
    fills: Annotated[Path, Parameter(help="Where the fills go, as CSV.")],
    data: Annotated[Path | None, Parameter(help="Keep the ledger in this empty folder.")] = None,
    kernels: Annotated[Literal["rust", "python", "both"], Parameter(help="Which implementation runs.")] = "rust",
    json: Annotated[bool, Parameter(help="Print one JSON object.")] = False,
) -> None:
    """Replay recorded order flow: every row becomes a signed transaction like anybody's.

    Parameters
    ----------
    commands
        The recorded commands, a .csv or .csv.gz.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="yuzhong-replay-") as scratch:
            summary = run_replay(
                read_commands(commands), data or Path(scratch), kernels, None if json else progress_line()
            )
        write_fills(summary.fills, fills)
    except (FlowError, ReplayError, NodeError, InvalidBlock, Stop, OSError) as error:
        fail(f"{commands}: {error}" if isinstance(error, FlowError) else str(error))
    if json:
        facts = {**asdict(summary), "fills": len(summary.fills), "orders_a_second": round(summary.orders_a_second)}
        del facts["sample"]
        print_json(facts)
    else:
        print_summary(summary)


def progress_line() -> Progress:
    """A line on standard error that says how far it is; silent where nobody watches."""
    console = Console(stderr=True)

    def say(what: str, done: int) -> None:
        if console.is_terminal:
            console.print(f"{what}: {done:,}", end="\r", highlight=False)

    return say


def print_summary(summary: Summary) -> None:
    """What a replay gave, for people."""
    price = "no trade" if summary.auction_price is None else f"{summary.auction_price:,} ticks"
    facts = {
        "commands": f"{summary.commands:,}",
        "refused": ", ".join(f"{name} {count:,}" for name, count in summary.refused.items()) or "none",
        "fills": f"{len(summary.fills):,}",
        "auction price": price,
        "auction volume": f"{summary.auction_quantity:,}",
        "published": _compared(summary),
        "seconds": f"{summary.seconds:.2f}",
        "orders a second": f"{summary.orders_a_second:,.0f}",
        "blocks": f"{summary.height:,}",
        "operator's public key": summary.operator_public_key,
        "final root": summary.state_root,
    }
    print_facts(facts, file=sys.stdout)


def _compared(summary: Summary) -> str:
    if summary.published_price is None:
        return "the row says nothing to compare with"
    same = (summary.published_price, summary.published_quantity) == (summary.auction_price, summary.auction_quantity)
    said = f"{summary.published_price:,} ticks, {summary.published_quantity or 0:,}"
    return f"{said}: the same" if same else f"{said}: DIFFERENT; the market's own rule decided"
