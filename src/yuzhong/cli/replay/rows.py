"""The recorded order flow's format: one command a row, in the order in which the venue received them.

Columns: `command_id, time_ns, command, order_id, side, price_ticks, quantity, display_quantity, time_in_force`. `NEW`
is a limit order; `REPLACE` gives a new price and the quantity that may still trade; `CANCEL`; `UNCROSS` ends the
opening auction, with what the venue published.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

COLUMNS = [
    "command_id",
    "time_ns",
    "command",
    "order_id",
    "side",
    "price_ticks",
    "quantity",
    "display_quantity",
    "time_in_force",
]
COMMANDS = ("NEW", "REPLACE", "CANCEL", "UNCROSS")
ROWS_MAX = 10_000_000
NUMBER_MAX = 2**47 - 1
LINE_MAX_CHARACTERS = 1_000


class FlowError(ValueError):
    """A file of order flow is not in the format; says line and column."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row. Numbers are None where the column is empty."""

    command_id: int
    time_ns: int
    command: str
    order_id: str
    side: str
    price_ticks: int | None
    quantity: int | None
    display_quantity: int | None
    time_in_force: str


def read_commands(path: Path) -> Iterator[Command]:
    """The rows of a `.csv` or `.csv.gz`.

    Raises FlowError for a row out of form, OSError where the file cannot be read.
    """
    with path.open("rb") as file, _unpacked(path, file) as binary, io.TextIOWrapper(binary, encoding="utf-8") as text:
        lines = csv.reader(_bounded_lines(text), strict=True)
        try:
            if next(lines, None) != COLUMNS:
                raise FlowError(f"line 1: the columns must be {','.join(COLUMNS)}")
            before = 0
            for fields in lines:
                command = _command(fields, lines.line_num)
                if command.time_ns < before:
                    raise FlowError(f"line {lines.line_num}: time_ns goes backwards")
                before = command.time_ns
                yield command
        except (csv.Error, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
            raise FlowError(f"line {lines.line_num + 1}: {error}") from error


def _unpacked(path: Path, file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=file)) if path.suffix == ".gz" else file


def _bounded_lines(text: io.TextIOWrapper) -> Iterator[str]:
    for number in range(1, ROWS_MAX + 2):
        line = text.readline(LINE_MAX_CHARACTERS)
        if not line:
            return
        if len(line) == LINE_MAX_CHARACTERS:
            raise FlowError(f"line {number}: longer than {LINE_MAX_CHARACTERS} characters")
        yield line
    raise FlowError(f"more than {ROWS_MAX} rows")


def _command(fields: list[str], line: int) -> Command:
    if len(fields) != len(COLUMNS):
        raise FlowError(f"line {line}: {len(fields)} columns, not {len(COLUMNS)}")
    row = dict(zip(COLUMNS, fields, strict=True))
    command = row["command"]
    if command not in COMMANDS:
        raise FlowError(f"line {line}: command must be one of {', '.join(COMMANDS)}, not {command!r}")
    order_id = row["order_id"]
    if command != "UNCROSS" and not (order_id.isascii() and order_id.isprintable() and 1 <= len(order_id) <= 36):
        raise FlowError(f"line {line}: order_id must have 1 to 36 printable ASCII characters")
    price = _number(row, "price_ticks", line)
    quantity, display = _quantity(row, "quantity", line), _quantity(row, "display_quantity", line)
    if command in ("NEW", "REPLACE") and (price is None or quantity is None):
        raise FlowError(f"line {line}: {command} needs price_ticks and quantity")
    if command == "NEW" and (
        row["side"] not in ("BUY", "SELL") or row["time_in_force"] not in ("DAY", "GTC", "IOC", "FOK")
    ):
        raise FlowError(f"line {line}: NEW needs side BUY or SELL and time_in_force DAY, GTC, IOC or FOK")
    return Command(
        _needed(row, "command_id", line),
        _needed(row, "time_ns", line),
        command,
        order_id,
        row["side"],
        price,
        quantity,
        display,
        row["time_in_force"],
    )


def _number(row: dict[str, str], column: str, line: int) -> int | None:
    text = row[column]
    if text == "":
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise FlowError(f"line {line}: {column} must be a whole number, not {text!r}")
    number = int(text)
    if column != "time_ns" and abs(number) > NUMBER_MAX:
        raise FlowError(f"line {line}: {column} is beyond {NUMBER_MAX}")
    return number


def _quantity(row: dict[str, str], column: str, line: int) -> int | None:
    number = _number(row, column, line)
    if number is not None and number < 0:
        raise FlowError(f"line {line}: {column} is negative")
    return number


def _needed(row: dict[str, str], column: str, line: int) -> int:
    number = _number(row, column, line)
    if number is None or number < 0:
        raise FlowError(f"line {line}: {column} is missing or negative")
    return number
