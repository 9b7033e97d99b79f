"""Receipts: what came of every transaction and every piece of due work, and how a party shows its own part alone.

A receipt is a small Merkle tree (RFC 9162) over its verdict and its events, each behind a 16-byte blind; the log's
entry is the root. So the log can be public though orders are not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from operator import add
from typing import Annotated, Any, ClassVar, NewType

from yuzhong.ledger.failures import BoundPassed
from yuzhong.ledger.kernels import Codec, Kernels, LeafBlinds, LogAppend
from yuzhong.ledger.numbers import AtMost, Blind, Hash, Range
from yuzhong.ledger.outcomes import About
from yuzhong.ledger.shapes import Shape, record_shape, union_shape
from yuzhong.ledger.state import State
from yuzhong.ledger.tables import Table

EVENTS_MAX = 4_096
EDGE_MAX = 62

Code = NewType("Code", int)
"""0 accepted, 1-98 the machine's own refusals, 99 RULE_FAILED, else a feature's rejection."""
Count = NewType("Count", int)
"""How many receipts there are."""
BOUNDS = {Code: Range(0, 2**31 - 1), Count: Range(0, 2**62 - 1)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The receipt's first leaf: which transaction (or due work), and its code."""

    TAG: ClassVar[int] = 5
    identity: Hash
    code: Code


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as the node stores it. The blinds, verdict's first, are for those who may see the leaf."""

    TAG: ClassVar[int] = 4
    identity: Hash
    code: Code
    events: tuple[Any, ...]
    blinds: tuple[Blind, ...]


@dataclass(frozen=True, slots=True)
class LogEdge:
    """The right edge from which the receipts log goes on growing."""

    TAG: ClassVar[int] = 1
    count: Count
    edge: Annotated[tuple[Hash, ...], AtMost(EDGE_MAX)]
    root: Hash


RECEIPTS_LOG = Table(2, "receipts_log", (), LogEdge, bounded_by="one row", leaves="never: it is the log's edge")
EMPTY_LOG = LogEdge(Count(0), (), Hash(hashlib.sha256(b"").digest()))


@dataclass(frozen=True)
class ReceiptCodecs:
    """Encoders of a receipt and of its leaves, and what hashes these."""

    receipt: Codec
    verdict: Codec
    event: Codec
    log_append: LogAppend
    leaf_blinds: LeafBlinds


def receipt_shape(events: tuple[type[Any], ...]) -> Shape:
    """The shape of a stored receipt whose events are of these types."""
    return (
        "record",
        Receipt,
        Receipt.TAG,
        (
            ("identity", ("bytes", 32, 32)),
            ("code", ("int", 0, 2**31 - 1)),
            ("events", ("list", union_shape(events), EVENTS_MAX)),
            ("blinds", ("list", ("bytes", 16, 16), EVENTS_MAX + 1)),
        ),
    )


def receipt_codecs(kernels: Kernels, events: tuple[type[Any], ...]) -> ReceiptCodecs:
    """Codecs for receipts with these event types."""
    return ReceiptCodecs(
        kernels.codec(receipt_shape(events)),
        kernels.codec(record_shape(Verdict)),
        kernels.codec(union_shape(events)),
        kernels.log_append,
        kernels.leaf_blinds,
    )


def make_receipt(
    codecs: ReceiptCodecs, identity: Hash, code: int, events: tuple[Any, ...], salt: bytes, number: int
) -> Receipt:
    """The receipt that will stand at `number` of the log.

    `salt` is the transaction's own, an `About` event brings its order's.

    Raises BoundPassed where there are more events than a receipt may hold.
    """
    if len(events) > EVENTS_MAX:
        raise BoundPassed(f"{len(events)} events")
    salts = [salt, *(event.salt if isinstance(event, About) else salt for event in events)]
    blinds = tuple(map(Blind, codecs.leaf_blinds(salts, number)))
    plain = tuple([event.event if isinstance(event, About) else event for event in events])
    return Receipt(identity, Code(code), plain, blinds)


def leaves(codecs: ReceiptCodecs, receipt: Receipt) -> list[bytes]:
    """The leaves' contents: blind and encoded verdict, then blind and encoded event for each."""
    encoded = [
        codecs.verdict.encode(Verdict(receipt.identity, receipt.code)),
        *map(codecs.event.encode, receipt.events),
    ]
    return list(map(add, receipt.blinds, encoded))


def receipt_root(codecs: ReceiptCodecs, receipt: Receipt) -> Hash:
    """What the log holds of a receipt."""
    return Hash(codecs.log_append(0, (), leaves(codecs, receipt))[2])


def log_edge(state: State) -> LogEdge:
    """Where the log stands."""
    return RECEIPTS_LOG.get(state) or EMPTY_LOG


def append(state: State, log_append: LogAppend, entries: list[bytes]) -> LogEdge:
    """Add receipt roots to the log; writes its edge row."""
    before = log_edge(state)
    count, edge, root = log_append(before.count, before.edge, entries)
    now = LogEdge(Count(count), tuple(Hash(part) for part in edge), Hash(root))
    RECEIPTS_LOG.put(state, row=now)
    return now
