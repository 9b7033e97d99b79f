"""What a proof tells besides its claim: which rows stand in it, and whether everybody may see those.

A proof that a key has no row holds the rows next to it in the order of key hashes, whole, with the blinds and salts
that keep private rows from being guessed; and whoever may ask for any absent key comes by every row in the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from yuzhong.ledger.proofs import ProvedRow, parse_proof
from yuzhong.ledger.sequences import KEY_WINDOWS
from yuzhong.ledger.tables import Privacy, Table

UNLISTED = (KEY_WINDOWS.number,)
"""Public tables whose rows are only for those who know the key already: key windows would list everybody's keys."""


def shows_public_rows_only(proof: bytes, tables: Iterable[Table[Any]]) -> bool:
    """Whether an ics23 proof may go to everybody. One that a row is there holds that row alone, which was asked for."""
    proved = parse_proof(proof)
    if isinstance(proved, ProvedRow):
        neighbours: list[ProvedRow] = []
    else:
        neighbours = [row for row in (proved.left, proved.right) if row is not None]
    shown = {table.number for table in tables if table.privacy is Privacy.PUBLIC and table.number not in UNLISTED}
    return all(int.from_bytes(row.key[:2], "big") in shown for row in neighbours)
