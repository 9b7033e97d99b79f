"""Which version of the program this is."""

from __future__ import annotations

import importlib.metadata


def version() -> str:
    """The installed version, e.g. `0.1.0`; `unknown` where the program was never installed."""
    try:
        return importlib.metadata.version("yuzhong")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
