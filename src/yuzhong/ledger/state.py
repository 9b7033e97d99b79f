"""The state: typed tables over one ordered map of bytes, with mark and undo, and indexes that follow from the rows.

Rows are decoded once and kept while they are in use; they are frozen, so sharing them is safe. What decides an
outcome is always a row, never the cache or an index.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar, cast

from yuzhong.ledger.kernels import Codec, Kernels, StateMap
from yuzhong.ledger.numbers import Height
from yuzhong.ledger.shapes import record_shape
from yuzhong.ledger.tables import Index, Key, Privacy, Table
from yuzhong.ledger.twins.blinds import BLIND_BYTES

ROWS_KEPT = 200_000
"""How many decoded rows the cache may hold before it starts anew."""

Kind = TypeVar("Kind", bound=Index)


class Change(NamedTuple):
    """One write since the last seal."""

    table: Table[Any]
    key: Key
    packed: bytes
    old: Any
    new: Any


class Mark(NamedTuple):
    """A point to which the state can be taken back before the next seal."""

    rows: int
    changes: int


class State:
    """Every row of the ledger. Built from a fixed list of tables; see `Table` for how rules read and write it."""

    def __init__(self, kernels: Kernels, tables: tuple[Table[Any], ...]) -> None:
        self.map: StateMap = kernels.state_map()
        self.tables = {table.number: table for table in tables}
        if len(self.tables) != len(tables):
            raise TypeError("two tables share a number")
        self.changes: list[Change] = []
        self.salt = b""
        self._row_blind = kernels.row_blind
        codecs: dict[int, Codec] = {table.number: kernels.codec(record_shape(table.row)) for table in tables}
        self._encode = {number: codec.encode for number, codec in codecs.items()}
        self._decoders = {number: codec.decode for number, codec in codecs.items()}
        self.known: dict[bytes, Any] = {}
        """Rows that are decoded already, by packed key; what is missing here may still be there."""
        self._unstored: dict[bytes, Table[Any]] = {}
        self._blinds: dict[bytes, bytes] = {}
        self._indexes: dict[type[Index], Index] = {}
        self.rebuild_indexes()

    # What tables call.

    def get(self, table: Table[Any], packed: bytes) -> Any:
        """The decoded row at a packed key, or None."""
        row = self.known.get(packed)
        if row is None and packed not in self._unstored:
            value = self.map.get(packed)
            if value is not None:
                row = self.known[packed] = self._decode(table, value)
        return row

    def put(self, table: Table[Any], key: Key, packed: bytes, new: Any) -> None:
        """Write (or, with None, remove) a row, its indexes and the note that undoes both. `store` makes bytes of it."""
        old = self.known.get(packed)
        if old is None:
            old = self.get(table, packed)
            if old is None and new is None:
                raise KeyError(packed)
        self._unstored[packed] = table
        self.known[packed] = new
        self.changes.append(tuple.__new__(Change, (table, key, packed, old, new)))
        for index in table.indexes:
            self._indexes[index].change(key, old, new)

    def scan(self, table: Table[Any], start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """At most `limit` decoded rows with `start` <= packed key < `end`, in key order."""
        self.store()
        return [
            (packed, self.known.get(packed) or self._decode(table, value))
            for packed, value in self.map.scan(start, end, limit)
        ]

    def index(self, kind: type[Kind]) -> Kind:
        """The index of that class."""
        return cast(Kind, self._indexes[kind])

    # What the machine calls.

    def begin(self, salt: bytes) -> Mark:
        """A transaction begins, whose rows are blinded with `salt`. Returns the point to which `undo` can come back."""
        self.store()
        if len(self.known) > ROWS_KEPT:
            self.known.clear()
        self._blinds.clear()
        self.salt = salt
        return Mark(self.map.mark(), len(self.changes))

    def store(self) -> None:
        """Make bytes of what was written: once a row, however often a transaction wrote it.

        Raises BoundPassed where a field leaves its type's bounds; the transaction must then be undone.
        """
        for packed, table in self._unstored.items():
            row = self.known[packed]
            if row is None:
                self._remove(table, packed)
            elif table.privacy is Privacy.BLINDED:
                self.map.put(packed, self._next_blind(packed) + self._encode[table.number](row))
            else:
                self.map.put(packed, self._encode[table.number](row))
        self._unstored.clear()

    def undo(self, mark: Mark) -> None:
        """Take back every write since `mark`, newest first, indexes included."""
        while len(self.changes) > mark.changes:
            table, key, packed, old, new = self.changes.pop()
            for index in table.indexes:
                self._indexes[index].change(key, new, old)
            if old is None:
                self.known.pop(packed, None)
            else:
                self.known[packed] = old
        self._unstored.clear()
        self.map.undo(mark.rows)

    def seal(self, height: Height) -> bytes:
        """End of a block: hash what changed into the tree and return the root; marks before it are void."""
        self.store()
        root = self.map.seal(height)
        self.changes.clear()
        return root

    def rebuild_indexes(self) -> None:
        """Drop every index and make it anew from the rows."""
        self._indexes = {kind: kind() for table in self.tables.values() for kind in table.indexes}
        for table in self.tables.values():
            if table.indexes:
                for key, row in table.every(self):
                    for kind in table.indexes:
                        self._indexes[kind].change(key, None, row)

    def decode_row(self, packed: bytes, value: bytes) -> Any:
        """A row from raw key and value, as snapshots and proofs carry them.

        Raises FormError, or KeyError for no such table.
        """
        return self._decode(self.tables[int.from_bytes(packed[:2], "big")], value)

    def _remove(self, table: Table[Any], packed: bytes) -> None:
        del self.known[packed]
        if self.map.get(packed) is not None:
            if table.privacy is Privacy.BLINDED:
                self._next_blind(packed)
            self.map.delete(packed)

    def _next_blind(self, packed: bytes) -> bytes:
        """From the blind that the row had when the transaction began: how often it is written must not matter."""
        before = self._blinds.get(packed)
        if before is None:
            before = self._blinds[packed] = (self.map.get(packed) or b"")[:BLIND_BYTES]
        return self._row_blind(before, self.salt, packed)

    def _decode(self, table: Table[Any], value: bytes) -> Any:
        return self._decoders[table.number](value[BLIND_BYTES:] if table.privacy is Privacy.BLINDED else value)
