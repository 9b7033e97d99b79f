"""What can be shown about a Merkle log (RFC 9162, 2.1): its root, that an entry stands in it, that it only grew.

A path is made of the roots of some ranges of entries: a node that stores subtrees looks these up and hashes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from yuzhong.ledger.failures import InvalidBlock
from yuzhong.ledger.twins.merkle_log import leaf_hash, log_append, node_hash

Range = tuple[int, int]
"""Entries from the first number to before the second."""

PATH_MAX = 64
"""More hashes than a path ever has: sizes stay below 2^62."""


def tree_root(entries: Sequence[bytes]) -> bytes:
    """The root over all entries."""
    return log_append(0, [], entries)[2]


def inclusion_path(entries: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from entry `index` to the root of all, nearest first (RFC 9162, 2.1.3.1)."""
    return [tree_root(entries[start:end]) for start, end in inclusion_ranges(index, len(entries))]


def consistency_path(entries: Sequence[bytes], size: int) -> list[bytes]:
    """The hashes that show that the log of the first `size` entries is a beginning of all (RFC 9162, 2.1.4.1)."""
    return [tree_root(entries[start:end]) for start, end in consistency_ranges(size, len(entries))]


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose roots make up the inclusion path of entry `index` in a log of `size`.

    Raises ValueError if there is no such entry.
    """
    if not 0 <= index < size:
        raise ValueError(f"no entry {index} in a log of {size}")
    start, end = 0, size
    ranges = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(size: int, larger: int) -> list[Range]:
    """The ranges whose roots make up the consistency path from a log of `size` to one of `larger`.

    Raises ValueError unless 0 < size <= larger.
    """
    if not 0 < size <= larger:
        raise ValueError(f"a log of {size} is no beginning of one of {larger}")
    start, end = 0, larger
    ranges = []
    while end != size:
        middle = start + _split(end - start)
        if size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    # Where what is left begins at 0 it is the whole smaller log, whose root the verifier holds.
    if start:
        ranges.append((start, end))
    return ranges[::-1]


def verify_inclusion(entry: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raises InvalidBlock unless `entry` stands at `index` of the log of `size` with that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise InvalidBlock("index", f"below {size}", index)
    found = _climb(inclusion_ranges(index, size), path, leaf_hash(entry), lambda start: start <= index)
    if found != root:
        raise InvalidBlock("root", root.hex(), found.hex())


def verify_consistency(size: int, root: bytes, larger: int, larger_root: bytes, path: Sequence[bytes]) -> None:
    """Raises InvalidBlock unless the log of `size` is a beginning of the `larger` one (RFC 9162, 2.1.4.2)."""
    if not 0 < size <= larger:
        raise InvalidBlock("size", f"1 to {larger}", size)
    ranges = consistency_ranges(size, larger)
    _check_length(ranges, path)
    ranges, hashes = list(ranges), list(path)
    # The largest subtree at the end of the smaller log: the first of the path, or where it is all of that log its root.
    first = root
    if ranges and ranges[0][1] == size:
        first = hashes.pop(0)
        ranges.pop(0)
    inside = [place for place, (_, end) in enumerate(ranges) if end <= size]
    old = _climb([ranges[place] for place in inside], [hashes[place] for place in inside], first, lambda _: True)
    new = _climb(ranges, hashes, first, lambda start: start < size)
    if old != root:
        raise InvalidBlock("root", root.hex(), old.hex())
    if new != larger_root:
        raise InvalidBlock("root", larger_root.hex(), new.hex())


def _climb(ranges: Sequence[Range], path: Sequence[bytes], first: bytes, is_left: Callable[[int], bool]) -> bytes:
    """Hash upwards from `first`, each hash of the path on the side on which its range lies."""
    _check_length(ranges, path)
    found = first
    for (start, _), sibling in zip(ranges, path, strict=True):
        found = node_hash(sibling, found) if is_left(start) else node_hash(found, sibling)
    return found


def _check_length(ranges: Sequence[Range], path: Sequence[bytes]) -> None:
    if len(path) != len(ranges) or any(len(part) != 32 for part in path):
        raise InvalidBlock("path", f"{len(ranges)} hashes of 32 bytes", len(path))


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
