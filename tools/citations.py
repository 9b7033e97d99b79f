"""Where code and tests cite a rule's number, e.g. `TRADING-001`: in which function, class or module."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tools.repository import files


def citations(root: Path, prefixes: tuple[str, ...]) -> dict[str, list[str]]:
    """Number -> places `path: qualified name` in order of path and line; only numbers with one of the prefixes."""
    if not prefixes:
        return {}
    number = re.compile(rf"\b(?:{'|'.join(sorted(prefixes))})-\d{{3}}\b")
    found: dict[str, list[str]] = {}
    for folder in ("src", "tests", "kernels"):
        for path in files(root / folder, "*.py", "*.rs"):
            source = path.read_text(encoding="utf-8")
            if not number.search(source):
                continue
            owners = _owners(source) if path.suffix == ".py" else {}
            for line, text in enumerate(source.splitlines(), 1):
                owner = owners.get(line, "")
                place = path.relative_to(root).as_posix() + (f": {owner}" if owner else "")
                for match in number.findall(text):
                    places = found.setdefault(match, [])
                    if place not in places:
                        places.append(place)
    return found


def _owners(source: str) -> dict[int, str]:
    """Line -> qualified name of the innermost function or class around it."""
    owners: dict[int, str] = {}
    _mark(ast.parse(source), "", owners)
    return owners


def _mark(node: ast.AST, prefix: str, owners: dict[int, str]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            owners.update(dict.fromkeys(range(first, (child.end_lineno or child.lineno) + 1), name))
            _mark(child, f"{name}.", owners)
        else:
            _mark(child, prefix, owners)
