"""A name in capitals means one value: no module gives it a second one further down."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def given_twice(source: str) -> list[str]:
    """The names that stand in capitals on the left of more than one statement of a module."""
    names: Counter[str] = Counter()
    for statement in ast.parse(source).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        names.update(target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper())
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names.update([statement.target.id] * statement.target.id.isupper())
    return [name for name, count in names.items() if count > 1]


def test_a_constant_given_twice_is_found() -> None:
    assert given_twice("SWITCH_S = 0.0005\n\nSWITCH_S: float = 0.001\nother = 1\nother = 2\nA = B = 1\n") == [
        "SWITCH_S"
    ]


def test_no_module_gives_a_constant_twice() -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for folder in ("src", "tests", "bench", "tools")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (names := given_twice(path.read_text(encoding="utf-8")))
    }
    assert found == {}
