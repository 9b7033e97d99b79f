"""Which implementation of the machine's hot functions runs: an explicit choice, never a silent fallback.

Signatures are the exception: one Rust implementation decides on every node, whatever is chosen here, so that two
nodes can never disagree about an edge case. Its twin serves tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from yuzhong.ledger.shapes import Shape
from yuzhong.ledger.twins import blinds as twin_blinds
from yuzhong.ledger.twins import codec as twin_codec
from yuzhong.ledger.twins import merkle_log as twin_log
from yuzhong.ledger.twins import state_map as twin_state

Signed = tuple[bytes, bytes, bytes]
"""Protected header, payload, signature."""
LogAppend = Callable[[int, Sequence[bytes], Sequence[bytes]], tuple[int, list[bytes], bytes]]


LeafBlinds = Callable[[Sequence[bytes], int], list[bytes]]
RowBlind = Callable[[bytes, bytes, bytes], bytes]


class Codec(Protocol):
    """Turns records of one shape into their one canonical form and back."""

    def encode(self, record: Any) -> bytes:
        """Raises BoundPassed where a value leaves its type's bounds."""
        ...

    def decode(self, data: bytes) -> Any:
        """Raises FormError for anything but the canonical bytes of such a record."""
        ...


class StateMap(Protocol):
    """An ordered map of bytes, authenticated by one tree. See `twins/state_map.py` for what each function means."""

    def get(self, key: bytes) -> bytes | None: ...
    def put(self, key: bytes, value: bytes) -> None: ...
    def delete(self, key: bytes) -> None: ...
    def scan(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]: ...
    def mark(self) -> int: ...
    def undo(self, mark: int) -> None: ...
    def seal(self, height: int) -> bytes: ...
    def root(self) -> bytes: ...
    def dirty(self) -> int: ...
    def prove(self, key: bytes) -> bytes: ...
    def rows(self, after: bytes | None, limit: int) -> list[tuple[bytes, bytes]]: ...
    def load(self, rows: list[tuple[bytes, bytes]]) -> None: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Kernels:
    """One set of implementations."""

    name: str
    codec: Callable[[Shape], Codec]
    state_map: Callable[[], StateMap]
    log_append: LogAppend
    leaf_blinds: LeafBlinds
    row_blind: RowBlind


def python() -> Kernels:
    """The definition: plain Python."""
    return Kernels(
        "python",
        twin_codec.RecordCodec,
        twin_state.StateMap,
        twin_log.log_append,
        twin_blinds.leaf_blinds,
        twin_blinds.row_blind,
    )


def rust() -> Kernels:
    """The same functions, compiled. Raises ImportError where the wheel was built without them."""
    from yuzhong import _kernels

    return Kernels(
        "rust",
        _kernels.RecordCodec,
        _kernels.StateMap,
        _kernels.log_append,
        _kernels.leaf_blinds,
        _kernels.row_blind,
    )


def choose(name: str) -> Kernels:
    """`rust` or `python`. Raises ValueError for anything else."""
    if name == "rust":
        return rust()
    if name == "python":
        return python()
    raise ValueError(f"kernels must be rust or python, not {name!r}")


def verify_signatures(external_aad: bytes, items: Sequence[Signed]) -> tuple[bytes, list[bytes]]:
    """A verdict byte (0 is good) and the identity of each signed item.

    Releases the interpreter lock; uses every core.
    """
    from yuzhong import _kernels

    return _kernels.verify_signatures(external_aad, items)
