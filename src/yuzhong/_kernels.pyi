"""The compiled kernels: each replaces the plain Python twin of the same name in `yuzhong.ledger.twins`."""

from collections.abc import Sequence
from typing import Any, final

def cbor_encode(value: Any) -> bytes:
    """The canonical bytes of `value`. Raises BoundPassed, TypeError. Twin: `twins.cbor.encode`."""

def cbor_decode(data: bytes) -> Any:
    """The value whose canonical bytes `data` is. Raises FormError. Twin: `twins.cbor.decode`."""

@final
class RecordCodec:
    """Encodes and decodes the records of one shape. Twin: `twins.codec.RecordCodec`."""

    def __new__(cls, shape: tuple[Any, ...]) -> RecordCodec: ...
    def encode(self, record: Any) -> bytes:
        """The canonical bytes of `record`. Raises BoundPassed, TypeError."""

    def decode(self, data: bytes) -> Any:
        """The record whose canonical bytes `data` is. Raises FormError."""

def verify_signatures(external_aad: bytes, items: Sequence[tuple[bytes, bytes, bytes]]) -> tuple[bytes, list[bytes]]:
    """A verdict byte and an identity for each (protected, payload, signature).

    Uses every core, without the interpreter lock. Twin: `twins.signatures.verify_signatures`.
    """

def log_append(size: int, edge: Sequence[bytes], entries: Sequence[bytes]) -> tuple[int, list[bytes], bytes]:
    """The new size, edge (largest subtree first) and root. Raises ValueError. Twin: `twins.merkle_log.log_append`."""

@final
class StateMap:
    """An ordered map of bytes, authenticated by one tree. Twin: `twins.state_map.StateMap`."""

    def __new__(cls) -> StateMap: ...
    def get(self, key: bytes) -> bytes | None: ...
    def put(self, key: bytes, value: bytes) -> None: ...
    def delete(self, key: bytes) -> None:
        """Raises KeyError where there is no such key."""

    def scan(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Rows with start <= key < end, ascending, `limit` at most."""

    def mark(self) -> int:
        """A point to which `undo` can return; marks nest."""

    def undo(self, mark: int) -> None:
        """Take back every put and delete since `mark`."""

    def seal(self, height: int) -> bytes:
        """Hash what changed into the tree and return its root; marks are void after."""

    def root(self) -> bytes:
        """The root of the last seal; of the empty tree at first."""

    def dirty(self) -> int:
        """How many keys have changed since the last seal."""

    def prove(self, key: bytes) -> bytes:
        """An ics23 CommitmentProof of the row or its absence. Raises RuntimeError unless the map is sealed."""

    def rows(self, after: bytes | None, limit: int) -> list[tuple[bytes, bytes]]:
        """Rows in the order of SHA-256(key), those after the key hash `after`, `limit` at most."""

    def load(self, rows: list[tuple[bytes, bytes]]) -> None:
        """Add rows in bulk, without journal; a seal then gives the root."""

    def __len__(self) -> int: ...

def leaf_blinds(salts: Sequence[bytes], number: int) -> list[bytes]: ...
def row_blind(before: bytes, salt: bytes, packed: bytes) -> bytes: ...
