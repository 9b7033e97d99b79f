"""The ways in which something can go wrong that is no business rejection; the four kinds are never mixed.

A *rejection* is a numbered value in a receipt (`outcomes.py` of each feature). The other three are exceptions: a
*rule failure* undoes one transaction, an *invalid block* names the field that differs, a *stop* ends the process
before it commits.
"""

from __future__ import annotations


class FormError(ValueError):
    """Bytes that are not the one canonical form of what they claim to be. Raised by decoders only."""


class RuleFailed(Exception):
    """A rule could not finish after its checks: the transaction is undone and its receipt says RULE_FAILED."""


class BoundPassed(RuleFailed):
    """A number, text or collection left the bounds that its type states."""


class InvalidBlock(Exception):
    """A block, a log or a proof disagrees with what executing it gives.

    `field` names what differs; `expected` is what was claimed, `found` what came out.
    """

    def __init__(self, field: str, expected: object, found: object, where: str = "") -> None:
        super().__init__(f"{where + ': ' if where else ''}{field} differs: expected {expected}, found {found}")
        self.field = field
        self.expected = expected
        self.found = found
        self.where = where


class Stop(Exception):
    """This machine must not go on: a broken invariant, a differing root, a failing disk. Never becomes a receipt."""
