"""What comes of a transaction.

`Accepted` with events, or `Rejected` with a numbered code; and the machine's own codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from yuzhong.ledger.numbers import Salt

ACCEPTED = 0
RULE_FAILED = 99
"""Code of a receipt whose rule failed after its checks: undone, and an alarm for the operator."""


class AdmissionRejection(IntEnum):
    """Why the machine itself refuses a transaction, in order of precedence.

    A feature's own codes follow from 100 on.
    """

    SIGNATURE_MUST_VERIFY = 1
    TRANSACTION_MUST_BE_WELL_FORMED = 2
    KEY_MUST_BE_REGISTERED = 3
    SEQUENCE_MUST_BE_IN_WINDOW = 4
    SEQUENCE_MUST_BE_UNUSED = 5
    TRANSACTION_MUST_NOT_BE_EXPIRED = 6


@dataclass(frozen=True, slots=True)
class About:
    """An event about somebody else's order or row: blinded with that one's own salt, so its owner can show it."""

    salt: Salt
    event: Any


class Accepted:
    """The transaction took effect; `events` say how, in order. An event may be wrapped in `About`."""

    __slots__ = ("events",)

    def __init__(self, *events: Any) -> None:
        self.events: tuple[Any, ...] = events


@dataclass(frozen=True, slots=True)
class Rejected:
    """The transaction changed nothing, and why."""

    code: IntEnum


Outcome = Accepted | Rejected
