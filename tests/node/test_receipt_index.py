"""The index of receipts: the receipt that counts, one transaction a batch, begun anew when damaged."""

from __future__ import annotations

from pathlib import Path

from yuzhong.ledger.outcomes import ACCEPTED, AdmissionRejection
from yuzhong.node.receipt_index import Indexed, ReceiptIndex

ID, OTHER = b"\x01" * 32, b"\x02" * 32
FORGED = int(AdmissionRejection.SIGNATURE_MUST_VERIFY)


def test_a_receipt_is_found_where_it_stands(tmp_path: Path) -> None:
    index = ReceiptIndex(tmp_path / "receipts.sqlite")
    index.add([Indexed(1, 10, [(ID, ACCEPTED)]), Indexed(2, 11, [(OTHER, FORGED), (b"\x03" * 32, ACCEPTED)])])
    assert index.height == 2
    assert index.find(ID) == (1, 0, 10, True)
    assert index.find(OTHER) == (2, 0, 11, False)
    assert index.find(b"\x03" * 32) == (2, 1, 12, True)
    assert index.find(b"\x04" * 32) is None
    index.close()


def test_the_receipt_that_used_the_sequence_counts_whatever_came_before_or_after(tmp_path: Path) -> None:
    index = ReceiptIndex(tmp_path / "receipts.sqlite")
    repeated = int(AdmissionRejection.SEQUENCE_MUST_BE_UNUSED)
    for height, code in enumerate((FORGED, FORGED, ACCEPTED, FORGED, repeated)):
        index.add([Indexed(height, height, [(ID, code)])])
    found = index.find(ID)
    assert found is not None
    assert found.height == 2
    index.close()


def test_it_is_kept_over_a_restart(tmp_path: Path) -> None:
    index = ReceiptIndex(tmp_path / "receipts.sqlite")
    index.add([Indexed(7, 0, [(ID, ACCEPTED)])])
    index.close()
    again = ReceiptIndex(tmp_path / "receipts.sqlite")
    assert again.height == 7
    assert again.find(ID) is not None
    again.close()


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "receipts.sqlite").write_bytes(b"no database at all" * 1_000)
    index = ReceiptIndex(tmp_path / "receipts.sqlite")
    assert index.height == -1
    assert index.find(ID) is None
    index.close()
