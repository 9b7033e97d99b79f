"""The state as plain Python: a dict of rows, their keys in order, an undo journal and the tree of `twins.tree`.

Defines what the Rust `StateMap` does. A key has 1 to 255 bytes, a value 1 to 1 MiB; other lengths raise ValueError.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from hashlib import sha256
from itertools import islice

from yuzhong.ledger.proofs import HASH_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES
from yuzhong.ledger.twins import tree


class StateMap:
    """One ordered map of byte keys to byte values whose every row the root of the last seal commits to."""

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._tree: tree.Node = None
        self._height = 0
        # Keys written since the last seal, in the order of their first write.
        self._dirty: dict[bytes, None] = {}
        # Key, value before (None for no row), and whether this was the key's first write since the last seal.
        self._journal: list[tuple[bytes, bytes | None, bool]] = []
        # The mark that an empty journal has; grows with each seal, so that older marks are known as void.
        self._first_mark = 0

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: bytes) -> bytes | None:
        return self._rows.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Write a row. Writing the value that is there already changes nothing."""
        _check_lengths(key, value)
        if self._rows.get(key) != value:
            self._note(key)
            self._set(key, value)

    def delete(self, key: bytes) -> None:
        """Remove a row; KeyError when there is none."""
        if key not in self._rows:
            raise KeyError(key)
        self._note(key)
        self._set(key, None)

    def scan(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """At most `limit` rows with start <= key < end, ascending."""
        first = bisect_left(self._keys, start)
        last = min(bisect_left(self._keys, end), first + limit)
        return [(key, self._rows[key]) for key in self._keys[first:last]]

    def mark(self) -> int:
        """A point to come back to with `undo`, until the next seal."""
        return self._first_mark + len(self._journal)

    def undo(self, mark: int) -> None:
        """Take back every put and delete since the mark; ValueError when it is void."""
        if not self._first_mark <= mark <= self.mark():
            raise ValueError(f"mark {mark} is void or was never given")
        while self.mark() > mark:
            key, before, was_first = self._journal.pop()
            self._set(key, before)
            if was_first:
                del self._dirty[key]

    def seal(self, height: int) -> bytes:
        """Hash what has changed into the tree, void all marks and return the root. Heights never fall (ValueError)."""
        if height < self._height:
            raise ValueError(f"height {height} is below {self._height}")
        self._height = height
        for key in self._dirty:
            value = self._rows.get(key)
            if value is None:
                self._tree = tree.remove(self._tree, sha256(key).digest())
            else:
                self._tree = tree.insert(self._tree, tree.Leaf(key, value))
        self._first_mark = self.mark() + 1
        self._dirty.clear()
        self._journal.clear()
        return self.root()

    def root(self) -> bytes:
        """The root of the last seal."""
        return tree.hash_of(self._tree)

    def dirty(self) -> int:
        """How many keys have been written since the last seal."""
        return len(self._dirty)

    def prove(self, key: bytes) -> bytes:
        """An ics23 proof for a key, present or not, against the root; RuntimeError when keys are dirty."""
        self._check_sealed()
        _check_lengths(key, b".")
        return tree.prove(self._tree, key)

    def rows(self, after: bytes | None, limit: int) -> list[tuple[bytes, bytes]]:
        """At most `limit` rows with SHA-256(key) above `after`, ascending by it; RuntimeError when keys are dirty."""
        if after is not None and len(after) != HASH_BYTES:
            raise ValueError("after must be a hash of 32 bytes")
        self._check_sealed()
        found = (leaf for leaf in tree.leaves(self._tree) if after is None or leaf.key_hash > after)
        return [(leaf.key, leaf.value) for leaf in islice(found, limit)]

    def load(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Add rows of a snapshot, which no undo takes back; the next seal hashes them.

        RuntimeError amid changes, ValueError for a key that is there already.
        """
        for key, value in rows:
            _check_lengths(key, value)
            if self._journal:
                raise RuntimeError("load before any change, or right after a seal")
            if key in self._rows:
                raise ValueError("a key to load is there already")
            self._dirty[key] = None
            self._set(key, value)

    def _set(self, key: bytes, value: bytes | None) -> None:
        is_present = key in self._rows
        if value is None and is_present:
            del self._rows[key]
            del self._keys[bisect_left(self._keys, key)]
        elif value is not None:
            self._rows[key] = value
            if not is_present:
                insort(self._keys, key)

    def _note(self, key: bytes) -> None:
        self._journal.append((key, self._rows.get(key), key not in self._dirty))
        self._dirty[key] = None

    def _check_sealed(self) -> None:
        if self._dirty:
            raise RuntimeError(f"seal first: {len(self._dirty)} keys have changed")


def _check_lengths(key: bytes, value: bytes) -> None:
    if not 1 <= len(key) <= MAX_KEY_BYTES:
        raise ValueError(f"a key has 1 to {MAX_KEY_BYTES} bytes, not {len(key)}")
    if not 1 <= len(value) <= MAX_VALUE_BYTES:
        raise ValueError(f"a value has 1 to {MAX_VALUE_BYTES} bytes, not {len(value)}")
