"""What the documents name exists, and what is committed reads as if written once, for any machine."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from pathlib import Path

import pytest

from tools.repository import ROOT, committed, files

DOCUMENTS = [path for path in committed() if path.suffix == ".md"]
TEXT = (".py", ".pyi", ".rs", ".md", ".toml", ".sh", ".yaml", ".yml", "")
LOCKS = ("uv.lock", "Cargo.lock", "LICENSE")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PATH_LIKE = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
# Written so that this file does not contain what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|tmp)/")
LEFT_OVER = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b|\b[f]or now\b")


def names_in(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def named_paths(document: Path) -> list[str]:
    """Paths that a document names: what its links point to, and code spans that begin like a path of this checkout."""
    text = document.read_text(encoding="utf-8")
    tops = {path.name for place in (ROOT, ROOT / "src" / "yuzhong") for path in place.iterdir()}
    links = [link for link in LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]
    spans = [span for span in CODE_SPAN.findall(FENCE.sub("", text)) if PATH_LIKE.fullmatch(span)]
    paths = [span for span in spans if "/" in span and span.split("/")[0] in tops]
    return links + paths + [span for span in spans if "/" not in span and span.endswith((".md", ".toml"))]


def stands(name: str, document: Path) -> bool:
    places = (document.parent, ROOT, ROOT / "src" / "yuzhong")
    if "*" in name:
        return any(any(place.glob(name.rstrip("/"))) for place in places)
    return any((place / name).exists() for place in places)


@pytest.mark.parametrize("document", DOCUMENTS, ids=names_in(DOCUMENTS))
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    assert [name for name in named_paths(document) if not stands(name, document)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=names_in(DOCUMENTS))
def test_a_document_opens_with_its_one_title(document: Path) -> None:
    lines = FENCE.sub("", document.read_text(encoding="utf-8")).splitlines()
    assert lines[0].startswith("# ")
    assert sum(line.startswith("# ") for line in lines) == 1


def test_every_make_target_that_a_document_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        (document.name, target)
        for document in DOCUMENTS
        for target in re.findall(r"`(?:\$ )?make (?:-\w+ )*([a-z][a-z-]*)", document.read_text(encoding="utf-8"))
    }
    assert sorted(item for item in named if item[1] not in targets) == []


def test_every_target_but_the_parts_of_check_explains_itself_in_the_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"^(?!check-)[a-z-]+:(?!.*##).*$", makefile, re.MULTILINE) == []


def test_nothing_committed_names_a_machine_or_is_left_over() -> None:
    found = []
    for path in committed():
        if path.suffix in TEXT and path.name not in LOCKS:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if MACHINE_PATH.search(line) or LEFT_OVER.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_every_module_says_what_it_is() -> None:
    modules = list(files(ROOT / "src", "*.py"))
    assert modules
    silent = [path for path in modules if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert names_in(silent) == []


def test_only_the_kernels_module_imports_the_compiled_one() -> None:
    pattern = re.compile(r"^\s*(?:from yuzhong import .*\b_kernels\b|(?:from|import) yuzhong\._kernels)", re.MULTILINE)
    importers = [path for path in files(ROOT / "src", "*.py") if pattern.search(path.read_text(encoding="utf-8"))]
    assert [name for name in names_in(importers) if "/tests/" not in name] == ["src/yuzhong/ledger/kernels.py"]


def test_the_licence_is_apache_2_everywhere() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    crate = tomllib.loads((ROOT / "kernels" / "Cargo.toml").read_text(encoding="utf-8"))["package"]
    assert project["license"] == crate["license"] == "Apache-2.0"
    assert project["version"] == crate["version"]


def test_the_bootstrap_installs_the_locked_uv_by_hash() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    (locked,) = [package for package in lock["package"] if package["name"] == "uv"]
    bootstrap = (ROOT / "tools" / "bootstrap.txt").read_text(encoding="utf-8")
    assert bootstrap.startswith(f"uv=={locked['version']} ")
    hashes = {wheel["hash"] for wheel in locked["wheels"]} | {locked["sdist"]["hash"]}
    assert set(re.findall(r"--hash=(sha256:[0-9a-f]{64})", bootstrap)) == hashes


def test_every_decision_is_in_the_index() -> None:
    decisions = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [name for name in decisions if f"({name})" not in index] == []


def test_scripts_can_be_run() -> None:
    scripts = [ROOT / ".ci" / "run", *files(ROOT / "tools", "*.sh")]
    assert [path.name for path in scripts if not os.access(path, os.X_OK)] == []
