"""What must hold of the whole state after every block.

Each instrument's units conserved, nothing negative, and the like.

A checker follows the changes of a block instead of reading every row, so checking costs what the block did. Fed all
rows once, it judges a whole state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from yuzhong.ledger.failures import Stop
from yuzhong.ledger.state import Change, State


class Checker(Protocol):
    """One invariant with what it remembers."""

    name: str

    def observe(self, change: Change) -> None:
        """Take note of one changed row."""
        ...

    def problem(self, state: State) -> str | None:
        """What does not hold now, in words for an operator; None where all is well."""
        ...


Invariant = Callable[[], Checker]
"""Makes a checker that has seen nothing."""


class Watch:
    """Checks every invariant after each block. Raises Stop where one is broken."""

    def __init__(self, invariants: tuple[Invariant, ...]) -> None:
        self.checkers = [invariant() for invariant in invariants]

    def begin(self, state: State) -> None:
        """Take in a whole state, e.g. a snapshot's, and check it."""
        for table in state.tables.values():
            for key, row in table.every(state):
                change = Change(table, key, table.pack(*key), None, row)
                for checker in self.checkers:
                    checker.observe(change)
        self._check(state, "first state")

    def after_block(self, state: State, height: int) -> None:
        """Take in the block's changes, which the state still lists, and check."""
        for change in state.changes:
            for checker in self.checkers:
                checker.observe(change)
        self._check(state, f"block {height}")

    def _check(self, state: State, where: str) -> None:
        for checker in self.checkers:
            problem = checker.problem(state)
            if problem is not None:
                raise Stop(f"{where}: invariant broken: {checker.name}: {problem}")
