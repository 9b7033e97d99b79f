"""Proving a ledger again from its segments alone: every signature, every transaction, every root.

Runs on the standard library and the kernels: `python -m yuzhong.node.verify DIR [--kernels rust|python|both]`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from yuzhong.ledger.failures import InvalidBlock, Stop
from yuzhong.ledger.feature import Feature, assemble
from yuzhong.ledger.invariants import Watch
from yuzhong.ledger.kernels import choose
from yuzhong.ledger.transition import GOOD
from yuzhong.node import blocks, header_signatures, replay
from yuzhong.node.collector import relax_collector
from yuzhong.node.errors import NoLedger
from yuzhong.node.execution import make_execution
from yuzhong.node.records import OtherFormat
from yuzhong.node.synced_floor import open_to_read

PROGRESS_EVERY_BLOCKS = 100

Progress = Callable[[int, int], None]
"""Called with the height that was reached and the newest height."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was proved."""

    chain_id: str
    kernels: str
    height: int
    blocks: int
    transactions: int
    signatures: int
    """Transactions' signatures that were verified and are good."""
    refused_signatures: int
    """Those that are not good, as their receipts say."""
    header_signatures: int
    receipts: int
    time: int
    """The newest block's."""
    app_hash: str
    state_root: str
    receipts_root: str
    torn: str | None
    """A last write that is not whole and was left out: nothing in it was acknowledged. The next start cuts it off."""


def verify_ledger(
    folder: Path, features: tuple[Feature, ...], kernels: str = "rust", on_progress: Progress | None = None
) -> Report:
    """Execute a ledger again without writing anything, its invariants checked after every block.

    Raises InvalidBlock naming height, transaction and field where anything differs, Damaged with file and offset,
    OtherFormat, NoLedger, and Stop where an invariant breaks.
    """
    segments = open_to_read(folder)
    machine = assemble(features, choose("python" if kernels == "python" else "rust"))
    first = segments.read(0)
    genesis, name = replay.read_genesis(machine, first)
    if segments.chain_id != name:
        raise InvalidBlock("chain_id", segments.chain_id, name, "segment file header")
    execution = make_execution(features, kernels, name, genesis.operator)
    watch = Watch(tuple(invariant for feature in features for invariant in feature.invariants))
    header_signatures.check(first, execution)
    receipts = len(replay.replay_genesis(execution, genesis, first, watch).receipts)
    transactions = good = 0
    stored = header_signatures.verified(segments.blocks(1), execution)
    for executed in replay.replay(execution, stored, watch):
        transactions += len(executed.transactions)
        good += sum(1 for transaction in executed.transactions if transaction.verdict == GOOD)
        receipts += len(executed.receipts)
        if on_progress and executed.head.height % PROGRESS_EVERY_BLOCKS == 0:
            on_progress(executed.head.height, segments.last_height)
    head = execution.head
    if head is None or head.height != segments.last_height:
        raise Stop("not every block was executed")
    last = blocks.header_codecs(machine.kernels).header_of(segments.read(head.height))
    return Report(
        chain_id=name,
        kernels=execution.kernels,
        height=head.height,
        blocks=head.height + 1,
        transactions=transactions,
        signatures=good,
        refused_signatures=transactions - good,
        header_signatures=head.height + 1,
        receipts=receipts,
        time=head.time,
        app_hash=last.app_hash.hex(),
        state_root=head.app.state_root.hex(),
        receipts_root=head.app.receipts_root.hex(),
        torn=str(segments.torn) if segments.torn else None,
    )


def main(arguments: list[str] | None = None) -> int:
    """The command: one JSON object on a line; exit code 0 where everything agrees, 1 where not."""
    from yuzhong.catalogue import FEATURES

    parser = argparse.ArgumentParser(
        prog="python -m yuzhong.node.verify", description="Execute a ledger again and compare."
    )
    parser.add_argument("folder", type=Path, help="the node's data folder")
    parser.add_argument("--kernels", choices=("rust", "python", "both"), default="rust")
    chosen = parser.parse_args(arguments)
    relax_collector()
    try:
        report = verify_ledger(chosen.folder, FEATURES, chosen.kernels)
    except (InvalidBlock, Stop, NoLedger, OtherFormat) as error:
        sys.stdout.write(json.dumps({"verified": False, "error": type(error).__name__, "reason": str(error)}) + "\n")
        return 1
    sys.stdout.write(json.dumps({"verified": True, **asdict(report)}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
