"""The receipts log: published vectors, the definition written out, and kernel against twin."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.same import outcome
from tests.kernels.vectors import load
from yuzhong import _kernels
from yuzhong.ledger import merkle_log
from yuzhong.ledger.failures import InvalidBlock
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.twins.merkle_log import log_append

VECTORS = load("rfc6962_log.json")
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]
ENTRIES = [bytes([number]) * number for number in range(40)]


def defined_root(entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word by word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while 2 * split < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + defined_root(entries[:split]) + defined_root(entries[split:])).digest()


def path_of(vector: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(part) for part in vector["path"]]


def damaged_paths(path: list[bytes]) -> Iterator[list[bytes]]:
    """The path with a hash added, and with each of its hashes changed, cut or taken out."""
    yield [*path, bytes(32)]
    yield [bytes(32), *path]
    for place, part in enumerate(path):
        before, after = path[:place], path[place + 1 :]
        yield [*before, bytes([part[0] ^ 1]) + part[1:], *after]
        yield [*before, part[:-1], *after]
        yield [*before, *after]


def test_roots_are_the_published_ones_whether_appended_at_once_or_one_by_one(kernels: Kernels) -> None:
    assert kernels.log_append(0, [], []) == (0, [], bytes.fromhex(VECTORS["empty_root"]))
    size, edge = 0, list[bytes]()
    for count, leaf in enumerate(LEAVES, start=1):
        size, edge, root = kernels.log_append(size, edge, [leaf])
        assert (size, root) == (count, ROOTS[count - 1])
        assert kernels.log_append(0, [], LEAVES[:count]) == (size, edge, root)
        assert merkle_log.tree_root(LEAVES[:count]) == root


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_paths_are_the_published_ones(vector: dict[str, Any]) -> None:
    index, size, path = vector["index"], vector["size"], path_of(vector)
    assert merkle_log.inclusion_path(LEAVES[:size], index) == path
    merkle_log.verify_inclusion(LEAVES[index], index, size, path, ROOTS[size - 1])


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_paths_are_the_published_ones(vector: dict[str, Any]) -> None:
    size, larger, path = vector["size"], vector["larger"], path_of(vector)
    assert merkle_log.consistency_path(LEAVES[:larger], size) == path
    merkle_log.verify_consistency(size, ROOTS[size - 1], larger, ROOTS[larger - 1], path)


@given(st.lists(st.lists(st.binary(max_size=80), max_size=40), max_size=6))
def test_kernel_and_twin_append_alike_and_as_defined(batches: list[list[bytes]]) -> None:
    size, edge, entries = 0, list[bytes](), list[bytes]()
    for batch in batches:
        expected = log_append(size, edge, batch)
        assert _kernels.log_append(size, edge, batch) == expected
        size, edge, root = expected
        entries += batch
        assert (size, root) == (len(entries), defined_root(entries))


@given(st.integers(0, 2**64 - 1), st.integers(0, 70), st.binary(min_size=32, max_size=32))
def test_kernel_and_twin_go_on_from_any_edge_alike(size: int, count: int, seed: bytes) -> None:
    edge = [hashlib.sha256(seed + bytes([place])).digest() for place in range(size.bit_count())]
    entries = [bytes([number]) for number in range(count)]
    assert outcome(_kernels.log_append, size, edge, entries) == outcome(log_append, size, edge, entries)


@pytest.mark.parametrize(
    ("size", "edge", "count"),
    [(1, [], 1), (0, [bytes(32)], 1), (3, [bytes(32)], 1), (1, [bytes(31)], 1), (1, [bytes(33)], 0)],
)
def test_an_edge_that_cannot_be_is_refused(kernels: Kernels, size: int, edge: list[bytes], count: int) -> None:
    with pytest.raises(ValueError, match="edge"):
        kernels.log_append(size, edge, [b""] * count)


def test_a_log_ends_before_two_to_the_sixty_four(kernels: Kernels) -> None:
    edge = [bytes([place]) * 32 for place in range(63)]
    size, last, _ = kernels.log_append(2**64 - 2, edge, [b"last"])
    assert (size, last[:-1]) == (2**64 - 1, edge)
    with pytest.raises(ValueError, match="fewer than"):
        kernels.log_append(2**64 - 2, edge, [b"last", b"more"])


@pytest.mark.parametrize("size", range(1, len(ENTRIES) + 1))
def test_every_entry_of_every_size_is_shown_to_be_included(size: int) -> None:
    entries, root = ENTRIES[:size], defined_root(ENTRIES[:size])
    for index, entry in enumerate(entries):
        path = merkle_log.inclusion_path(entries, index)
        merkle_log.verify_inclusion(entry, index, size, path, root)
        for wrong in damaged_paths(path):
            with pytest.raises(InvalidBlock):
                merkle_log.verify_inclusion(entry, index, size, wrong, root)
        for other in (index - 1, index + 1, size, size + index):
            with pytest.raises(InvalidBlock):
                merkle_log.verify_inclusion(entry, other, size, path, root)
        with pytest.raises(InvalidBlock):
            merkle_log.verify_inclusion(entry + b"x", index, size, path, root)


@pytest.mark.parametrize("larger", range(1, len(ENTRIES) + 1))
def test_every_smaller_log_is_shown_to_be_a_beginning(larger: int) -> None:
    new_root = defined_root(ENTRIES[:larger])
    for size in range(1, larger + 1):
        root = defined_root(ENTRIES[:size])
        path = merkle_log.consistency_path(ENTRIES[:larger], size)
        merkle_log.verify_consistency(size, root, larger, new_root, path)
        for wrong in damaged_paths(path):
            with pytest.raises(InvalidBlock):
                merkle_log.verify_consistency(size, root, larger, new_root, wrong)
        for false_root, false_new in ((bytes(32), new_root), (root, bytes(32))):
            with pytest.raises(InvalidBlock):
                merkle_log.verify_consistency(size, false_root, larger, false_new, path)


def test_what_does_not_exist_has_no_path() -> None:
    for index, size in ((-1, 5), (5, 5), (0, 0)):
        with pytest.raises(ValueError, match="no entry"):
            merkle_log.inclusion_ranges(index, size)
    for size, larger in ((0, 5), (6, 5), (-1, 5)):
        with pytest.raises(ValueError, match="no beginning"):
            merkle_log.consistency_ranges(size, larger)
        with pytest.raises(InvalidBlock):
            merkle_log.verify_consistency(size, ROOTS[0], larger, ROOTS[0], [])
