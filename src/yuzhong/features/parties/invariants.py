"""What holds of every party after every block."""

from __future__ import annotations

from yuzhong.features.parties.types import Party
from yuzhong.ledger.state import Change, State


class OwnerKeyStays:
    """No party is ever without a key that may do everything (PARTIES-007)."""

    name = "an owner key stays"

    def __init__(self) -> None:
        self.without: dict[int, Party] = {}

    def observe(self, change: Change) -> None:
        """Take note of a changed party."""
        row = change.new
        if isinstance(row, Party):
            number = change.key[0]
            self.without.pop(number, None)
            if not 1 <= row.owner_keys <= row.keys <= row.keys_registered:
                self.without[number] = row

    def problem(self, state: State) -> str | None:  # noqa: ARG002  # the signature of every checker
        """The first party whose count of keys can not be."""
        for number, row in self.without.items():
            return f"party {number} has {row.owner_keys} owner keys of {row.keys}, of {row.keys_registered} registered"
        return None
