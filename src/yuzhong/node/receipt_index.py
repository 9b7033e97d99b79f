"""Where each transaction's receipt stands: a small database from identity to block and place.

Derived data, made from the segments.

An identity may come more than once: anybody can send a transaction again with a spoilt signature. What counts is the
one receipt whose transaction used up its sequence; until there is one, the first refusal is what is found.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from yuzhong.ledger.outcomes import AdmissionRejection

log = logging.getLogger("yuzhong.node")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS receipts (
    identity BLOB PRIMARY KEY,
    height INTEGER NOT NULL,
    position INTEGER NOT NULL,
    number INTEGER NOT NULL,
    used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reached (one INTEGER PRIMARY KEY CHECK (one = 1), height INTEGER NOT NULL);
INSERT OR IGNORE INTO reached VALUES (1, -1);
"""
_ADD = """
INSERT INTO receipts VALUES (?, ?, ?, ?, ?)
ON CONFLICT (identity) DO UPDATE
SET height = excluded.height, position = excluded.position, number = excluded.number, used = excluded.used
WHERE excluded.used AND NOT receipts.used
"""
_FIND = "SELECT height, position, number, used FROM receipts WHERE identity = ?"
NOT_USED = frozenset({*AdmissionRejection} - {AdmissionRejection.TRANSACTION_MUST_NOT_BE_EXPIRED})
"""Codes of receipts whose transaction used up no sequence."""


class Located(NamedTuple):
    """Where a receipt stands."""

    height: int
    position: int
    """Its place among the block's receipts, due work's first."""
    number: int
    """Its place in the receipts log."""
    used: bool
    """Whether its transaction used up a sequence: then it is the last word on that identity."""


class Indexed(NamedTuple):
    """What one block adds."""

    height: int
    first_number: int
    receipts: Sequence[tuple[bytes, int]]
    """Identity and code of each."""


class ReceiptIndex:
    """The database. One thread adds; any thread finds."""

    def __init__(self, path: Path) -> None:
        """Open it; one that cannot be read is thrown away and begun anew."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self.height = -1
        """The last block taken in; -1 for none."""
        try:
            self._open()
        except sqlite3.DatabaseError:
            self.clear()

    def add(self, blocks: Iterable[Indexed]) -> None:
        """Take in blocks that follow, in one transaction of the database.

        Raises sqlite3.Error, and has then taken in none of them.
        """
        reached = self.height
        writer = self._writer
        writer.execute("BEGIN")
        try:
            for block in blocks:
                number = block.first_number
                rows = [
                    (identity, block.height, position, number + position, code not in NOT_USED)
                    for position, (identity, code) in enumerate(block.receipts)
                ]
                writer.executemany(_ADD, rows)
                reached = block.height
            writer.execute("UPDATE reached SET height = ?", (reached,))
            writer.execute("COMMIT")
        except sqlite3.Error:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
            raise
        self.height = reached

    def find(self, identity: bytes) -> Located | None:
        """Where that identity's receipt stands; None also where the database cannot be read: the log says so."""
        with self._lock:
            try:
                row = self._reader.execute(_FIND, (identity,)).fetchone()
            except sqlite3.Error:
                log.exception("the index of receipts cannot be read")
                return None
        return Located(row[0], row[1], row[2], bool(row[3])) if row else None

    def clear(self) -> None:
        """Forget everything: it will be made anew."""
        with self._lock:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._open()

    def close(self) -> None:
        """Let the database go."""
        for name in ("_writer", "_reader"):
            connection: sqlite3.Connection | None = self.__dict__.pop(name, None)
            if connection:
                connection.close()

    def _open(self) -> None:
        self._writer = self._connect()
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute("PRAGMA synchronous = NORMAL")
        self._writer.executescript(_SCHEMA)
        self.height = int(self._writer.execute("SELECT height FROM reached").fetchone()[0])
        self._reader = self._connect()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
