"""What can go wrong between a program and a node, each its own type."""

from __future__ import annotations

from typing import Any


class ClientError(Exception):
    """The node was not asked, or did not do what was asked."""


class Unreachable(ClientError):
    """No answer came; what was sent may have been taken.

    Sending the same bytes again is safe and brings the first receipt.
    """


class Problem(ClientError):
    """The node refused, as an RFC 9457 problem; nothing of what was sent is on the ledger because of this."""

    def __init__(self, status: int, code: str, title: str, detail: str, body: dict[str, Any] | None = None) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status = status
        """The HTTP status."""
        self.code = code
        """Stable, e.g. `signature-must-verify`."""
        self.title = title
        self.detail = detail
        self.body = body or {}
        """All members of the problem."""
        self.retry_after: int | None = None
        """Seconds to wait before sending again, where the node says so."""


class Busy(Problem):
    """Too much waits, or this sender is too fast: the same may be sent again after `retry_after` seconds."""


class NotReady(Problem):
    """The node cannot take transactions now, e.g. its disk is full; ask again after `retry_after` seconds."""
