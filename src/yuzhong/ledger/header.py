"""Block headers: what the operator signs, and so everything a block commits to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar, NewType

from yuzhong.ledger.merkle_log import tree_root
from yuzhong.ledger.numbers import Hash, Height, Length, Millis, Range
from yuzhong.ledger.twins import cbor

PROTOCOL_VERSION = 1
"""The one version of the rules there is; `verify` refuses others by name."""
APP_CONTEXT = "yuzhong/app/1"

ChainId = NewType("ChainId", str)
"""A ledger's name; its end is `-` and the first 8 bytes of its genesis hash in hex."""
Version = NewType("Version", int)
"""A protocol version."""
ReceiptCount = NewType("ReceiptCount", int)
"""How many receipts the log holds."""
BOUNDS = {ChainId: Length(18, 64), Version: Range(1, 2**16), ReceiptCount: Range(0, 2**62 - 1)}


@dataclass(frozen=True, slots=True)
class App:
    """What executing gave: the preimage of a header's app hash.

    Without height or time, so an idle block changes nothing.
    """

    TAG: ClassVar[int] = 7
    protocol_version: Version
    state_root: Hash
    receipts_count: ReceiptCount
    receipts_root: Hash


@dataclass(frozen=True, slots=True)
class Header:
    """A solo block's header; the operator signs its bytes."""

    TAG: ClassVar[int] = 6
    chain_id: ChainId
    height: Height
    time: Millis
    previous: Hash
    """Identity of the header before; zeros at genesis."""
    transactions_root: Hash
    """RFC 9162 tree over the identities of the block's transactions, in order."""
    app_hash: Hash


def app_hash(app: App) -> Hash:
    """SHA-256 of the canonical array [context, protocol version, state root, receipts count, receipts root]."""
    parts = [APP_CONTEXT, app.protocol_version, app.state_root, app.receipts_count, app.receipts_root]
    return Hash(hashlib.sha256(cbor.encode(parts)).digest())


def transactions_root(identities: list[bytes]) -> Hash:
    """The root over a block's transactions."""
    return Hash(tree_root(identities))


def chain_id(name: str, genesis: bytes) -> ChainId:
    """The id of the ledger that begins with these genesis bytes."""
    return ChainId(f"{name}-{hashlib.sha256(genesis).digest()[:8].hex()}")
