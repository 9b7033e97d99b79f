"""A block as stored: the operator's signed header, what executing gave, transactions and receipts, all as bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from yuzhong.ledger import signatures
from yuzhong.ledger.failures import FormError
from yuzhong.ledger.header import App, ChainId, Header
from yuzhong.ledger.kernels import Codec, Kernels
from yuzhong.ledger.shapes import record_shape


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """Everything that is kept of a block; all else can be made from these."""

    height: int
    signed_header: bytes
    """COSE_Sign1 over the encoded `Header`, by the operator."""
    app: bytes
    """The encoded `App`, whose hash the header holds."""
    content: bytes
    """The encoded `Batch` of the block's transactions; at height 0 the encoded `Genesis`."""
    receipts: tuple[bytes, ...]
    """Encoded receipts: due work's first, then one for each transaction."""

    def parts(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Header, app, content, and the receipts: all their lengths, 4 bytes each, then all their bytes."""
        lengths = struct.pack(f">{len(self.receipts)}I", *map(len, self.receipts))
        return self.signed_header, self.app, self.content, lengths + b"".join(self.receipts)


def from_parts(height: int, count: int, parts: tuple[bytes, bytes, bytes, bytes]) -> StoredBlock:
    """The block with `count` receipts whose `parts` these are. Raises FormError where the receipts do not fit."""
    header, app, content, joined = parts
    if len(joined) < 4 * count:
        raise FormError("the receipts' lengths are cut off")
    receipts, at = [], 4 * count
    for length in struct.unpack_from(f">{count}I", joined):
        receipts.append(joined[at : at + length])
        at += length
    if at != len(joined):
        raise FormError("the receipts' lengths do not fit")
    return StoredBlock(height, header, app, content, tuple(receipts))


@dataclass(frozen=True, slots=True)
class HeaderCodecs:
    """Encoders of what every block has, whatever the features."""

    header: Codec
    app: Codec

    def header_of(self, block: StoredBlock) -> Header:
        """The decoded header. Raises FormError."""
        header: Header = self.header.decode(signatures.decode_signed(block.signed_header).payload)
        return header

    def app_of(self, block: StoredBlock) -> App:
        """The decoded result. Raises FormError."""
        app: App = self.app.decode(block.app)
        return app


def header_codecs(kernels: Kernels) -> HeaderCodecs:
    """The codecs of these kernels."""
    return HeaderCodecs(kernels.codec(record_shape(Header)), kernels.codec(record_shape(App)))


def header_context(chain_id: ChainId) -> bytes:
    """The external_aad under which the operator signs headers of that ledger."""
    return signatures.HEADER_CONTEXT + chain_id.encode()
