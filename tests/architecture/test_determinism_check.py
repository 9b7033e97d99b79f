"""Each rule of the determinism check catches what it is for, lets pass what it is not for, and the tree is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_determinism import check_source, check_tree, modules, without_exceptions
from tools.determinism_rules import RULES
from tools.repository import ROOT

BAD = {
    "float-literal": ["x = 1.5", "x = 2e3", "x = 1j"],
    "true-division": ["x = a / b", "x /= 2"],
    "float-name": ["def f(x: float) -> int: ...", "x = float(y)", "x = round(y)"],
    "negative-power": ["x = 10 ** -2"],
    "set": [
        "x = {1, 2}",
        "x = {y for y in z}",
        "x = set(y)",
        "x: frozenset[int]",
        "x = a.keys() & b",
        "x = b - a.items()",
    ],
    "address-or-hash": ["x = hash(y)", "x = id(y)", "x = sorted(y, key=id)"],
    "unicode-table": ["x = y.lower()", "x = y.isalnum()", "x = y.casefold()", "x = y.splitlines()", "x = y.isdigit()"],
    "unicode-space": ["x = y.split()", "x = y.strip()"],
    "popitem": ["x = y.popitem()"],
    "ambient": ["print(x)", "x = open(y)", "x = input()", "x = eval(y)", "exec(y)", "x = y.environ['A']"],
    "float-format": ["x = f'{y:.2f}'", "x = f'{y:>8.1%}'", "x = '%.3f' % y", "x = '{:.2e}'.format(y)"],
    "exception-text": [
        "try: f()\nexcept ValueError as error: x = str(error)",
        "try: f()\nexcept ValueError as error: x = f'{error}'",
        "try: f()\nexcept ValueError as error: x = error.args",
    ],
    "broad-except": [
        "try: f()\nexcept: pass",
        "try: f()\nexcept Exception: pass",
        "try: f()\nexcept (ValueError, MemoryError): pass",
    ],
    "global": ["def f() -> None:\n    global x\n    x = 1", "def f():\n    def g():\n        nonlocal x"],
    "assert": ["assert x > 0"],
    "async": ["async def f() -> None: ..."],
    "automatic-number": ["class A(IntEnum):\n    B = auto()"],
    "import": [
        "import time",
        "import os.path",
        "from datetime import date",
        "import numpy",
        "from . import x",
        "from yuzhong.node import disk",
        "from yuzhong import catalogue",
        "from yuzhong.features.holdings import views",
        "from yuzhong.features.holdings.views import rows",
        "import yuzhong.features.holdings.api",
    ],
}
GOOD = [
    "x = a // b",
    "x = {'a': 1}",
    "x = 'a' in ('a', 'b')",
    "x = y.split(',')",
    "x = y.strip('=')",
    "x = f'{y:08x} {z:d} {w}'",
    "x = '%d of %s' % (y, z)",
    "x = 2 ** 64",
    "x = item.id",
    "def f(id: int) -> int: return id",
    "try: f()\nexcept ValueError as error: raise FormError(f'bad: {error}') from error",
    "try: f()\nexcept KeyError: x = None",
    "from collections.abc import Sequence",
    "from yuzhong import _kernels",
    "from yuzhong.ledger.numbers import Units",
    "from yuzhong.features.holdings.rules import credit",
    "from yuzhong.features import holdings",
    "import hashlib",
]


@pytest.mark.parametrize(("rule", "source"), [(rule, source) for rule, sources in BAD.items() for source in sources])
def test_a_rule_catches_what_it_is_for(rule: str, source: str) -> None:
    assert [finding.rule for finding in check_source(source, "sample.py")].count(rule) >= 1


@pytest.mark.parametrize("source", GOOD)
def test_deterministic_code_passes(source: str) -> None:
    assert check_source(source, "sample.py") == []


def test_every_rule_has_a_sample() -> None:
    assert {rule.name for rule in RULES} | {"import"} == set(BAD)


def test_a_finding_says_where_and_what_to_do_instead() -> None:
    (finding,) = check_source("y = 1\nx = a / b\n", "src/yuzhong/ledger/sample.py")
    assert str(finding).startswith("src/yuzhong/ledger/sample.py:2: true-division: use //")


def test_the_machine_and_the_rules_are_read_but_not_what_stands_outside_them(tmp_path: Path) -> None:
    inside = [
        "ledger/state.py",
        "ledger/twins/codec.py",
        "features/x/rules.py",
        "features/x/rules/a.py",
        "features/x/book.py",
    ]
    outside = ["features/x/tests/test_a.py", "features/x/views.py", "features/x/api/a.py", "node/clock.py"]
    for name in inside + outside:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1.5\n", encoding="utf-8")
    read = {path.relative_to(tmp_path).as_posix() for path in modules(tmp_path)}
    assert read == set(inside)
    findings, count = check_tree(tmp_path, tmp_path)
    assert count == len(findings) == len(inside)


def test_the_tree_is_deterministic_and_no_exception_is_idle() -> None:
    findings, count = check_tree(ROOT / "src" / "yuzhong", ROOT)
    assert count > 0
    assert without_exceptions(findings) == []
