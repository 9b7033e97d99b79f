"""The state tree as plain Python: leaves and branches by the bits of SHA-256(key), and proofs from them.

Nodes never change; a branch works out its hash when first asked, so that a block hashes each new node once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from hashlib import sha256

from yuzhong.ledger import proofs
from yuzhong.ledger.proofs import EMPTY_ROOT, ProvedRow, Step, goes_right


class Leaf:
    """One row."""

    __slots__ = ("hash", "key", "key_hash", "value")

    def __init__(self, key: bytes, value: bytes) -> None:
        self.key = key
        self.value = value
        self.key_hash = sha256(key).digest()
        self.hash = proofs.leaf_hash(key, value)


class Branch:
    """Two rows or more: those whose key hash has a 0 at the branch's depth on the left, a 1 on the right."""

    __slots__ = ("_hash", "left", "right")

    def __init__(self, left: Node, right: Node) -> None:
        self.left = left
        self.right = right
        self._hash: bytes | None = None

    @property
    def hash(self) -> bytes:
        if self._hash is None:
            self._hash = proofs.inner_hash(hash_of(self.left), hash_of(self.right))
        return self._hash


Node = Leaf | Branch | None


def hash_of(node: Node) -> bytes:
    """The root of a tree or subtree."""
    return EMPTY_ROOT if node is None else node.hash


def insert(node: Node, leaf: Leaf, depth: int = 0) -> Node:
    """The tree with this leaf, in place of one with the same key."""
    if node is None or (isinstance(node, Leaf) and node.key_hash == leaf.key_hash):
        return leaf
    branch = _branch_of(node, depth) if isinstance(node, Leaf) else node
    if goes_right(leaf.key_hash, depth):
        return Branch(branch.left, insert(branch.right, leaf, depth + 1))
    return Branch(insert(branch.left, leaf, depth + 1), branch.right)


def _branch_of(leaf: Leaf, depth: int) -> Branch:
    return Branch(None, leaf) if goes_right(leaf.key_hash, depth) else Branch(leaf, None)


def remove(node: Node, key_hash: bytes, depth: int = 0) -> Node:
    """The tree without the leaf of this key hash; a branch with one leaf left becomes that leaf."""
    if isinstance(node, Branch):
        left, right = node.left, node.right
        if goes_right(key_hash, depth):
            right = remove(right, key_hash, depth + 1)
        else:
            left = remove(left, key_hash, depth + 1)
        if isinstance(left, Branch) or isinstance(right, Branch) or (left and right):
            return Branch(left, right)
        return left or right
    return None if node is not None and node.key_hash == key_hash else node


def leaves(node: Node) -> Iterator[Leaf]:
    """All leaves in ascending order of their key hashes."""
    if isinstance(node, Branch):
        yield from leaves(node.left)
        yield from leaves(node.right)
    elif node is not None:
        yield node


def prove(root: Node, key: bytes) -> bytes:
    """The ics23 `CommitmentProof` that `key` has its row in the tree, or none."""
    key_hash = sha256(key).digest()
    ordered = list(leaves(root))
    at = bisect_left(ordered, key_hash, key=lambda leaf: leaf.key_hash)
    if at < len(ordered) and ordered[at].key == key:
        return _field(1, _encode_row(_proved(root, ordered[at])))
    absence = _field(1, key)
    for field, neighbours in ((2, ordered[:at][-1:]), (3, ordered[at:][:1])):
        for neighbour in neighbours:
            absence += _field(field, _encode_row(_proved(root, neighbour)))
    return _field(2, absence)


def _proved(root: Node, leaf: Leaf) -> ProvedRow:
    steps: list[Step] = []
    node = root
    while isinstance(node, Branch):
        right = goes_right(leaf.key_hash, len(steps))
        steps.append(Step(hash_of(node.left if right else node.right), right))
        node = node.right if right else node.left
    return ProvedRow(leaf.key, leaf.value, tuple(steps))


def _encode_row(row: ProvedRow) -> bytes:
    message = _field(1, row.key) + _field(2, row.value) + _field(3, proofs.LEAF_OPERATION)
    for step in reversed(row.steps):
        head = proofs.RIGHT_OPERATION if step.right else proofs.LEFT_OPERATION
        message += _field(4, head + step.sibling)
    return message


def _field(number: int, content: bytes) -> bytes:
    """One length-delimited protobuf field."""
    head = bytearray([number << 3 | 2])
    length = len(content)
    while length >= 0x80:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + content
