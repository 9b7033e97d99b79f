"""Restart: from every height, with and without snapshots, after a torn tail; damage is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.node import rechain, toy
from tests.node.conftest import SEED, SMALL, OpenNode
from yuzhong.ledger.failures import InvalidBlock, Stop
from yuzhong.ledger.genesis import Clock
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.disk import Disk
from yuzhong.node.errors import Damaged
from yuzhong.node.execution import Head
from yuzhong.node.prove import Prover
from yuzhong.node.records import OtherFormat
from yuzhong.node.segments import Segments
from yuzhong.node.solo import Node
from yuzhong.node.verify import verify_ledger

WAIT = 20
BLOCKS = 12


def run(node: Node, signer: toy.Signer, first: int, last: int) -> Iterator[Head]:
    """Blocks of a few transactions each, some of which leave work that falls due later."""
    for height in range(first, last + 1):
        signed = [
            signer.add(node.chain_id, tally, height + 1, forget_at=toy.START + height + 3 if tally == 2 else None)
            for tally in range(height % 4)
        ]
        node.submit_block(signed, toy.START + height).result(WAIT)
        yield node.head


def stopped_ledger(open_node: OpenNode, signer: toy.Signer, folder: Path, **given: object) -> list[Head]:
    node = open_node(folder, **given)
    heads = [node.head, *run(node, signer, 1, BLOCKS)]
    node.stop()
    return heads


def snapshot_folders(folder: Path) -> list[Path]:
    return sorted((folder / "snapshots").iterdir())


def test_a_node_goes_on_from_every_height_as_if_it_had_never_stopped(open_node: OpenNode, tmp_path: Path) -> None:
    whole = stopped_ledger(open_node, toy.Signer(1), tmp_path / "whole")
    signer = toy.Signer(1)
    heads = []
    for height in range(BLOCKS + 1):
        node = open_node(tmp_path / "stopping")
        assert node.opened.snapshot_height == (height - 1 if height else -1)
        assert node.opened.replayed == 0
        heads += [node.head] if height == 0 else list(run(node, signer, height, height))
        node.stop()
    assert heads == whole


@pytest.mark.parametrize("kernels", ["rust", "python", "both"])
def test_a_ledger_without_snapshots_is_executed_again_from_genesis(
    open_node: OpenNode, tmp_path: Path, kernels: str
) -> None:
    heads = stopped_ledger(open_node, toy.Signer(1), tmp_path / "data", kernels=kernels)
    shutil.rmtree(tmp_path / "data" / "snapshots")
    node = open_node(tmp_path / "data", kernels=kernels)
    assert node.kernels == kernels
    assert (node.opened.snapshot_height, node.opened.replayed) == (-1, BLOCKS)
    assert node.head == heads[-1]


def test_a_ledger_cut_at_any_height_replays_to_that_heights_head(open_node: OpenNode, tmp_path: Path) -> None:
    source = tmp_path / "source"
    heads = stopped_ledger(open_node, toy.Signer(1), source, options=replace(SMALL, snapshot_blocks=5))
    stored = Segments.open(source / "segments", Disk(), repair=False)
    assert stored is not None
    for height in range(BLOCKS + 1):
        folder = tmp_path / f"cut-{height}"
        shutil.copytree(source, folder)
        (folder / "stopped.json").unlink()
        for path in snapshot_folders(folder):
            if int(path.name) > height:
                shutil.rmtree(path)
        shutil.rmtree(folder / "segments")
        (folder / "segments").mkdir()
        segments = Segments.create(folder / "segments", stored.chain_id, Disk(), SMALL.segment_bytes)
        segments.append([stored.read(one) for one in range(height + 1)])
        segments.close()
        node = open_node(folder)
        assert node.head == heads[height]
        assert node.opened.snapshot_height <= height
        assert node.tiles.root(node.tiles.size) == node.head.app.receipts_root
        node.stop()


def test_snapshots_are_taken_on_the_way_and_two_are_kept(open_node: OpenNode, tmp_path: Path) -> None:
    node = open_node(options=replace(SMALL, snapshot_blocks=2))
    heads = list(run(node, toy.Signer(1), 1, BLOCKS))
    node.stop()
    kept = [int(path.name) for path in snapshot_folders(tmp_path / "data")]
    assert len(kept) == 2
    assert kept[1] == heads[-1].height
    assert b"yuzhong_snapshot_pause_seconds_count" in node.metrics.exposition()


@pytest.mark.parametrize("what", ["chunk", "manifest", "missing chunk", "other rows"])
def test_a_damaged_snapshot_falls_back_to_the_older_and_then_to_genesis(
    open_node: OpenNode, tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    signer = toy.Signer(1)
    for first in (1, 5):
        node = open_node()
        head = list(run(node, signer, first, first + 3))[-1]
        node.stop()
    older, newest = snapshot_folders(folder)
    for path, expected in ((newest, int(older.name)), (older, -1)):
        damage_snapshot(path, what)
        node = open_node()
        assert node.opened.snapshot_height == expected
        assert node.head == head
        assert "a snapshot is left out" in caplog.text
        # Whatever the next stop writes must not hide the damage from the next turn.
        shutil.copytree(folder / "snapshots", tmp_path / f"kept-{expected}")
        node.stop()
        shutil.rmtree(folder / "snapshots")
        shutil.copytree(tmp_path / f"kept-{expected}", folder / "snapshots")


def damage_snapshot(path: Path, what: str) -> None:
    chunk, manifest = path / "rows-000000", path / "manifest.json"
    if what == "chunk":
        data = bytearray(chunk.read_bytes())
        data[len(data) // 2] ^= 1
        chunk.write_bytes(data)
    elif what == "manifest":
        manifest.write_bytes(manifest.read_bytes()[:-20])
    elif what == "missing chunk":
        chunk.unlink()
    else:
        # Rows and checksums that fit one another, but not the block's state root.
        data = bytearray(chunk.read_bytes())
        data[-1] ^= 1
        chunk.write_bytes(data)
        text = manifest.read_bytes().rsplit(b"\n", 2)[0]
        content = json.loads(text)
        content["chunks"][0]["sha256"] = hashlib.sha256(data).hexdigest()
        text = json.dumps(content).encode()
        manifest.write_bytes(text + b"\n" + hashlib.sha256(text).hexdigest().encode() + b"\n")


def test_a_snapshot_of_another_ledger_is_left_out(open_node: OpenNode, tmp_path: Path) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    other = Node.open(
        tmp_path / "other", features=toy.FEATURES, genesis=toy.genesis(Clock.DRIVEN, toy.Signer(2)), options=SMALL
    )
    for time in range(BLOCKS):
        other.submit_block([], toy.START + time)
    other.stop()
    shutil.rmtree(tmp_path / "data" / "snapshots")
    shutil.copytree(tmp_path / "other" / "snapshots", tmp_path / "data" / "snapshots")
    node = open_node(tmp_path / "data")
    assert node.opened.snapshot_height == -1
    assert node.head.height == BLOCKS


def test_a_torn_tail_is_cut_and_said_so(open_node: OpenNode, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "data"
    signer = toy.Signer(1)
    node = open_node()
    heads = [node.head, *run(node, signer, 1, 5)]
    # As a crash leaves it: the newest snapshot and the clean stop are older than the newest block.
    crashed = tmp_path / "crashed"
    shutil.copytree(folder, crashed)
    file, offset = node.segments.place(5)
    path = crashed / "segments" / file.path.name
    data = bytearray(path.read_bytes())
    data[offset + 300] ^= 0xFF
    path.write_bytes(data)
    node = open_node(crashed)
    assert node.head == heads[4]
    record = next(record for record in caplog.records if record.message.startswith("cut off"))
    assert (record.__dict__["file"], record.__dict__["offset"]) == (str(path), offset)
    signer = toy.Signer(1)
    signer.sequence = 1_000
    assert next(run(node, signer, 5, 5)).height == 5
    node.stop()
    assert verify_ledger(crashed, toy.FEATURES).height == 5


def test_damage_in_the_middle_is_refused_with_file_and_offset(open_node: OpenNode, tmp_path: Path) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    segments = Segments.open(tmp_path / "data" / "segments", Disk(), repair=False)
    assert segments is not None
    file, offset = segments.place(6)
    data = bytearray(file.path.read_bytes())
    data[offset + 250] ^= 1
    file.path.write_bytes(data)
    for refused in (lambda: open_node(), lambda: verify_ledger(tmp_path / "data", toy.FEATURES)):
        with pytest.raises(Damaged) as caught:
            refused()
        assert (caught.value.path, caught.value.offset) == (file.path, offset)


def test_damage_to_the_last_block_after_a_clean_stop_is_refused_not_cut(open_node: OpenNode, tmp_path: Path) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    segments = Segments.open(tmp_path / "data" / "segments", Disk(), repair=False)
    assert segments is not None
    file, offset = segments.place(BLOCKS)
    data = bytearray(file.path.read_bytes())
    data[offset + 250] ^= 1
    file.path.write_bytes(data)
    for told_by in ("the stop and a snapshot", "a snapshot"):
        if told_by == "a snapshot":
            (tmp_path / "data" / "stopped.json").unlink()
        for refused in (open_node, verify, prove):
            with pytest.raises(Damaged, match=f"height {BLOCKS} was synced") as caught:
                refused(tmp_path / "data")
            assert (caught.value.path, caught.value.offset) == (file.path, offset)


def verify(folder: Path) -> object:
    return verify_ledger(folder, toy.FEATURES)


def prove(folder: Path) -> object:
    return Prover(folder, toy.FEATURES)


@pytest.mark.parametrize("refused", [verify, prove])
def test_segments_that_are_gone_though_they_were_synced_are_no_missing_ledger(
    open_node: OpenNode, tmp_path: Path, refused: Callable[[Path], object]
) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "segments")
    with pytest.raises(Damaged, match="are gone"):
        refused(tmp_path / "data")


def flip_header_signature(block: StoredBlock) -> StoredBlock:
    changed = bytearray(block.signed_header)
    changed[-1] ^= 1
    return replace(block, signed_header=bytes(changed))


def test_a_header_in_the_tail_that_the_operator_did_not_sign_is_an_invalid_block(
    open_node: OpenNode, tmp_path: Path
) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    for height in (7, 0):
        shutil.rmtree(tmp_path / "data" / "snapshots", ignore_errors=True)
        rechain.change_block(tmp_path / "data" / "segments", height, flip_header_signature)
        with pytest.raises(InvalidBlock, match=f"height {height}") as caught:
            open_node()
        assert caught.value.field == "header's signature"


def test_the_header_of_a_snapshots_block_must_be_signed_by_the_operator(open_node: OpenNode, tmp_path: Path) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    rechain.change_block(tmp_path / "data" / "segments", BLOCKS, flip_header_signature)
    segments = Segments.open(tmp_path / "data" / "segments", Disk(), repair=False)
    assert segments is not None
    path = snapshot_folders(tmp_path / "data")[-1] / "manifest.json"
    content = json.loads(path.read_bytes().rsplit(b"\n", 2)[0])
    text = json.dumps(content | {"header": segments.read(BLOCKS).signed_header.hex()}).encode()
    path.write_bytes(text + b"\n" + hashlib.sha256(text).hexdigest().encode() + b"\n")
    for refused in (open_node, prove_newest):
        with pytest.raises(InvalidBlock, match=f"height {BLOCKS}") as caught:
            refused(tmp_path / "data")
        assert caught.value.field == "header's signature"


def prove_newest(folder: Path) -> object:
    return Prover(folder, toy.FEATURES).prove_row("tallies", ["1"])


def test_a_tail_that_executes_otherwise_than_stored_is_an_invalid_block(open_node: OpenNode, tmp_path: Path) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "snapshots")
    rechain.change_block(tmp_path / "data" / "segments", 7, rechain.flip_signature_bit(2))
    with pytest.raises(InvalidBlock, match="height 7, transaction 2") as caught:
        open_node()
    assert caught.value.field == "signature"


@pytest.mark.parametrize("what", ["tiles", "receipts.sqlite", "everything", "a tile's bytes"])
def test_derived_data_that_is_missing_or_wrong_is_made_anew(open_node: OpenNode, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "data" / "derived"
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    if what == "everything":
        shutil.rmtree(folder)
    elif what == "tiles":
        shutil.rmtree(folder / "tiles")
    elif what == "receipts.sqlite":
        (folder / what).write_bytes(b"broken" * 5_000)
    else:
        entries = bytearray((folder / "tiles" / "entries").read_bytes())
        entries[40] ^= 1
        (folder / "tiles" / "entries").write_bytes(entries)
    node = open_node()
    app = node.head.app
    assert node.tiles.size == app.receipts_count
    assert node.tiles.root(app.receipts_count) == app.receipts_root
    for height in range(1, BLOCKS + 1):
        for position, data in enumerate(node.block(height).receipts):
            receipt = node.machine.receipts.receipt.decode(data)
            found = node.receipt(receipt.identity)
            assert found is not None
            assert (found.height, found.position, found.receipt) == (height, position, receipt)


def test_a_first_start_that_was_cut_off_before_genesis_was_synced_begins_anew(
    open_node: OpenNode, tmp_path: Path
) -> None:
    node = open_node()
    (path,) = (tmp_path / "data" / "segments").glob("*.seg")
    name = node.chain_id
    node.stop()
    shutil.rmtree(tmp_path / "data" / "snapshots")
    (tmp_path / "data" / "stopped.json").unlink()
    path.write_bytes(path.read_bytes()[:4_096] + bytes(60_000))
    again = open_node()
    assert (again.chain_id, again.head.height) == (name, 0)


def test_another_operators_key_is_refused(open_node: OpenNode, tmp_path: Path) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    key = tmp_path / "data" / "operator.key"
    key.unlink()
    with pytest.raises(Stop, match="is missing"):
        open_node()
    other = Node.open(tmp_path / "other", features=toy.FEATURES, genesis=toy.genesis(Clock.DRIVEN))
    other.stop()
    shutil.copy(tmp_path / "other" / "operator.key", key)
    with pytest.raises(Stop, match="not the key"):
        Node.open(tmp_path / "data", features=toy.FEATURES)
    assert bytes(32) != SEED


def test_a_segment_of_another_format_is_refused_by_name(open_node: OpenNode, tmp_path: Path) -> None:
    stopped_ledger(open_node, toy.Signer(1), tmp_path / "data")
    path = min((tmp_path / "data" / "segments").glob("*.seg"))
    data = bytearray(path.read_bytes())
    data[11] = 9
    path.write_bytes(data)
    with pytest.raises(OtherFormat, match="segment format 9"):
        open_node()
