"""Reading segment files through when a ledger is opened: what is whole, what is a torn tail, what is damage.

The writer puts a group of records into one file, syncs, and only then writes more; every record says how many blocks
were synced when it was written. So after a power cut only the last group can be incomplete, in any pattern: some of
its sectors old, some new.

- *Torn tail*: from some place of the last file on nothing is whole, and nothing whole further on was written after
  that place was synced. It was never acknowledged and is cut off.
- *Damage*: anything else that is not the next record of the chain: in a file that is not the last; followed by a whole
  record that was written when the place had been synced; or below a height that a snapshot or a clean stop says was
  synced. It is refused.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

from yuzhong.node import records
from yuzhong.node.errors import Damaged
from yuzhong.node.records import FILE_HEADER_BYTES, FileHeader, NotARecord, OtherFormat

_ZEROS = bytes(65_536)


@dataclass(frozen=True, slots=True)
class Torn:
    """A last write that did not reach the disk whole."""

    path: Path
    offset: int
    size: int
    """Bytes from the first that is not whole to the last that is not zero."""
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: torn at offset {self.offset}: {self.reason}; {self.size} bytes of unacknowledged writing"


@dataclass(slots=True)
class Scanned:
    """One segment file as found."""

    path: Path
    header: FileHeader
    offsets: array[int]
    """Where each record begins; the first is `header.first_height`'s."""
    end: int
    """Where the next record would begin."""
    digest: bytes
    """Hash of the last record, from which the chain goes on."""
    torn: Torn | None

    @property
    def next_height(self) -> int:
        """The height after its last block."""
        return self.header.first_height + len(self.offsets)


def scan_folder(folder: Path, floor: int = -1) -> list[Scanned]:
    """Every segment of a folder in order, checked through. `floor` is a height known to have been synced, -1 for none.

    Raises Damaged with file and offset, OtherFormat for a version that this program does not read.
    """
    files: list[Scanned] = []
    paths = sorted(folder.glob("*.seg"))
    for path in paths:
        before = files[-1] if files else None
        files.append(_scan_file(path, before, floor, is_last=path == paths[-1]))
    return files


def _scan_file(path: Path, before: Scanned | None, floor: int, *, is_last: bool) -> Scanned:
    data = path.read_bytes()
    try:
        header = records.unpack_file_header(data[:FILE_HEADER_BYTES])
    except NotARecord as error:
        raise Damaged(path, 0, str(error)) from error
    except OtherFormat as error:
        raise OtherFormat(f"{path}: {error}") from error
    _check_follows(path, header, before)
    offsets, end, digest, reason = _whole_records(path, data, header)
    scanned = Scanned(path, header, offsets, end, digest, None)
    left = _filled_to(data) - end
    if left > 0:
        scanned.torn = Torn(path, end, left, reason)
    missing = scanned.next_height
    if scanned.torn and not is_last:
        raise Damaged(path, end, f"height {missing}: {reason}")
    if is_last:
        _check_tail(scanned, data, reason, floor)
    return scanned


def no_offsets() -> array[int]:
    """The offsets of a file without records."""
    return array("Q")


def _filled_to(data: bytes) -> int:
    """The place after the last byte that is not zero."""
    end = len(data)
    while end > 0:
        start = max(0, end - len(_ZEROS))
        piece = data[start:end]
        if piece != _ZEROS[: len(piece)]:
            return start + len(piece.rstrip(b"\0"))
        end = start
    return 0


def _check_follows(path: Path, header: FileHeader, before: Scanned | None) -> None:
    expected = before.next_height if before else 0
    if header.first_height != expected:
        raise Damaged(path, 0, f"the file begins at height {header.first_height}; height {expected} is missing")
    if header.previous != (before.digest if before else records.NO_HASH):
        raise Damaged(path, 0, "the file does not follow from the one before it")
    if before and header.chain_id != before.header.chain_id:
        raise Damaged(path, 0, f"the file is of ledger {header.chain_id}, the one before of {before.header.chain_id}")


def _whole_records(path: Path, data: bytes, header: FileHeader) -> tuple[array[int], int, bytes, str]:
    offsets = no_offsets()
    at, digest = FILE_HEADER_BYTES, header.previous
    while True:
        height = header.first_height + len(offsets)
        try:
            record = records.read_record(data, at, header.nonce)
        except NotARecord as error:
            return offsets, at, digest, str(error)
        if record.height != height:
            raise Damaged(path, at, f"a record of height {record.height} where height {height} belongs")
        if record.previous != digest:
            raise Damaged(path, at, f"the record of height {height} does not follow from the one before it")
        offsets.append(at)
        at, digest = at + record.size, record.digest


def _check_tail(scanned: Scanned, data: bytes, reason: str, floor: int) -> None:
    missing = scanned.next_height
    if missing <= floor:
        raise Damaged(scanned.path, scanned.end, f"height {missing}: {reason}, though height {floor} was synced")
    if scanned.torn is None:
        return
    until = scanned.end + scanned.torn.size
    at = data.find(records.RECORD_MAGIC, scanned.end, until)
    while at >= 0:
        if at % 8 == 0 and _was_written_after(data, at, scanned.header.nonce, missing):
            why = f"height {missing}: {reason}, and at offset {at} stands a record that was written later"
            raise Damaged(scanned.path, scanned.end, why)
        at = data.find(records.RECORD_MAGIC, at + 1, until)


def _was_written_after(data: bytes, at: int, nonce: bytes, height: int) -> bool:
    try:
        return records.read_record(data, at, nonce).durable > height
    except NotARecord:
        return False
