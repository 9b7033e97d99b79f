"""How commands speak: tables for people, JSON for programs, one line on standard error when something fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

FAILED = 1
MISUSED = 2


def fail(message: object, code: int = FAILED) -> NoReturn:
    """End with one line on standard error. `code` is FAILED, or MISUSED where the command was called wrongly."""
    sys.stderr.write("yuzhong: " + " ".join(str(message).split()) + "\n")
    raise SystemExit(code)


def print_json(content: Any) -> None:
    """One JSON object on a line of its own."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def print_facts(facts: Mapping[str, object], file: TextIO | None = None) -> None:
    """Names and values, a line each."""
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(f"[dim]{name}[/dim]", _cell(value))
    _console(file).print(table)


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]], file: TextIO | None = None) -> None:
    """A table with a line of headings."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_cell(cell) for cell in row))
    _console(file).print(table)


def say(line: str) -> None:
    """A line for people, which no program should have to read."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _cell(value: object) -> Any:

    return Text("" if value is None else str(value), overflow="fold")


def _console(file: TextIO | None) -> Console:
    """Without a terminal lines are not cut: what is piped on must be whole."""
    file = file or sys.stdout
    return Console(file=file, highlight=False, soft_wrap=False, width=None if file.isatty() else 10_000)
