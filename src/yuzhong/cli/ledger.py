"""`yuzhong ledger`: what can be done with a data folder alone, whether a node runs on it or not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console

from yuzhong.catalogue import FEATURES
from yuzhong.cli.output import MISUSED, fail, print_facts, print_json, say
from yuzhong.ledger.failures import FormError, InvalidBlock, Stop
from yuzhong.node.errors import NodeError
from yuzhong.node.prove import Prover
from yuzhong.node.records import OtherFormat
from yuzhong.node.verify import Progress, Report, verify_ledger
from yuzhong.serving import proof_files

app = App(name="ledger", help="Verify a ledger, prove what stands on it.")

Kernels = Annotated[Literal["rust", "python", "both"], Parameter(help="Which implementations run.")]
FAILURES = (NodeError, Stop, InvalidBlock, OtherFormat, OSError)


@app.command
def verify(
    folder: Path,
    /,
    *,
    kernels: Kernels = "rust",
    json: Annotated[bool, Parameter(help="Print one JSON object.")] = False,
) -> None:
    """Execute a whole ledger again, offline: every signature, every transaction, every root.

    Parameters
    ----------
    folder
        A node's data folder.
    """
    try:
        report = verify_ledger(folder, FEATURES, kernels, None if json else _progress())
    except FAILURES as error:
        if json:
            print_json({"verified": False, "error": type(error).__name__, "reason": str(error)})
        fail(error)
    if json:
        print_json({"verified": True, **asdict(report)})
        return
    print_facts(_facts(report))
    if report.torn:
        left_out = "after it stands a last write that is not whole; nothing in it was acknowledged, it was left out"
        say(f"everything up to height {report.height:,} agrees; {left_out}: {report.torn}")
    else:
        say("everything agrees")


@app.command
def prove(
    folder: Path,
    /,
    *,
    row: Annotated[
        list[str] | None, Parameter(help="TABLE KEY..., e.g. --row positions 1001 2", consume_multiple=True)
    ] = None,
    receipt: Annotated[str | None, Parameter(help="A transaction's identity, 64 hex digits.")] = None,
    event: Annotated[list[int] | None, Parameter(help="With --receipt: show this event, numbered from 1.")] = None,
    height: Annotated[int | None, Parameter(help="Of this block; the newest by default.")] = None,
    out: Annotated[Path | None, Parameter(help="Write the file here.")] = None,
    kernels: Kernels = "rust",
) -> None:
    """Make a proof file for a row or a receipt, also of a past height. Anybody checks it with `yuzhong verify`.

    Parameters
    ----------
    folder
        A node's data folder.
    """
    if (row is None) == (receipt is None) or row == []:
        fail("one of --row TABLE KEY... and --receipt IDENTITY is needed", MISUSED)
    if event and receipt is None:
        fail("--event goes with --receipt", MISUSED)
    try:
        prover = Prover(folder, FEATURES, kernels)
        if row is not None:
            text = proof_files.write(prover.prove_row(row[0], row[1:], height))
        else:
            text = proof_files.write(prover.prove_receipt(_identity(receipt or ""), _numbers(event), height))
        if out is not None:
            out.write_text(text, encoding="utf-8")
    except FormError as error:
        fail(error, MISUSED)
    except FAILURES as error:
        fail(error)
    if out is None:
        sys.stdout.write(text)
    else:
        say(f"written to {out}; check it with: yuzhong verify {out} --key OPERATOR_PUBLIC_KEY")


def _identity(text: str) -> bytes:
    try:
        identity = bytes.fromhex(text)
    except ValueError:
        identity = b""
    if len(identity) != 32:
        fail(f"--receipt: an identity is 64 hex digits, not {text!r}", MISUSED)
    return identity


def _numbers(events: Sequence[int] | None) -> list[int]:
    return sorted(dict.fromkeys(events or ()))


def _progress() -> Progress | None:
    """A line on standard error that says how far it is, where somebody watches."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        return None
    return lambda height, last: console.print(f"height {height:,} of {last:,}", end="\r")


def _facts(report: Report) -> dict[str, object]:
    return {
        "chain id": report.chain_id,
        "kernels": report.kernels,
        "height": f"{report.height:,}",
        "transactions": f"{report.transactions:,}",
        "signatures": f"{report.signatures:,} good, {report.refused_signatures:,} refused as their receipts say",
        "header signatures": f"{report.header_signatures:,}",
        "receipts": f"{report.receipts:,}",
        "state root": report.state_root,
        "receipts root": report.receipts_root,
        **({"left out": f"an unacknowledged torn tail: {report.torn}"} if report.torn else {}),
    }
