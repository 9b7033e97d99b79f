"""What is known of a data folder from beside its segments: up to which height everything was synced.

Below that height nothing can be a torn tail: what is not whole there is damage.
"""

from __future__ import annotations

import json
from pathlib import Path

from yuzhong.node.disk import Disk
from yuzhong.node.errors import Damaged, NoLedger
from yuzhong.node.segments import SEGMENT_BYTES, SEGMENTS_FOLDER, Segments
from yuzhong.node.snapshots import SNAPSHOTS_FOLDER, Snapshots

STOPPED_FILE = "stopped.json"


def note_stopped(folder: Path, height: int, disk: Disk) -> None:
    """Leave word that everything up to `height` was synced when the node stopped."""
    disk.write_file(folder / STOPPED_FILE, json.dumps({"height": height}).encode())


def synced_floor(folder: Path) -> int:
    """The height that the last clean stop or a snapshot says was synced; -1 where neither says any."""
    return max(_stopped_height(folder), Snapshots(folder / SNAPSHOTS_FOLDER, Disk()).floor())


def open_segments(folder: Path, disk: Disk, size: int = SEGMENT_BYTES, *, repair: bool) -> Segments | None:
    """The segments of a data folder, see `Segments.open`; None where there is no ledger and never was.

    Raises Damaged, also where what was synced is gone, and OtherFormat.
    """
    # Read before the segments: a node that runs meanwhile only adds to them.
    floor = synced_floor(folder)
    segments = Segments.open(folder / SEGMENTS_FOLDER, disk, size, floor=floor, repair=repair)
    if segments is not None and segments.last_height >= 0:
        return segments
    if segments is not None:
        segments.close()
    if floor >= 0:
        raise Damaged(folder / SEGMENTS_FOLDER, 0, f"the segments are gone, though height {floor} was synced")
    return None


def open_to_read(folder: Path) -> Segments:
    """The segments of a data folder, whether a node runs on it or not; nothing is written.

    Raises NoLedger, Damaged, OtherFormat.
    """
    segments = open_segments(folder, Disk(), repair=False)
    if segments is None:
        raise NoLedger(f"{folder}: there is no ledger here")
    return segments


def _stopped_height(folder: Path) -> int:
    try:
        return int(json.loads((folder / STOPPED_FILE).read_bytes())["height"])
    except (OSError, ValueError, KeyError, TypeError):
        return -1
