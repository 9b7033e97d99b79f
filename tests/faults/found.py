"""What is found in a data folder after a fault, against what was acknowledged before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.market import machine
from yuzhong.catalogue import FEATURES
from yuzhong.ledger.failures import InvalidBlock, Stop
from yuzhong.node.disk import Disk
from yuzhong.node.errors import NoLedger
from yuzhong.node.records import OtherFormat
from yuzhong.node.segments import Segments
from yuzhong.node.verify import Report, verify_ledger


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a client was told came of its transaction."""

    identity: bytes
    height: int
    position: int
    """Its receipt's place among the block's."""
    code: int


@dataclass(frozen=True, slots=True)
class Found:
    """A ledger as it lies there."""

    report: Report | None
    """What executing it again proved; None where there is no ledger, or it is refused."""
    refused: str | None
    """Why, where it is refused."""
    lost: tuple[Acknowledged, ...]
    """What was acknowledged and is not there, or not as it was acknowledged."""
    twice: int = 0
    """How many transactions stand on the ledger more than once."""


def examine(folder: Path, acknowledged: Iterable[Acknowledged]) -> Found:
    """Execute a ledger again, signatures too, and look for everything that was acknowledged. Nothing is written."""
    expected = list(acknowledged)
    try:
        report = verify_ledger(folder, FEATURES)
        there = _receipts(folder)
    except NoLedger:
        return Found(None, None, tuple(expected))
    except (InvalidBlock, Stop, OtherFormat) as error:
        return Found(None, f"{type(error).__name__}: {error}", tuple(expected))
    lost = [one for one in expected if there.get((one.height, one.position)) != (one.identity, one.code)]
    return Found(report, None, tuple(lost), _repeats(there))


def _receipts(folder: Path) -> dict[tuple[int, int], tuple[bytes, int]]:
    """Identity and code of every receipt, by height and position."""
    segments = Segments.open(folder / "segments", Disk(), repair=False)
    if segments is None:
        raise NoLedger(str(folder))
    decode = machine().receipts.receipt.decode
    there: dict[tuple[int, int], tuple[bytes, int]] = {}
    for block in segments.blocks():
        for position, data in enumerate(block.receipts):
            receipt = decode(data)
            there[block.height, position] = receipt.identity, receipt.code
    return there


def _repeats(there: dict[tuple[int, int], tuple[bytes, int]]) -> int:
    identities = [identity for (height, _), (identity, _) in there.items() if height > 0]
    return len(identities) - len(set(identities))
