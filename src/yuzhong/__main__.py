"""`yuzhong` and `python -m yuzhong`."""

from __future__ import annotations

import sys

from yuzhong.cli.app import main as run


def main() -> None:
    """Run the command line and end with its exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
