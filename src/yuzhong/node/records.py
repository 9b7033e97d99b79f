"""The bytes of a segment file: its first page, and the records that follow, each chained by SHA-256 to the one before.

File: 4,096 bytes of file header, then records, each at a multiple of eight, then zeros to the preallocated end.

File header (big-endian): magic 8, format version u32, first height u64, hash of the last record of the file before 32,
file nonce 16, chain id u16 length and 64 bytes zero-padded, SHA-256 of all before it 32.

Record: magic 4, receipts u32, height u64, durable u64 (how many blocks were synced when this was written), the lengths
of header, app, content and receipts 4 x u32, hash of the record before 32, hash 32; the four parts; zeros to a
multiple of eight. The hash is SHA-256 over file nonce, everything in the record before the hash, and the parts. The
nonce is secret to the disk, so no transaction can carry bytes that pass for a record.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from yuzhong.node import blocks
from yuzhong.node.blocks import StoredBlock

FORMAT_VERSION = 1
FILE_HEADER_BYTES = 4_096
FILE_MAGIC = b"YZSEGMNT"
RECORD_MAGIC = b"\xd5YZ\x01"
NO_HASH = bytes(32)

_FILE = struct.Struct(">8sIQ32s16sH64s")
_HEAD = struct.Struct(">4sIQQIIII32s")
HEAD_BYTES = _HEAD.size + 32
"""Bytes of a record before its parts."""


class NotARecord(ValueError):
    """The bytes at this place are no whole record of this file; says what is wrong with them."""


class OtherFormat(ValueError):
    """A segment of a format that this program does not read; says which."""


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What a segment file says of itself."""

    first_height: int
    previous: bytes
    """Hash of the last record of the file before; zeros in the first file."""
    nonce: bytes
    chain_id: str

    def pack(self) -> bytes:
        """The file's first page."""
        name = self.chain_id.encode()
        packed = _FILE.pack(FILE_MAGIC, FORMAT_VERSION, self.first_height, self.previous, self.nonce, len(name), name)
        return (packed + hashlib.sha256(packed).digest()).ljust(FILE_HEADER_BYTES, b"\0")


def unpack_file_header(page: bytes) -> FileHeader:
    """A file's header from its first page. Raises NotARecord where it is damaged, OtherFormat for another version."""
    if len(page) < FILE_HEADER_BYTES or page[:8] != FILE_MAGIC:
        raise NotARecord("this is no segment file")
    packed, digest = page[: _FILE.size], page[_FILE.size : _FILE.size + 32]
    _, version, first, previous, nonce, length, name = _FILE.unpack(packed)
    if version != FORMAT_VERSION:
        raise OtherFormat(f"segment format {version}; this program reads format {FORMAT_VERSION}")
    if hashlib.sha256(packed).digest() != digest:
        raise NotARecord("the file header's checksum is wrong")
    return FileHeader(first, previous, nonce, name[:length].decode())


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read; `body` begins after the hash."""

    receipts: int
    height: int
    durable: int
    lengths: tuple[int, int, int, int]
    previous: bytes
    digest: bytes
    body: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes in the file, padding included."""
        return padded(HEAD_BYTES + sum(self.lengths))

    def block(self) -> StoredBlock:
        """The block it holds. Raises FormError."""
        parts, at = [], 0
        for length in self.lengths:
            parts.append(self.body[at : at + length])
            at += length
        return blocks.from_parts(self.height, self.receipts, (parts[0], parts[1], parts[2], parts[3]))


def padded(size: int) -> int:
    """The next multiple of eight."""
    return (size + 7) & ~7


def pack_record(block: StoredBlock, nonce: bytes, previous: bytes, durable: int) -> tuple[bytes, bytes]:
    """A block's record with its padding, and its hash."""
    parts = block.parts()
    header, app, content, receipts = map(len, parts)
    head = _HEAD.pack(
        RECORD_MAGIC, len(block.receipts), block.height, durable, header, app, content, receipts, previous
    )
    body = b"".join(parts)
    digest = _digest(nonce, head, body)
    data = head + digest + body
    return data.ljust(padded(len(data)), b"\0"), digest


def body_size(head: bytes) -> int:
    """How many bytes of parts follow these first bytes of a record. Raises NotARecord."""
    if len(head) < HEAD_BYTES or head[:4] != RECORD_MAGIC:
        raise NotARecord("no record begins here")
    return sum(_HEAD.unpack_from(head)[4:8])


def read_record(data: bytes, at: int, nonce: bytes) -> Record:
    """The whole record at `at` of these bytes. Raises NotARecord, which says what is wrong."""
    head = data[at : at + _HEAD.size]
    if len(head) < _HEAD.size or head[:4] != RECORD_MAGIC:
        raise NotARecord("no record begins here")
    _, receipts, height, durable, *lengths, previous = _HEAD.unpack(head)
    body_at = at + HEAD_BYTES
    body = data[body_at : body_at + sum(lengths)]
    digest = data[body_at - 32 : body_at]
    if len(body) != sum(lengths):
        raise NotARecord("the record is longer than its file")
    if _digest(nonce, head, body) != digest:
        raise NotARecord("the record's checksum is wrong")
    return Record(receipts, height, durable, (lengths[0], lengths[1], lengths[2], lengths[3]), previous, digest, body)


def _digest(nonce: bytes, head: bytes, body: bytes) -> bytes:
    hasher = hashlib.sha256(nonce + head)
    hasher.update(body)
    return hasher.digest()
