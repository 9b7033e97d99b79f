"""Changes a stored block and makes every checksum fit again, as somebody would who can write to the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from yuzhong.ledger.kernels import python
from yuzhong.ledger.transactions import Batch, Signature, batch_codec
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.disk import Disk
from yuzhong.node.segments import Segments

Change = Callable[[StoredBlock], StoredBlock]


def change_block(folder: Path, height: int, change: Change) -> None:
    """Write the segments in `folder` anew with one block changed: lengths, hashes and chain are right again."""
    old = Segments.open(folder, Disk(), repair=False)
    if old is None:
        raise FileNotFoundError(folder)
    blocks = [change(block) if block.height == height else block for block in old.blocks()]
    size = max(path.stat().st_size for path in folder.glob("*.seg"))
    for path in folder.glob("*.seg"):
        path.unlink()
    new = Segments.create(folder, old.chain_id, Disk(), size)
    new.append(blocks)
    new.close()


def flip_signature_bit(transaction: int, bit: int = 0) -> Change:
    """A change that flips one bit of the signature of one of a block's transactions."""

    def change(block: StoredBlock) -> StoredBlock:
        codec = batch_codec(python())
        batch: Batch = codec.decode(block.content)
        item = batch.items[transaction]
        signature = bytearray(item.signature)
        signature[bit // 8] ^= 1 << (bit % 8)
        items = list(batch.items)
        items[transaction] = replace(item, signature=Signature(bytes(signature)))
        return replace(block, content=codec.encode(replace(batch, items=tuple(items))))

    return change
