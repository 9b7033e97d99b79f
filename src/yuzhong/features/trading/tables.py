"""What trading remembers: every order while it is open and until the day after it closed, and each book's counters."""

from __future__ import annotations

from yuzhong.features.trading.index import OrderIndex
from yuzhong.features.trading.types import Book, Order
from yuzhong.ledger.tables import Privacy, Table

ORDERS = Table(
    18 * 256 + 1,
    "orders",
    ("instrument:u32", "number:u64"),
    Order,
    bounded_by="an open order holds units or money of its account; a closed one is at most two days old",
    leaves="at the end of the day after it closed",
    privacy=Privacy.SALTED,
    indexes=(OrderIndex,),
)
BOOKS = Table(
    18 * 256 + 2,
    "books",
    ("instrument:u32",),
    Book,
    bounded_by="one row a listed instrument",
    leaves="never: instruments do not leave, and numbers are not used again",
)
