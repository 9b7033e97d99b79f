"""What the state tree's root commits to: its hashes, and checking a proof that a row is there or that a key has none.

The tree is hashed as the `jmt` crate 0.12 does with SHA-256. A proof is an ics23 `CommitmentProof` (cosmos/ics23,
`proofs.proto`) in the one protobuf form that encoders give: fields ascending, nothing else, shortest lengths.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from yuzhong.ledger.failures import FormError, InvalidBlock

HASH_BYTES = 32
MAX_KEY_BYTES = 255
MAX_VALUE_BYTES = 1 << 20
# A path has at most one step for each bit of a key's hash.
MAX_STEPS = 8 * HASH_BYTES
# Two rows (the neighbours of an absent key) with their paths, the key itself, and room for lengths.
MAX_PROOF_BYTES = 2 * (MAX_KEY_BYTES + MAX_VALUE_BYTES + 64 * MAX_STEPS) + 1024

# What stands for a subtree without rows, hence also the root of an empty tree.
EMPTY_ROOT = b"SPARSE_MERKLE_PLACEHOLDER_HASH__"
LEAF_PREFIX = b"JMT::LeafNode"
INNER_PREFIX = b"JMT::IntrnalNode"

# LeafOp: hash, prehash_key and prehash_value are SHA256, length is NO_PREFIX.
LEAF_OPERATION = bytes.fromhex("080110011801") + b"\x2a\x0d" + LEAF_PREFIX
# InnerOp of a left child: the sibling follows as suffix. Of a right child: it follows as the rest of the prefix.
LEFT_OPERATION = b"\x08\x01\x12\x10" + INNER_PREFIX + b"\x1a\x20"
RIGHT_OPERATION = b"\x08\x01\x12\x30" + INNER_PREFIX


def leaf_hash(key: bytes, value: bytes) -> bytes:
    """The hash of one row."""
    return sha256(LEAF_PREFIX + sha256(key).digest() + sha256(value).digest()).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a subtree of two or more rows from its halves."""
    return sha256(INNER_PREFIX + left + right).digest()


def goes_right(key_hash: bytes, depth: int) -> bool:
    """Bit `depth` of a key's hash, from the most significant: in which half of a subtree at that depth the row is."""
    return key_hash[depth // 8] >> (7 - depth % 8) & 1 == 1


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the root towards a row: the hash of the half not taken, and whether the right one was taken."""

    sibling: bytes
    right: bool


@dataclass(frozen=True, slots=True)
class ProvedRow:
    """A row and its steps, the root's first."""

    key: bytes
    value: bytes
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ProvedAbsence:
    """A key without a row, and the rows next to it in the order of key hashes; None at an end of the tree."""

    key: bytes
    left: ProvedRow | None
    right: ProvedRow | None


def verify_row(root: bytes, key: bytes, value: bytes | None, proof: bytes) -> None:
    """Check that the state with this root holds `value` under `key`, or no row when `value` is None.

    Raises FormError when the proof is malformed or past a limit, InvalidBlock when it does not prove the claim.
    """
    proved = parse_proof(proof)
    _expect("key", key, proved.key)
    if isinstance(proved, ProvedRow):
        _expect("value", value, proved.value)
        _check_path(root, proved)
    else:
        _expect("value", value, None)
        _check_absence(root, proved)


def _check_path(root: bytes, row: ProvedRow) -> None:
    key_hash = sha256(row.key).digest()
    node = leaf_hash(row.key, row.value)
    for depth in reversed(range(len(row.steps))):
        step = row.steps[depth]
        _expect(f"direction at depth {depth}", goes_right(key_hash, depth), step.right)
        node = inner_hash(step.sibling, node) if step.right else inner_hash(node, step.sibling)
    _expect("state root", root, node)


def _check_absence(root: bytes, absence: ProvedAbsence) -> None:
    left, right = absence.left, absence.right
    if left is None and right is None:
        _expect("state root", root, EMPTY_ROOT)
    key_hash = sha256(absence.key).digest()
    # The depth below which nothing may stand between the neighbours: that of the step where their paths part.
    parting = -1
    if left is not None and right is not None:
        parting = _common_bits(sha256(left.key).digest(), sha256(right.key).digest())
    for row, is_left in ((left, True), (right, False)):
        if row is None:
            continue
        _check_path(root, row)
        _expect("neighbour before the key", is_left, sha256(row.key).digest() < key_hash)
        _expect("neighbours part within the tree", True, parting < len(row.steps))
        for step in row.steps[parting + 1 :]:
            _expect("neighbour next to the key", True, step.right == is_left or step.sibling == EMPTY_ROOT)


def _common_bits(first: bytes, second: bytes) -> int:
    differing = int.from_bytes(first, "big") ^ int.from_bytes(second, "big")
    return 8 * HASH_BYTES - differing.bit_length()


def _expect(field: str, expected: object, found: object) -> None:
    if expected != found:
        raise InvalidBlock(field, _shown(expected), _shown(found), where="state proof")


def _shown(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def parse_proof(proof: bytes) -> ProvedRow | ProvedAbsence:
    """What an ics23 `CommitmentProof` says, unchecked. Raises FormError."""
    if len(proof) > MAX_PROOF_BYTES:
        raise FormError(f"a proof has at most {MAX_PROOF_BYTES} bytes")
    match _fields(proof):
        case [(1, message)]:
            return _parse_row(message)
        case [(2, message)]:
            return _parse_absence(message)
    raise FormError("a proof is of one row or of one absent key")


def _parse_row(message: bytes) -> ProvedRow:
    match _fields(message):
        case [(1, key), (2, value), (3, leaf), *path] if leaf == LEAF_OPERATION and all(
            field == 4 for field, _ in path
        ):
            if not 1 <= len(key) <= MAX_KEY_BYTES or not 1 <= len(value) <= MAX_VALUE_BYTES:
                raise FormError("a proved row's key or value is empty or too long")
            return ProvedRow(key, value, tuple(_parse_step(step) for _, step in reversed(path)))
    raise FormError("a proved row is key, value, the state tree's leaf operation and inner operations")


def _parse_step(message: bytes) -> Step:
    for head, right in ((LEFT_OPERATION, False), (RIGHT_OPERATION, True)):
        if message.startswith(head) and len(message) == len(head) + HASH_BYTES:
            return Step(message[len(head) :], right)
    raise FormError("an inner operation is not the state tree's")


def _parse_absence(message: bytes) -> ProvedAbsence:
    (field, key), *neighbours = _fields(message) or [(0, b"")]
    if field != 1 or not 1 <= len(key) <= MAX_KEY_BYTES:
        raise FormError("a proof of absence begins with a key of at most 255 bytes")
    if [field for field, _ in neighbours] not in ([], [2], [3], [2, 3]):
        raise FormError("an absent key has a left neighbour, a right one, both or none")
    rows = {field: _parse_row(row) for field, row in neighbours}
    return ProvedAbsence(key, rows.get(2), rows.get(3))


def _fields(message: bytes) -> list[tuple[int, bytes]]:
    """The fields of a protobuf message that has only length-delimited ones, in ascending order of their numbers."""
    fields: list[tuple[int, bytes]] = []
    at = 0
    while at < len(message):
        number, wire_type = message[at] >> 3, message[at] & 7
        if wire_type != 2 or not 1 <= number <= 4 or (fields and number < fields[-1][0]):
            raise FormError("a proof's field is unknown or out of order")
        length, start = _length(message, at + 1)
        at = start + length
        if at > len(message) or len(fields) == MAX_STEPS + 3:
            raise FormError("a proof's field runs past its end, or there are too many")
        fields.append((number, message[start:at]))
    return fields


def _length(message: bytes, at: int) -> tuple[int, int]:
    """A protobuf varint of at most four bytes in its shortest form, and where what follows begins."""
    length = 0
    for index, byte in enumerate(message[at : at + 4]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if byte == 0 and index > 0:
                break
            return length, at + index + 1
    raise FormError("a proof's length is cut off, too long or not in its shortest form")
