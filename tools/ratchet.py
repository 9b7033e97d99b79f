"""Keeps modules and functions small: what is over the aim stands in `tools/ratchet.json` with its size, not to grow.

`--tighten` lowers and removes entries; `--accept` also lists what is new, which a reviewer then sees in the difference.
"""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.repository import ROOT, files, is_test

LIST = ROOT / "tools" / "ratchet.json"


@dataclass(frozen=True)
class Limits:
    """Lines: what we aim at, and what is never accepted."""

    module_aim: int
    module_most: int
    function_aim: int
    function_most: int


CODE = Limits(module_aim=300, module_most=500, function_aim=50, function_most=80)
TESTS = Limits(module_aim=500, module_most=800, function_aim=80, function_most=120)


def limits_of(path: Path) -> Limits:
    """Tests may be longer, since a decision table is one function."""
    return TESTS if is_test(path) else CODE


def sizes(path: Path) -> dict[str, int]:
    """Lines of a module (key "") and of each function in it (key: qualified name); of a Rust file the module only."""
    source = path.read_text(encoding="utf-8")
    found = {"": source.count("\n")}
    if path.suffix == ".py":
        _functions(ast.parse(source), "", found)
    return found


def _functions(node: ast.AST, prefix: str, found: dict[str, int]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            if not isinstance(child, ast.ClassDef):
                found[name] = max(found.get(name, 0), (child.end_lineno or child.lineno) - child.lineno + 1)
            _functions(child, f"{name}.", found)
        else:
            _functions(child, prefix, found)


def over_aim(root: Path) -> tuple[dict[str, int], list[str]]:
    """What is over its aim, as `path` or `path:function` with its lines, and messages about what is over the most."""
    over: dict[str, int] = {}
    messages = []
    places = [root / name for name in ("src", "tools", "tests", "bench", "kernels")]
    for path in (found for place in places for found in files(place, "*.py", "*.rs")):
        limits = limits_of(path.relative_to(root))
        for name, lines in sizes(path).items():
            aim, most = (limits.function_aim, limits.function_most) if name else (limits.module_aim, limits.module_most)
            key = path.relative_to(root).as_posix() + (f":{name}" if name else "")
            if lines > aim:
                over[key] = lines
            if lines > most:
                messages.append(f"{key}: {lines} lines, never more than {most}: split it")
    return over, messages


def compare(over: dict[str, int], listed: dict[str, int]) -> list[str]:
    """What is new, grew, or is listed with more than it has."""
    messages = []
    for key, lines in sorted(over.items()):
        if key not in listed:
            messages.append(f"{key}: {lines} lines is over the aim: split it")
        elif lines > listed[key]:
            messages.append(f"{key}: grew from {listed[key]} to {lines} lines: split it")
    slack = [key for key, lines in sorted(listed.items()) if over.get(key, 0) < lines]
    return messages + [f"{key}: smaller than listed: run `make fix`" for key in slack]


def tightened(over: dict[str, int], listed: dict[str, int]) -> dict[str, int]:
    """The list with nothing added and nothing raised."""
    return {key: min(lines, over[key]) for key, lines in sorted(listed.items()) if key in over}


def main(arguments: list[str]) -> int:
    """Compare, or rewrite the list; 1 if anything is too long."""
    over, messages = over_aim(ROOT)
    listed: dict[str, int] = json.loads(LIST.read_text(encoding="utf-8")) if LIST.exists() else {}
    if arguments:
        listed = dict(sorted(over.items())) if arguments == ["--accept"] else tightened(over, listed)
        LIST.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    messages += compare(over, listed)
    for message in messages:
        print(message)
    print(f"ratchet: {len(over)} places over the aim, {len(messages)} findings")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
