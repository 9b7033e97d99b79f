"""Transactions on their way into a block, and those who wait for the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from yuzhong.ledger import signatures
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.numbers import Millis
from yuzhong.ledger.receipts import Receipt
from yuzhong.ledger.transactions import PAYLOAD_MAX_BYTES
from yuzhong.ledger.transition import Judged
from yuzhong.node.errors import NotTaken

PROTECTED_MAX_BYTES = 64
SIGNATURE_MAX_BYTES = 128
ITEM_OVERHEAD_BYTES = 24
"""What a batch adds to a transaction's own bytes, at most."""


class Answer(NamedTuple):
    """What came of a transaction; it is on disk."""

    height: int
    position: int
    """Its receipt's place among the block's receipts, due work's first."""
    number: int
    """Its receipt's place in the receipts log."""
    receipt: Receipt


class Submission:
    """What was sent together; its future gets the answers in the same order, once all are there.

    Where one of them cannot be answered the future gets `refusal` instead, also once all are there.
    """

    __slots__ = ("answers", "future", "left", "refusal")

    def __init__(self, count: int) -> None:
        self.answers: list[Answer | None] = [None] * count
        self.left = count
        self.refusal: Exception | None = None
        self.future: Future[list[Answer]] = Future()
        # So that nobody can cancel it: what was sent goes its way.
        self.future.set_running_or_notify_cancel()


class Waiting:
    """A transaction on its way into a block."""

    __slots__ = ("askers", "cost", "judged", "signed", "size")

    def __init__(self, signed: Signed, judged: Judged, submission: Submission, place: int) -> None:
        self.signed = signed
        self.judged = judged
        self.askers = [(submission, place)]
        self.size = item_size(signed)
        self.cost = signatures.cost_weight(signed[0])


class DrivenBlock(NamedTuple):
    """A whole block with its time, as a driven clock takes them."""

    time: Millis
    waiting: list[Waiting]
    submission: Submission


class Question(NamedTuple):
    """Something to be asked of the state between two blocks."""

    ask: Callable[[], Any]
    future: Future[Any]


class Limits(NamedTuple):
    """How much one block may hold."""

    transactions: int
    cost: int
    size: int


def item_size(signed: Signed) -> int:
    """The most bytes that a transaction takes in a batch."""
    protected, payload, signature = signed
    return len(protected) + len(payload) + len(signature) + ITEM_OVERHEAD_BYTES


def check_block(signed: Sequence[Signed], limits: Limits) -> None:
    """Raise NotTaken for transactions that are too many, too large or too dear to verify for one block."""
    if len(signed) > limits.transactions:
        raise NotTaken(f"a block has at most {limits.transactions} transactions")
    size = sum(map(item_size, signed))
    if size > limits.size:
        raise NotTaken(f"a block has at most {limits.size} bytes of transactions; these take up to {size}")
    cost = sum(signatures.cost_weight(protected) for protected, _, _ in signed)
    if cost > limits.cost:
        raise NotTaken(f"a block's signatures cost at most {limits.cost} units; these cost {cost}")


def check_sizes(signed: Sequence[Signed]) -> None:
    """Raise NotTaken for a transaction that the form of a batch cannot hold."""
    for place, (protected, payload, signature) in enumerate(signed):
        if not 0 < len(protected) <= PROTECTED_MAX_BYTES:
            raise NotTaken(f"transaction {place}: a protected header has 1 to {PROTECTED_MAX_BYTES} bytes")
        if not 0 < len(payload) <= PAYLOAD_MAX_BYTES:
            raise NotTaken(f"transaction {place}: a payload has 1 to {PAYLOAD_MAX_BYTES} bytes")
        if len(signature) > SIGNATURE_MAX_BYTES:
            raise NotTaken(f"transaction {place}: a signature has at most {SIGNATURE_MAX_BYTES} bytes")
