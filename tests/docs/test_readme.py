"""The README's Python runs as it stands there, against a real node."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from tests.http.process import start

ROOT = Path(__file__).parents[2]


def test_the_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    monkeypatch.chdir(tmp_path)
    with start(tmp_path / "ledger") as node:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code.replace("http://127.0.0.1:8765", node.url), {})
    assert printed.getvalue().startswith("ACCEPTED ")
