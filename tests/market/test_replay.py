"""Replaying order flow through the whole pipeline: made flow everywhere, the real one where it is there."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from tests.market.flow import REAL, SMALL, summed, write_flow
from tests.node.rechain import change_block, flip_signature_bit
from yuzhong.catalogue import FEATURES
from yuzhong.cli.app import main
from yuzhong.cli.replay.rows import read_commands
from yuzhong.cli.replay.run import Summary, run_replay, write_fills
from yuzhong.ledger.failures import InvalidBlock
from yuzhong.node.verify import verify_ledger

needs_real_flow = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"the recorded order flow is not at ../{REAL.relative_to(REAL.parents[2])}"
)


def replay(flow: Path, data: Path, kernels: str = "rust") -> Summary:
    return run_replay(read_commands(flow), data, kernels)


@pytest.mark.parametrize("kernels", ["rust", "python", "both"])
def test_a_made_flow_fills_by_price_time_and_slices(tmp_path: Path, kernels: str) -> None:
    summary = replay(write_flow(tmp_path / "f.csv.gz"), tmp_path / "ledger", kernels)
    write_fills(summary.fills, tmp_path / "fills.csv")
    assert (tmp_path / "fills.csv").read_text().splitlines() == [
        "command_id,resting_order_id,price_ticks,quantity",
        "3,a,100,3",
        "3,b,100,3",
        "4,a,100,1",
        "5,c,105,2",
        "5,c,105,2",
    ]
    assert (summary.auction_price, summary.auction_quantity) == (100, 3)
    assert summary.refused == {"ORDER_MUST_BE_OPEN": 1}


def test_kernels_give_one_root(tmp_path: Path) -> None:
    flow = write_flow(tmp_path / "f.csv.gz")
    roots = [replay(flow, tmp_path / kernels, kernels).state_root for kernels in ("rust", "python")]
    assert roots[0] == roots[1]


def test_what_the_uncross_row_says_decides_nothing(tmp_path: Path) -> None:
    lying = [(*row[:5], 77, 1, *row[7:]) if row[2] == "UNCROSS" else row for row in SMALL]
    blank = [(*row[:5], "", "", *row[7:]) if row[2] == "UNCROSS" else row for row in SMALL]
    found = [
        replay(write_flow(tmp_path / f"{number}.csv.gz", rows), tmp_path / str(number))
        for number, rows in enumerate((SMALL, lying, blank))
    ]
    assert found[0].fills == found[1].fills == found[2].fills
    assert found[0].state_root == found[1].state_root == found[2].state_root
    assert (found[1].published_price, found[1].auction_price, found[2].published_price) == (77, 100, None)


def test_the_command_prints_its_figures_and_refuses_bad_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = write_flow(tmp_path / "f.csv.gz")
    arguments = ["market", "replay", str(flow), "--fills", str(tmp_path / "a.csv"), "--data", str(tmp_path / "d")]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    for name in ("commands", "fills", "auction price", "auction volume", "seconds", "orders a second", "final root"):
        assert name in printed
    with pytest.raises(SystemExit) as taken:
        main(arguments)
    assert taken.value.code == 1
    assert "holds a ledger already" in capsys.readouterr().err
    bad = write_flow(tmp_path / "bad.csv.gz", [(0, 1, "NEW", "a", "BUY", "x", 1, "", "GTC")])
    with pytest.raises(SystemExit) as refused:
        main(["market", "replay", str(bad), "--fills", str(tmp_path / "b.csv")])
    assert refused.value.code == 1
    assert "line 2: price_ticks must be a whole number" in capsys.readouterr().err


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Summary, Path]:
    folder = tmp_path_factory.mktemp("real")
    return replay(REAL / "commands.csv.gz", folder / "ledger"), folder


@needs_real_flow
def test_the_real_flow_fills_as_the_exchange_filled_it(real: tuple[Summary, Path]) -> None:
    summary, folder = real
    write_fills(summary.fills, folder / "fills.csv")
    ours, theirs = summed(folder / "fills.csv"), summed(REAL / "fills.csv.gz")
    same = [command for command, fills in theirs.items() if ours.get(command) == fills]
    auction = 9657
    assert len(theirs) == 1283
    assert len(same) >= 1278
    assert not ours.keys() - theirs.keys()
    assert auction in same
    assert len(ours[auction]) == 35
    assert (summary.auction_price, summary.auction_quantity) == (19_201, 44)
    assert summary.commands == 29_969


@needs_real_flow
def test_the_real_flow_with_a_blank_uncross_row_gives_the_same_root(real: tuple[Summary, Path], tmp_path: Path) -> None:
    with gzip.open(REAL / "commands.csv.gz", "rt", newline="") as text:
        rows = list(csv.reader(text))
    for row in rows:
        if row[2] == "UNCROSS":
            row[5] = row[6] = ""
    with gzip.open(tmp_path / "blank.csv.gz", "wt", newline="") as text:
        csv.writer(text).writerows(rows)
    summary = replay(tmp_path / "blank.csv.gz", tmp_path / "ledger")
    assert summary.fills == real[0].fills
    assert summary.state_root == real[0].state_root


@needs_real_flow
def test_the_real_flows_ledger_verifies_and_one_flipped_bit_is_named(real: tuple[Summary, Path]) -> None:
    summary, folder = real
    report = verify_ledger(folder / "ledger", FEATURES)
    assert report.signatures >= 29_968
    assert report.state_root == summary.state_root
    height, transaction = 60, 17
    change_block(folder / "ledger" / "segments", height, flip_signature_bit(transaction))
    with pytest.raises(InvalidBlock, match=f"height {height}, transaction {transaction}") as refused:
        verify_ledger(folder / "ledger", FEATURES)
    assert refused.value.field == "signature"
