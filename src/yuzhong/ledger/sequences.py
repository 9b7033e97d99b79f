"""Replay protection: one row a key, its highest used sequence and a window of 1,024 bits below it.

Order and gaps do not matter and memory is constant, so a trader's program may send from several threads. `parties`
opens and closes the rows; the machine uses up sequences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NewType

from yuzhong.ledger.numbers import KeyId, Length, Sequence
from yuzhong.ledger.outcomes import AdmissionRejection
from yuzhong.ledger.tables import Table

if TYPE_CHECKING:
    from yuzhong.ledger.state import State

WINDOW_BITS = 1_024
AHEAD_MAX = 1_000_000

Window = NewType("Window", bytes)
"""Bit i from the right: whether the sequence `highest - i` is used."""
BOUNDS = {Window: Length(WINDOW_BITS // 8, WINDOW_BITS // 8)}


@dataclass(frozen=True, slots=True)
class KeyWindow:
    """What a key has used."""

    TAG: ClassVar[int] = 1
    highest: Sequence
    window: Window


KEY_WINDOWS = Table(
    1,
    "key_windows",
    ("key:b32",),
    KeyWindow,
    bounded_by="one row a registered key; keys a party are limited by parties",
    leaves="never: a key that was used stays known, so that nothing it signed can come again",
)


def open_window(state: State, key: KeyId) -> None:
    """Register a key: from now on what it signs is judged. A key that has a window keeps it."""
    if KEY_WINDOWS.get(state, key) is None:
        KEY_WINDOWS.put(state, key, row=KeyWindow(Sequence(0), Window(bytes(WINDOW_BITS // 8))))


def check(row: KeyWindow | None, sequence: Sequence) -> AdmissionRejection | None:
    """Why `sequence` may not be used with this row, or None."""
    if row is None:
        return AdmissionRejection.KEY_MUST_BE_REGISTERED
    if not row.highest - WINDOW_BITS < sequence <= row.highest + AHEAD_MAX:
        return AdmissionRejection.SEQUENCE_MUST_BE_IN_WINDOW
    if sequence <= row.highest and int.from_bytes(row.window, "big") >> (row.highest - sequence) & 1:
        return AdmissionRejection.SEQUENCE_MUST_BE_UNUSED
    return None


def use(state: State, key: KeyId, row: KeyWindow, sequence: Sequence) -> None:
    """Mark `sequence` as used, after `check` gave None."""
    bits = int.from_bytes(row.window, "big")
    if sequence > row.highest:
        shift = sequence - row.highest
        bits = (bits << shift) & ((1 << WINDOW_BITS) - 1) if shift < WINDOW_BITS else 0
        bits |= 1
        highest = sequence
    else:
        bits |= 1 << (row.highest - sequence)
        highest = row.highest
    KEY_WINDOWS.put(state, key, row=KeyWindow(highest, Window(bits.to_bytes(WINDOW_BITS // 8, "big"))))
