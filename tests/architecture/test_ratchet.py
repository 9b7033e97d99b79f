"""What is too long is seen, may not grow, and is taken off the list once it shrinks."""

from __future__ import annotations

from pathlib import Path

from tools.ratchet import compare, over_aim, sizes, tightened


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_modules_functions_and_methods_are_measured(tmp_path: Path) -> None:
    source = "class A:\n    def b(self):\n        x = 1\n        return x\n\n\ndef c():\n    pass\n"
    assert sizes(write(tmp_path, "a.py", source)) == {"": 8, "A.b": 3, "c": 2}


def test_what_is_over_the_aim_is_listed_and_what_is_over_the_most_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "src/long.py", "x = 1\n" * 301)
    write(tmp_path, "src/function.py", "def f():\n" + "    x = 1\n" * 80)
    write(tmp_path, "kernels/src/huge.rs", "// line\n" * 501)
    write(tmp_path, "kernels/target/generated.rs", "// line\n" * 9_000)
    write(tmp_path, "tests/test_table.py", "x = 1\n" * 400)
    over, messages = over_aim(tmp_path)
    assert over == {"src/long.py": 301, "src/function.py:f": 81, "kernels/src/huge.rs": 501}
    assert messages == [
        "src/function.py:f: 81 lines, never more than 80: split it",
        "kernels/src/huge.rs: 501 lines, never more than 500: split it",
    ]


def test_new_growth_and_slack_are_findings() -> None:
    over = {"new.py": 310, "grown.py": 320, "same.py": 400}
    listed = {"grown.py": 319, "same.py": 400, "gone.py": 350}
    assert compare(over, listed) == [
        "grown.py: grew from 319 to 320 lines: split it",
        "new.py: 310 lines is over the aim: split it",
        "gone.py: smaller than listed: run `make fix`",
    ]


def test_tightening_never_adds_and_never_raises() -> None:
    assert tightened(
        {"new.py": 310, "grown.py": 320, "less.py": 301}, {"grown.py": 319, "less.py": 400, "gone.py": 350}
    ) == {
        "grown.py": 319,
        "less.py": 301,
    }
