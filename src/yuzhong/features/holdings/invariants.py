"""What holds of all holdings after every block."""

from __future__ import annotations

from yuzhong.features.holdings.types import Position
from yuzhong.features.instruments.types import Instrument
from yuzhong.ledger.state import Change, State


class UnitsConserved:
    """Of each instrument, what was issued and not retired is what the accounts have together (HOLDINGS-009)."""

    name = "units conserved"

    def __init__(self) -> None:
        self.missing: dict[int, int] = {}
        """Issued less held by accounts, for each instrument where that is not 0."""

    def observe(self, change: Change) -> None:
        """Take note of a changed instrument or position."""
        if isinstance(change.old or change.new, Instrument):
            self._add(change.key[0], _issued(change.new) - _issued(change.old))
        elif isinstance(change.old or change.new, Position):
            self._add(change.key[1], _total(change.old) - _total(change.new))

    def problem(self, state: State) -> str | None:  # noqa: ARG002  # the signature of every checker
        """The first instrument whose units do not add up."""
        for instrument, missing in self.missing.items():
            return f"instrument {instrument}: issued less the sum of positions is {missing}"
        return None

    def _add(self, instrument: int, change: int) -> None:
        missing = self.missing.pop(instrument, 0) + change
        if missing != 0:
            self.missing[instrument] = missing


class HeldWithinTotal:
    """No position is empty or negative, and none holds more than it has (HOLDINGS-009)."""

    name = "held within total"

    def __init__(self) -> None:
        self.wrong: dict[tuple[int, int], Position] = {}

    def observe(self, change: Change) -> None:
        """Take note of a changed position."""
        if isinstance(change.old or change.new, Position):
            account, instrument = change.key
            self.wrong.pop((account, instrument), None)
            row = change.new
            if row is not None and not (0 <= row.held <= row.total and row.total > 0):
                self.wrong[account, instrument] = row

    def problem(self, state: State) -> str | None:  # noqa: ARG002  # the signature of every checker
        """The first position that can not be."""
        for (account, instrument), row in self.wrong.items():
            return f"account {account} has {row.total} of instrument {instrument}, {row.held} held"
        return None


def _issued(row: Instrument | None) -> int:
    return 0 if row is None else row.issued


def _total(row: Position | None) -> int:
    return 0 if row is None else row.total
