"""Genesis.

The first state as acts that nobody has to sign, because everybody can read them: their hash is in the ledger's name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from yuzhong.ledger.numbers import Hash, Millis
from yuzhong.ledger.shapes import Shape, union_shape
from yuzhong.ledger.transactions import Protected

ACTS_MAX = 256
NAME_MAX_BYTES = 40


class Clock(IntEnum):
    """Where a solo ledger's time comes from."""

    SYSTEM = 1
    """The machine's clock, never backwards."""
    DRIVEN = 2
    """With what is submitted: replays, demos, training days, tests."""


@dataclass(frozen=True, slots=True)
class Genesis:
    """The first block's content."""

    TAG: ClassVar[int] = 8
    name: str
    """What the ledger is called; its chain id adds a hash of this record."""
    clock: Clock
    time: Millis
    operator: Protected
    """Protected header of the key that signs blocks and checkpoints."""
    acts: tuple[Any, ...]
    """Transactions executed at height 0 in this order; one that is refused makes the genesis invalid."""


def genesis_shape(contents: tuple[type[Any], ...]) -> Shape:
    """The shape of a genesis whose acts are of these types."""
    return (
        "record",
        Genesis,
        Genesis.TAG,
        (
            ("name", ("text", NAME_MAX_BYTES)),
            ("clock", ("enum", Clock, {int(clock): clock for clock in Clock})),
            ("time", ("int", 0, 2**48 - 1)),
            ("operator", ("bytes", 1, 64)),
            ("acts", ("list", union_shape(contents), ACTS_MAX)),
        ),
    )


def act_identity(genesis: bytes, place: int) -> Hash:
    """The identity that the receipt of an act carries in place of a transaction's."""
    return Hash(hashlib.sha256(b"yuzhong/genesis-act/1" + place.to_bytes(4, "big") + genesis).digest())
