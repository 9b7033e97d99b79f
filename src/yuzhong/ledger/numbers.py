"""The machine's numbers: each its own type with stated bounds, integers only.

A module that defines such types says what they may hold in its `BOUNDS`; the codec refuses anything else, in both
languages, when bytes are read and when rows and events are written. Arithmetic between types goes through a named
function here that states its direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from yuzhong.ledger.failures import BoundPassed


@dataclass(frozen=True, slots=True)
class Range:
    """Smallest and largest value of an integer type, both allowed."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Length:
    """Shortest and longest length of a text (UTF-8 bytes) or byte string, both allowed."""

    shortest: int
    longest: int


@dataclass(frozen=True, slots=True)
class AtMost:
    """Largest number of items of a tuple, said in `Annotated[tuple[X, ...], AtMost(n)]`."""

    items: int


MAX_UNITS = 2**62 - 1

Ticks = NewType("Ticks", int)
"""A price in ticks of its instrument, e.g. 1234 for CNY 12.34 where a tick is CNY 0.01."""
Units = NewType("Units", int)
"""A quantity of an instrument in its smallest unit, e.g. shares, or fen of a cash instrument."""
Money = NewType("Money", int)
"""An amount in the smallest unit of its cash instrument, e.g. 123408 for CNY 1,234.08."""
Millis = NewType("Millis", int)
"""Ledger time: milliseconds since 1970-01-01T00:00Z, from the block, never backwards."""
Height = NewType("Height", int)
"""A block's number; genesis is 0."""
Sequence = NewType("Sequence", int)
"""A transaction's number among those of its key; gaps and order do not matter."""
PartyId = NewType("PartyId", int)
"""A party's number, chosen by whoever admits it; 0 is nobody (genesis acts)."""
KeyId = NewType("KeyId", bytes)
"""SHA-256 of a key's COSE protected header: one fixed width for every algorithm."""
Hash = NewType("Hash", bytes)
"""A SHA-256 digest."""
Salt = NewType("Salt", bytes)
"""Sixteen secret random bytes, from which blinds derive."""
Blind = NewType("Blind", bytes)
"""Sixteen bytes that keep a hash from being guessed."""

BOUNDS = {
    Ticks: Range(-(2**47), 2**47 - 1),
    Units: Range(0, MAX_UNITS),
    Money: Range(0, MAX_UNITS),
    Millis: Range(0, 2**48 - 1),
    Height: Range(0, 2**62 - 1),
    Sequence: Range(0, 2**62 - 1),
    PartyId: Range(0, 2**62 - 1),
    KeyId: Length(32, 32),
    Hash: Length(32, 32),
    Salt: Length(16, 16),
    Blind: Length(16, 16),
}

DAY_MS = 86_400_000
UTC8_MS = 8 * 3_600_000


def trade_value(price: Ticks, quantity: Units, tick_value: Money) -> Money:
    """Money for `quantity` at `price`, where one tick of one unit is worth `tick_value`. Exact: nothing to round.

    Raises BoundPassed where the product leaves the bounds of Money.
    """
    value = price * quantity * tick_value
    if not 0 <= value <= MAX_UNITS:
        raise BoundPassed(f"trade value {value}")
    return Money(value)


def end_of_day(time: Millis) -> Millis:
    """The first millisecond of the next calendar day in UTC+8: when `time`'s trade date has turned."""
    return Millis(((time + UTC8_MS) // DAY_MS + 1) * DAY_MS - UTC8_MS)
