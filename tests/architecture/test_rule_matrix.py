"""The rule matrix sees rules, citations and rejections, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.rule_matrix import build

RULEBOOK = """# Toys

- **TOYS-001** A toy has an owner,
  and one only. (source: Toy Act, section 3)
- **TOYS-002** A toy is never lent. (source: house rule)
"""
RULES = '''"""Toys."""


def give_toy():
    """Give a toy (TOYS-001)."""


class Lender:
    def lend(self):
        # TOYS-002: SHA-256 is no rule's number
        return None
'''
OUTCOMES = "class GiveToyRejection(IntEnum):\n    OWNER_MUST_EXIST = 100\n    TOY_MUST_EXIST = 101\n"
TESTS = '''def test_a_toy_has_one_owner():
    """TOYS-001 and TOYS-002."""
    R = GiveToyRejection
    assert give() == R.OWNER_MUST_EXIST
    assert give() == R.TOY_MUST_EXIST
'''
FOLDER = "src/yuzhong/features/toys"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    contents = {
        "README.md": RULEBOOK,
        "feature.py": "",
        "rules.py": RULES,
        "outcomes.py": OUTCOMES,
        "tests/test_toys.py": TESTS,
    }
    for name, text in contents.items():
        path = tmp_path / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def change(checkout: Path, name: str, old: str, new: str) -> list[str]:
    path = checkout / FOLDER / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return build(checkout).messages


def test_a_complete_feature_gives_a_page_without_findings(checkout: Path) -> None:
    matrix = build(checkout)
    assert matrix.messages == []
    assert (matrix.rules, matrix.rejections) == (2, 2)
    assert (
        "| [TOYS-001](../../src/yuzhong/features/toys/README.md) | A toy has an owner, and one only. "
        "| Toy Act, section 3 | `features/toys/rules.py: give_toy` "
        "| `features/toys/tests/test_toys.py: test_a_toy_has_one_owner` |"
    ) in matrix.page
    assert "`features/toys/rules.py: Lender.lend`" in matrix.page
    assert "| 100 | `OWNER_MUST_EXIST` | `GiveToyRejection` | `features/toys/tests/test_toys.py` |" in matrix.page


def test_a_rule_without_code_is_a_finding(checkout: Path) -> None:
    assert change(checkout, "rules.py", "TOYS-001", "a rule") == [f"{FOLDER}/README.md: TOYS-001 has no code"]


def test_a_rule_without_a_test_is_a_finding(checkout: Path) -> None:
    assert change(checkout, "tests/test_toys.py", "TOYS-002", "more") == [f"{FOLDER}/README.md: TOYS-002 has no test"]


def test_a_citation_of_an_unknown_rule_is_a_finding(checkout: Path) -> None:
    assert change(checkout, "rules.py", "(TOYS-001)", "(TOYS-001, TOYS-009)") == [
        f"{FOLDER}/rules.py: give_toy: cites TOYS-009, which no rulebook has"
    ]


def test_a_rejection_that_no_test_names_is_a_finding(checkout: Path) -> None:
    assert change(checkout, "tests/test_toys.py", "R.TOY_MUST_EXIST", "101") == [
        f"{FOLDER}/outcomes.py: no test names GiveToyRejection.TOY_MUST_EXIST"
    ]


def test_a_rule_without_a_source_and_a_number_used_twice_are_findings(checkout: Path) -> None:
    messages = change(
        checkout, "README.md", "- **TOYS-002** A toy is never lent. (source: house rule)", "- **TOYS-002** No."
    )
    assert f"{FOLDER}/README.md:5: write a rule as `- **TOYS-001** What must hold. (source: ...)`" in messages
    messages = change(checkout, "README.md", "- **TOYS-002** No.", "- **TOYS-001** No. (source: none)")
    assert f"{FOLDER}/README.md:5: TOYS-001 is used twice" in messages


def test_a_feature_without_a_rulebook_is_a_finding(checkout: Path) -> None:
    (checkout / FOLDER / "README.md").unlink()
    assert f"{FOLDER}: a feature has a README.md with its rules" in build(checkout).messages
