"""Why a request was refused, as RFC 9457 problems: each kind with a stable code, no more told than the sender needs."""

from __future__ import annotations

from typing import Any, NamedTuple

from yuzhong.node.errors import Busy, NotTaken, Stopped, Unavailable

TYPE = "urn:yuzhong:problem:"
MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem: its code never changes its meaning."""

    code: str
    status: int
    title: str


MALFORMED = Kind("malformed", 400, "The request has not the one form it must have")
SIGNATURE = Kind("signature-must-verify", 400, "The signature does not verify on this ledger")
KEY_NOT_REGISTERED = Kind("key-must-be-registered", 422, "No party of this ledger has this key")
CLOCK = Kind("time-not-taken", 422, "The time does not fit this ledger's clock")
PRIVATE = Kind("row-is-private", 403, "Rows of this table are not for everybody")
NOT_FOUND = Kind("not-found", 404, "There is nothing here")
RECEIPT_NOT_FOUND = Kind("receipt-not-found", 404, "There is no such receipt")
METHOD = Kind("method-not-allowed", 405, "This is not done here by this method")
TOO_SLOW = Kind("request-timeout", 408, "The request took too long to arrive")
TOO_LARGE = Kind("too-large", 413, "The request is too large")
MEDIA = Kind("unsupported-media-type", 415, "The body is not of the media type that is taken here")
BUSY = Kind("queue-full", 429, "Too many transactions wait already")
RATE = Kind("rate-limit", 429, "This address sends too fast")
INTERNAL = Kind("internal", 500, "The node could not answer because of a fault of its own")
UNAVAILABLE = Kind("unavailable", 503, "The node does not take transactions now")
CROWDED = Kind("too-many-connections", 503, "The node has as many connections as it takes")
STOPPED = Kind("stopping", 503, "The node is stopping or has stopped")

RETRY_AFTER_S = {BUSY: 1, RATE: 1, UNAVAILABLE: 2, CROWDED: 2, STOPPED: 5}

KINDS = (
    MALFORMED,
    SIGNATURE,
    KEY_NOT_REGISTERED,
    CLOCK,
    PRIVATE,
    NOT_FOUND,
    RECEIPT_NOT_FOUND,
    METHOD,
    TOO_SLOW,
    TOO_LARGE,
    MEDIA,
    BUSY,
    RATE,
    INTERNAL,
    UNAVAILABLE,
    CROWDED,
    STOPPED,
)


class Problem(Exception):
    """A refusal on its way to the sender."""

    def __init__(self, kind: Kind, detail: str, **members: Any) -> None:
        super().__init__(f"{kind.code}: {detail}")
        self.kind = kind
        self.detail = detail
        self.members = members
        """Further members of the problem, e.g. the limit that was passed."""

    def body(self) -> dict[str, Any]:
        """The problem's JSON."""
        kind = self.kind
        about = {
            "type": TYPE + kind.code,
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "code": kind.code,
        }
        return about | self.members


def problem_of(error: Busy | Unavailable | Stopped | NotTaken) -> Problem:
    """The problem that a sender gets for what the node raised."""
    if isinstance(error, Busy):
        return Problem(BUSY, "Send the same again in a moment.")
    if isinstance(error, Unavailable):
        return Problem(
            UNAVAILABLE,
            "The disk does not take writes, or the node is catching up; what was acknowledged is safe.",
        )
    if isinstance(error, Stopped):
        return Problem(STOPPED, "Send the same again when the node is back; what was acknowledged is safe.")
    return Problem(CLOCK if "time" in str(error) else MALFORMED, str(error))
