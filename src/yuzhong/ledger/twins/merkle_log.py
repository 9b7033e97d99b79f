"""Appending to a Merkle log (RFC 6962 and 9162) of which only the right edge is held.

The edge is the roots of the perfect subtrees that make up the log's leaves, largest first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def log_append(size: int, edge: Sequence[bytes], entries: Sequence[bytes]) -> tuple[int, list[bytes], bytes]:
    """Add `entries` to a log of `size`; returns the new size, edge and root.

    Raises ValueError unless the edge has a hash of 32 bytes for each one bit of the size, or past 2^64-1 entries.
    """
    if len(edge) != size.bit_count():
        raise ValueError("the edge of a log has one hash for each one bit of its size")
    if size + len(entries) >= 1 << 64:
        raise ValueError("a log has fewer than 2^64 entries")
    if any(len(subtree) != 32 for subtree in edge):
        raise ValueError("a hash of the edge has 32 bytes")
    edge = list(edge)
    for entry in entries:
        edge.append(leaf_hash(entry))
        # Each one bit at the end of the size is a subtree as large as the new one: both become one of twice the size.
        rest = size
        while rest & 1:
            right = edge.pop()
            edge.append(node_hash(edge.pop(), right))
            rest >>= 1
        size += 1
    return size, edge, edge_root(edge)


def edge_root(edge: Sequence[bytes]) -> bytes:
    """The root over an edge: smaller subtrees hang to the right of larger ones."""
    if not edge:
        return hashlib.sha256(b"").digest()
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = node_hash(left, root)
    return root


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()
