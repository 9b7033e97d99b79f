"""The recorded format: what is out of form is refused with line and column, nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.market.flow import SMALL, write_flow
from yuzhong.cli.replay.rows import FlowError, read_commands


def test_rows_are_read_as_they_stand(tmp_path: Path) -> None:
    commands = list(read_commands(write_flow(tmp_path / "f.csv.gz")))
    assert [command.command for command in commands] == [row[2] for row in SMALL]
    assert (commands[2].price_ticks, commands[2].quantity, commands[2].display_quantity) == (105, 9, 2)
    assert commands[6].price_ticks is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((1, 5, "NEW", "b", "SELL", 99, 3, "", "GTC"), "line 3: time_ns goes backwards"),
        ((1, 20, "BUY", "b", "SELL", 99, 3, "", "GTC"), "line 3: command must be one of"),
        ((1, 20, "NEW", "", "SELL", 99, 3, "", "GTC"), "line 3: order_id must have 1 to 36"),
        ((1, 20, "NEW", "a\x01", "SELL", 99, 3, "", "GTC"), "line 3: order_id must have 1 to 36 printable"),
        ((1, 20, "NEW", "b", "SELL", 99, -3, "", "GTC"), "line 3: quantity is negative"),
        ((1, 20, "NEW", "b", "SELL", 99, 3, -1, "GTC"), "line 3: display_quantity is negative"),
        ((1, 20, "NEW", "b", "SELL", "9_9", 3, "", "GTC"), "line 3: price_ticks must be a whole number"),
        ((1, 20, "NEW", "b", "SELL", "٩٩", 3, "", "GTC"), "line 3: price_ticks must be a whole number"),
        ((1, 20, "NEW", "b", "SELL", "99.5", 3, "", "GTC"), "line 3: price_ticks must be a whole number"),
        ((1, 20, "NEW", "b", "SELL", 2**48, 3, "", "GTC"), "line 3: price_ticks is beyond"),
        ((1, 20, "NEW", "b", "SELL", "", 3, "", "GTC"), "line 3: NEW needs price_ticks and quantity"),
        ((1, 20, "NEW", "b", "SHORT", 99, 3, "", "GTC"), "line 3: NEW needs side BUY or SELL"),
        ((1, 20, "NEW", "b", "SELL", 99, 3, "", "GTX"), "line 3: NEW needs side BUY or SELL and time_in_force"),
        (("", 20, "NEW", "b", "SELL", 99, 3, "", "GTC"), "line 3: command_id is missing"),
        ((1, 20, "NEW", "b" * 2_000, "SELL", 99, 3, "", "GTC"), "line 3: longer than 1000"),
        ((1, 20, "NEW"), "line 3: 3 columns, not 9"),
    ],
)
def test_a_row_out_of_form_is_refused_by_line(tmp_path: Path, row: tuple[object, ...], said: str) -> None:
    path = write_flow(tmp_path / "f.csv.gz", [SMALL[0], row])
    with pytest.raises(FlowError, match=said):
        list(read_commands(path))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = write_flow(tmp_path / "f.csv.gz", [], ["time", "side"])
    with pytest.raises(FlowError, match="line 1: the columns must be command_id,time_ns"):
        list(read_commands(path))


def test_a_file_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_flow(tmp_path / "f.csv.gz")
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(FlowError):
        list(read_commands(path))
