"""The numbered rejections, read from the code, and the tests that name each."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from tools.repository import files, is_test


@dataclass(frozen=True)
class Rejection:
    """One member of an enumeration whose name ends in `Rejection`."""

    module: str
    kind: str
    name: str
    code: int
    tests: tuple[str, ...]


def rejections(root: Path) -> list[Rejection]:
    """Every rejection in order of module and precedence, with the test files that name it."""
    package = root / "src" / "yuzhong"
    sources = [path for path in files(package, "*.py") if not is_test(path.relative_to(root))]
    tests = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in _tests(root)}
    found = []
    for path in sources:
        text = path.read_text(encoding="utf-8")
        if "Rejection(" not in text:
            continue
        for kind, name, code in _members(ast.parse(text)):
            named = tuple(test for test, content in tests.items() if _names(content, kind, name))
            found.append(Rejection(path.relative_to(root).as_posix(), kind, name, code, named))
    return found


def _tests(root: Path) -> list[Path]:
    return [
        path for folder in ("src", "tests") for path in files(root / folder, "*.py") if is_test(path.relative_to(root))
    ]


def _members(tree: ast.Module) -> list[tuple[str, str, int]]:
    members = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.endswith("Rejection"):
            for statement in node.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int(code))):
                        members.append((node.name, name, code))
                    case _:
                        pass
    return members


def _names(test: str, kind: str, name: str) -> bool:
    """Whether a test names a rejection: in full, or by an alias of the enumeration that the test also mentions."""
    return bool(re.search(rf"\b{kind}\b", test)) and bool(re.search(rf"(?:\.|[\"']){name}\b", test))
