"""What a node answers, as typed records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ReceiptPlace:
    """What everybody who knows a transaction's identity may learn of it."""

    identity: str
    code: int
    code_name: str
    height: int
    position: int
    """Among the block's receipts."""
    number: int
    """In the receipts log."""

    @property
    def is_accepted(self) -> bool:
        """Whether the transaction took effect."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class Receipt(ReceiptPlace):
    """The answer to a submitted transaction: it is on disk. A code other than 0 says why it changed nothing."""

    events: tuple[dict[str, Any], ...] = field(default=())
    """Those that are the signer's to see: `number` (in the receipt), `name`, `fields`."""
    hidden_events: int = 0
    """How many concern others' orders or rows only."""


def receipt_place(given: dict[str, Any]) -> ReceiptPlace:
    """From a node's JSON."""
    return ReceiptPlace(*_place(given))


def receipt(given: dict[str, Any]) -> Receipt:
    """From a node's JSON."""
    return Receipt(*_place(given), tuple(given["events"]), given["hidden_events"])


def _place(given: dict[str, Any]) -> tuple[str, int, str, int, int, int]:
    return given["identity"], given["code"], given["code_name"], given["height"], given["position"], given["number"]
