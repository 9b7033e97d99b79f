"""What `holdings` remembers."""

from __future__ import annotations

from yuzhong.features.holdings.types import Account, Position
from yuzhong.ledger.tables import Privacy, Table

ACCOUNTS = Table(
    3329,
    "accounts",
    ("account:u64",),
    Account,
    bounded_by="one row an account that a member or the operator opened",
    leaves="never: a closed account's number is not used again",
    privacy=Privacy.BLINDED,
)

POSITIONS = Table(
    3330,
    "positions",
    ("account:u64", "instrument:u32"),
    Position,
    bounded_by="one row an account and instrument of which it has units",
    leaves="when its total is zero",
    privacy=Privacy.BLINDED,
)
