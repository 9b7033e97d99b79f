"""Each import contract is broken on purpose in a copy of the sources, and must be seen to catch it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.repository import ROOT

# (where, what is added there, what the report must say)
BREAKS = (
    ("ledger/added_ring.py", "import yuzhong.features", "yuzhong.ledger is not allowed to import yuzhong.features"),
    ("node/added.py", "import yuzhong.client", "yuzhong.node is not allowed to import yuzhong.client"),
    ("helpers/__init__.py", "", "- yuzhong.helpers"),
    ("features/toys/__init__.py", "", "- yuzhong.features.toys"),
    (
        "features/parties/added.py",
        "import yuzhong.features.settlement",
        "yuzhong.features.parties is not allowed to import yuzhong.features.settlement",
    ),
    (
        "features/holdings/rules.py",
        "import yuzhong.features.holdings.views",
        "yuzhong.features.holdings.rules is not allowed to import yuzhong.features.holdings.views",
    ),
    (
        "features/holdings/tables.py",
        "import yuzhong.features.holdings.rules",
        "yuzhong.features.holdings.tables is not allowed to import yuzhong.features.holdings.rules",
    ),
    (
        "features/settlement/rules.py",
        "import yuzhong.features.instruments.views",
        "yuzhong.features.settlement.rules is not allowed to import yuzhong.features.instruments.views",
    ),
    (
        "features/settlement/added.py",
        "from yuzhong.features.holdings import tables",
        "yuzhong.features.settlement.added may not import yuzhong.features.holdings.tables",
    ),
    (
        "node/added_tables.py",
        "from yuzhong.features.parties.tables import ROW",
        "yuzhong.node.added_tables may not import yuzhong.features.parties.tables",
    ),
    ("ledger/added_clock.py", "import time", "yuzhong.ledger is not allowed to import time"),
    ("ledger/added_chance.py", "from random import choice", "yuzhong.ledger is not allowed to import random"),
    ("features/parties/rules.py", "import os.path", "yuzhong.features.parties.rules is not allowed to import os"),
    (
        "features/instruments/rules.py",
        "import yuzhong.features.instruments.added_helper",
        "yuzhong.features.instruments.rules is not allowed to import datetime",
    ),
)
NEEDED = (
    ("client/__init__.py", ""),
    ("features/holdings/views.py", ""),
    ("features/instruments/views.py", ""),
    ("features/parties/tables.py", ""),
    ("features/instruments/added_helper.py", "import datetime"),
)


def lint(root: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a checkout; `source` is where `yuzhong` is found."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{root}", "COLUMNS": "400"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=60)


def add(package: Path, name: str, line: str) -> None:
    """Append a line to a module; a module that is a package gets it in its `__init__.py`; a missing one is made."""
    path = package / name
    if path.with_suffix("").is_dir():
        path = path.with_suffix("") / "__init__.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "__init__.py").touch()
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy with every break in it, words separated by single spaces."""
    copy = tmp_path_factory.mktemp("broken")
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copytree(ROOT / "tools", copy / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    ignore = shutil.ignore_patterns("__pycache__", "tests", "*.so")
    package = shutil.copytree(ROOT / "src" / "yuzhong", copy / "src" / "yuzhong", ignore=ignore)
    for name, line in NEEDED:
        add(package, name, line)
    for name, line, _ in BREAKS:
        add(package, name, line)
    result = lint(copy, copy / "src")
    assert result.returncode == 1, result.stderr
    return " ".join(result.stdout.split())


@pytest.mark.parametrize(("name", "line", "said"), BREAKS, ids=[f"{name}: {line}" for name, line, _ in BREAKS])
def test_a_broken_contract_is_caught(report: str, name: str, line: str, said: str) -> None:
    assert said in report, report


def test_every_contract_was_broken_by_this_test(report: str) -> None:
    assert "0 kept, 6 broken" in report


def test_the_tree_keeps_every_contract() -> None:
    result = lint(ROOT, ROOT / "src")
    assert result.returncode == 0, result.stdout
    assert "6 kept, 0 broken" in result.stdout
