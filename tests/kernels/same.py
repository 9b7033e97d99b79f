"""What a function does with its arguments, in a form that can be compared between a kernel and its twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yuzhong.ledger.failures import BoundPassed, FormError


def outcome(function: Callable[..., Any], *arguments: Any) -> tuple[Any, ...]:
    """The value and its text (True equals 1, their texts do not), or the refusal's class and message."""
    try:
        value = function(*arguments)
    except (FormError, BoundPassed, TypeError, ValueError) as refusal:
        return type(refusal), str(refusal)
    return value, repr(value)
