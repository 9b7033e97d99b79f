"""Refuses, in the machine and in the rules, what may give another result on another machine, run or Python version.

The import contracts in `pyproject.toml` keep modules out; this reads the syntax for what needs no import.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.determinism_exceptions import EXCEPTIONS
from tools.determinism_rules import RULES, Rule, imports_allowed
from tools.repository import ROOT, files

OUTSIDE = ("tests", "web", "views", "api", "commands")


@dataclass(frozen=True)
class Finding:
    """One place that breaks one rule."""

    path: str
    line: int
    rule: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.instead}"


def modules(package: Path) -> Iterator[Path]:
    """The deterministic part of a package `yuzhong`: all of `ledger/`, and of each feature what is not its outside."""
    yield from files(package / "ledger", "*.py")
    for path in files(package / "features", "*.py"):
        parts = path.relative_to(package / "features").with_suffix("").parts
        if not any(part in OUTSIDE for part in parts[1:]):
            yield path


def check_source(source: str, path: str) -> list[Finding]:
    """All findings in one module, in order of line."""
    tree = ast.parse(source, path)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = {
        Finding(path, getattr(node, "lineno", 1), rule.name, rule.instead)
        for node in ast.walk(tree)
        for rule in _broken(node, parents)
    }
    return sorted(found, key=lambda finding: (finding.line, finding.rule))


def _broken(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[Rule]:
    for rule in (*RULES, imports_allowed):
        if rule.breaks(node, parents):
            yield rule


def check_tree(package: Path, root: Path) -> tuple[list[Finding], int]:
    """Findings in every deterministic module, and how many modules were read."""
    findings: list[Finding] = []
    count = 0
    for path in modules(package):
        count += 1
        findings += check_source(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    return findings, count


def without_exceptions(findings: Iterable[Finding]) -> list[str]:
    """Messages that remain once reasoned exceptions are taken off; an exception that nothing needs is a message too."""
    messages = []
    unused = set(EXCEPTIONS)
    for finding in findings:
        key = (finding.path, finding.rule)
        unused.discard(key)
        if key not in EXCEPTIONS:
            messages.append(str(finding))
    messages += [f"tools/determinism_exceptions.py: nothing needs the exception {key}" for key in sorted(unused)]
    return messages


def main() -> int:
    """Print each finding as `file:line: rule: what to do instead`; 1 if there is any."""
    findings, count = check_tree(ROOT / "src" / "yuzhong", ROOT)
    messages = without_exceptions(findings)
    for message in messages:
        print(message)
    print(f"determinism: {count} modules read, {len(messages)} findings")
    return 1 if messages or not count else 0


if __name__ == "__main__":
    sys.exit(main())
