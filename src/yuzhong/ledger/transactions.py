"""Transactions as they travel: the signed body, and the batch that carries up to 1,000 of them, each judged alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NewType

from yuzhong.ledger.kernels import Codec, Kernels
from yuzhong.ledger.numbers import AtMost, Length, Millis, PartyId, Range, Salt, Sequence
from yuzhong.ledger.shapes import Shape, record_shape, union_shape

BATCH_MAX = 1_000
PAYLOAD_MAX_BYTES = 16_384
BATCH_MAX_BYTES = 1_048_576

Protected = NewType("Protected", bytes)
"""A COSE protected header, which holds the public key."""
Payload = NewType("Payload", bytes)
"""The encoded transaction body."""
Signature = NewType("Signature", bytes)
"""Sixty-four bytes; other lengths pass here and get their verdict when verified."""
KeyIndex = NewType("KeyIndex", int)
"""Which of the batch's keys signed."""
BOUNDS = {
    Protected: Length(1, 64),
    Payload: Length(1, PAYLOAD_MAX_BYTES),
    Signature: Length(0, 128),
    KeyIndex: Range(0, BATCH_MAX - 1),
}


@dataclass(frozen=True, slots=True)
class Body:
    """What a transaction's signature covers."""

    TAG: ClassVar[int] = 1
    party: PartyId
    """For whom the key acts."""
    sequence: Sequence
    """Unused so far by this key; see `sequences`."""
    valid_until: Millis
    """Last ledger time at which it may take effect."""
    salt: Salt
    """Sixteen random bytes that only the signer and the node know."""
    content: Any
    """One of the registered transaction records."""


@dataclass(frozen=True, slots=True)
class Item:
    """One signed transaction of a batch."""

    TAG: ClassVar[int] = 3
    key: KeyIndex
    payload: Payload
    signature: Signature


@dataclass(frozen=True, slots=True)
class Batch:
    """A plain container: a table of keys and the transactions they signed.

    Blocks store their transactions in the same form.
    """

    TAG: ClassVar[int] = 2
    keys: Annotated[tuple[Protected, ...], AtMost(BATCH_MAX)]
    items: Annotated[tuple[Item, ...], AtMost(BATCH_MAX)]

    def signed(self) -> list[tuple[bytes, bytes, bytes]]:
        """Protected header, payload and signature of each item.

        Raises IndexError where an item names a key that is not there.
        """
        return [(self.keys[item.key], item.payload, item.signature) for item in self.items]


def make_batch(signed: list[tuple[bytes, bytes, bytes]]) -> Batch:
    """Pack (protected header, payload, signature) triples, each key once, in order of first use."""
    keys: dict[bytes, int] = {}
    items = tuple(
        Item(KeyIndex(keys.setdefault(protected, len(keys))), Payload(payload), Signature(signature))
        for protected, payload, signature in signed
    )
    return Batch(tuple(Protected(key) for key in keys), items)


def body_shape(contents: tuple[type[Any], ...]) -> Shape:
    """The shape of a body whose content is one of the registered transactions."""
    return (
        "record",
        Body,
        Body.TAG,
        (
            ("party", ("int", 0, 2**62 - 1)),
            ("sequence", ("int", 0, 2**62 - 1)),
            ("valid_until", ("int", 0, 2**48 - 1)),
            ("salt", ("bytes", 16, 16)),
            ("content", union_shape(contents)),
        ),
    )


def batch_codec(kernels: Kernels) -> Codec:
    """Encodes and decodes `Batch`."""
    return kernels.codec(record_shape(Batch))
