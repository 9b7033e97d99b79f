"""The operator's signatures on stored headers, verified many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from yuzhong.ledger import signatures
from yuzhong.ledger.failures import FormError, InvalidBlock
from yuzhong.ledger.kernels import Signed, verify_signatures
from yuzhong.ledger.transition import GOOD
from yuzhong.node import blocks, replay
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.execution import Execution

HEADERS_AT_ONCE = 256


def verified(stored: Iterable[StoredBlock], execution: Execution) -> Iterator[StoredBlock]:
    """Hand blocks on once the operator's signatures on their headers are verified. Raises InvalidBlock."""
    waiting: list[tuple[StoredBlock, Signed]] = []
    for block in stored:
        try:
            message = signatures.decode_signed(block.signed_header)
        except FormError as error:
            raise InvalidBlock("header", "a COSE_Sign1", error, f"height {block.height}") from error
        if message.protected != execution.operator:
            found = message.protected.hex()
            raise InvalidBlock("header's key", execution.operator.hex(), found, f"height {block.height}")
        waiting.append((block, (message.protected, message.payload, message.signature)))
        if len(waiting) >= HEADERS_AT_ONCE:
            yield from _verified(waiting, execution)
            waiting = []
    yield from _verified(waiting, execution)


def check(block: StoredBlock, execution: Execution) -> None:
    """Raise InvalidBlock where the operator did not sign that block's header."""
    for _ in verified([block], execution):
        pass


def _verified(waiting: list[tuple[StoredBlock, Signed]], execution: Execution) -> Iterator[StoredBlock]:
    context = blocks.header_context(execution.chain_id)
    verdicts, _ = verify_signatures(context, [signed for _, signed in waiting])
    for (block, _), verdict in zip(waiting, verdicts, strict=True):
        if verdict != GOOD:
            found = replay.VERDICTS[verdict]
            raise InvalidBlock("header's signature", replay.VERDICTS[GOOD], found, f"height {block.height}")
        yield block
