"""From a data folder to a ledger that can go on.

Where there is none it is founded; else it is the newest good snapshot, then the tail, executed again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yuzhong.ledger import header
from yuzhong.ledger.failures import Stop
from yuzhong.ledger.feature import Feature, Machine, assemble
from yuzhong.ledger.genesis import Genesis
from yuzhong.ledger.kernels import choose
from yuzhong.ledger.transactions import Protected
from yuzhong.node import blocks, header_signatures, keyfile, replay
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.disk import Disk
from yuzhong.node.errors import NoLedger
from yuzhong.node.execution import Execution, make_execution
from yuzhong.node.keyfile import OperatorKey
from yuzhong.node.options import Options
from yuzhong.node.segments import SEGMENTS_FOLDER, Segments
from yuzhong.node.snapshots import SNAPSHOTS_FOLDER, SnapshotDamaged, Snapshots
from yuzhong.node.synced_floor import open_segments

MakeGenesis = Callable[[Protected], Genesis]
"""Makes the first state's record from the operator's protected header."""

log = logging.getLogger("yuzhong.node")


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger that stands at its newest block."""

    genesis: Genesis
    key: OperatorKey
    segments: Segments
    snapshots: Snapshots
    execution: Execution
    newest: StoredBlock
    snapshot_height: int
    """From which snapshot it was restarted; -1 where from genesis."""
    replayed: int
    """How many blocks were executed again."""


def open_ledger(
    folder: Path,
    features: tuple[Feature, ...],
    kernels: str,
    make_genesis: MakeGenesis | None,
    operator_seed: bytes | None,
    options: Options,
    disk: Disk,
) -> Ledger:
    """Open or found the ledger in a folder that the caller owns.

    Raises NoLedger, Damaged, InvalidBlock, KeyFileError, or Stop where the operator's key is not the ledger's.
    """
    machine = assemble(features, choose("python" if kernels == "python" else "rust"))
    snapshots = Snapshots(folder / SNAPSHOTS_FOLDER, disk, options.snapshots_kept)
    segments = open_segments(folder, disk, options.segment_bytes, repair=True)
    if segments is None:
        if make_genesis is None:
            raise NoLedger(f"{folder}: there is no ledger here")
        segments = _found(folder, machine, features, make_genesis, operator_seed, options, disk)
    if segments.torn is not None:
        log.warning(
            "cut off: %s", segments.torn, extra={"file": str(segments.torn.path), "offset": segments.torn.offset}
        )
    try:
        return _restart(folder, machine, features, kernels, operator_seed, snapshots, segments, disk)
    except BaseException:
        segments.close()
        raise


def _found(
    folder: Path,
    machine: Machine,
    features: tuple[Feature, ...],
    make_genesis: MakeGenesis,
    operator_seed: bytes | None,
    options: Options,
    disk: Disk,
) -> Segments:
    """Make the operator's key and the block at height 0."""
    key = keyfile.load_or_make(folder / keyfile.KEY_FILE, disk, operator_seed)
    genesis = make_genesis(key.protected)
    if genesis.operator != key.protected:
        raise Stop("genesis names another operator's key than the one in the data folder")
    content = machine.genesis.encode(genesis)
    name = header.chain_id(genesis.name, content)
    execution = make_execution(features, machine.kernels.name, name, key.protected)
    executed = execution.begin(genesis)
    signed = key.sign_message(blocks.header_context(name), executed.header_bytes)
    target = folder / SEGMENTS_FOLDER
    target.mkdir(mode=0o700, exist_ok=True)
    for unfinished in target.iterdir():
        unfinished.unlink()
    disk.sync_folder(folder)
    segments = Segments.create(target, name, disk, options.segment_bytes)
    segments.append([StoredBlock(0, signed, executed.app_bytes, content, executed.receipts)])
    log.info("founded %s", name, extra={"chain_id": name})
    return segments


def _restart(
    folder: Path,
    machine: Machine,
    features: tuple[Feature, ...],
    kernels: str,
    operator_seed: bytes | None,
    snapshots: Snapshots,
    segments: Segments,
    disk: Disk,
) -> Ledger:
    first = segments.read(0)
    genesis, name = replay.read_genesis(machine, first)
    if not (folder / keyfile.KEY_FILE).exists():
        raise Stop(f"{folder / keyfile.KEY_FILE} is missing: without the operator's key no block can be signed")
    key = keyfile.load_or_make(folder / keyfile.KEY_FILE, disk, operator_seed)
    if key.protected != genesis.operator:
        raise Stop(f"{folder / keyfile.KEY_FILE} is not the key that this ledger's genesis names")

    def fresh() -> Execution:
        return make_execution(features, kernels, name, key.protected)

    execution, start = _from_snapshot(snapshots, segments, fresh)
    if execution is None:
        execution = fresh()
        header_signatures.check(first, execution)
        replay.replay_genesis(execution, genesis, first)
    tail = header_signatures.verified(segments.blocks(max(start, 0) + 1), execution)
    replayed = sum(1 for _ in replay.replay(execution, tail))
    newest = segments.read(segments.last_height)
    return Ledger(genesis, key, segments, snapshots, execution, newest, start, replayed)


def _from_snapshot(
    snapshots: Snapshots, segments: Segments, fresh: Callable[[], Execution]
) -> tuple[Execution | None, int]:
    for height in snapshots.heights():
        execution = fresh()
        try:
            signed_header = snapshots.load(height, execution)
            block = segments.read(height) if height <= segments.last_height else None
            if block is None or block.signed_header != signed_header:
                raise SnapshotDamaged(f"{snapshots.path(height)}: its header is not the ledger's")
        except SnapshotDamaged as error:
            log.warning("a snapshot is left out: %s", error, extra={"height": height})
            continue
        header_signatures.check(block, execution)
        return execution, height
    return None, -1
