"""Where things stand in the checkout, for the other tools."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATED = (".git", ".venv", "target", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")


def files(root: Path, *patterns: str) -> Iterator[Path]:
    """Files under `root` whose name matches one of the patterns, in order of path, without what tools generate."""
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in GENERATED]
        found += [Path(folder, name) for name in names if any(fnmatch(name, pattern) for pattern in patterns)]
    yield from sorted(found)


def is_test(path: Path) -> bool:
    """Whether a file belongs to tests: the folder `tests/`, or a feature's own."""
    return "tests" in path.parts or path.name == "conftest.py"


def committed(root: Path = ROOT) -> list[Path]:
    """Files that git knows or would add: the text that a reader of the repository gets to see."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(path for name in listing.split("\0") if name and (path := root / name).is_file())
