"""Verification: a good ledger gives its root; any change is refused naming height, transaction and field."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.node import rechain, toy
from tests.node.conftest import OpenNode
from yuzhong.cli import ledger as cli_ledger
from yuzhong.ledger import signatures
from yuzhong.ledger.failures import InvalidBlock, Stop
from yuzhong.ledger.feature import assemble
from yuzhong.ledger.kernels import python, rust
from yuzhong.ledger.numbers import Height, Millis
from yuzhong.ledger.receipts import Code, Receipt
from yuzhong.node import blocks
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.disk import Disk
from yuzhong.node.errors import NoLedger
from yuzhong.node.execution import Execution
from yuzhong.node.keyfile import OperatorKey, load_or_make
from yuzhong.node.segments import Segments
from yuzhong.node.solo import Node
from yuzhong.node.verify import verify_ledger

WAIT = 20
CODECS = blocks.header_codecs(python())


@pytest.fixture
def ledger(open_node: OpenNode, tmp_path: Path) -> Path:
    """Genesis and six blocks of eight transactions, good, rejected, a stranger's, forged, and with due work."""
    signer, stranger = toy.Signer(1), toy.Signer(2)
    node = open_node()
    for height in range(1, 7):
        forged = signer.add(node.chain_id, 1, 1)
        signed = [
            *(signer.add(node.chain_id, tally, height) for tally in range(4)),
            signer.add(node.chain_id, 1, 0),
            stranger.add(node.chain_id, 1, 1),
            (forged[0], forged[1], bytes(64)),
            signer.add(node.chain_id, 50 + height, 1, forget_at=toy.START + height + 2),
        ]
        node.submit_block(signed, toy.START + height).result(WAIT)
    node.stop()
    return tmp_path / "data"


@pytest.mark.parametrize("kernels", ["rust", "python", "both"])
def test_a_good_ledger_is_executed_again_to_the_same_root(ledger: Path, kernels: str) -> None:
    reached: list[tuple[int, int]] = []
    report = verify_ledger(ledger, toy.FEATURES, kernels, lambda height, last: reached.append((height, last)))
    node = Node.open(ledger, features=toy.FEATURES)
    node.stop()
    assert report.state_root == node.head.app.state_root.hex()
    assert report.receipts_root == node.head.app.receipts_root.hex()
    assert report.receipts == node.head.app.receipts_count == 1 + 48 + 4
    assert (report.blocks, report.transactions, report.height) == (7, 48, 6)
    assert (report.signatures, report.refused_signatures, report.header_signatures) == (42, 6, 7)
    assert report.kernels == kernels


def test_verifying_writes_nothing(ledger: Path) -> None:
    before = {path: path.read_bytes() for path in ledger.rglob("*") if path.is_file()}
    verify_ledger(ledger, toy.FEATURES)
    assert {path: path.read_bytes() for path in ledger.rglob("*") if path.is_file()} == before


def refusal(ledger: Path, height: int, change: Callable[[StoredBlock], StoredBlock]) -> InvalidBlock:
    rechain.change_block(ledger / "segments", height, change)
    with pytest.raises(InvalidBlock) as caught:
        verify_ledger(ledger, toy.FEATURES)
    return caught.value


@pytest.mark.parametrize(("transaction", "bit"), [(0, 0), (3, 511), (4, 256), (7, 100)])
def test_one_bit_of_one_signature_changed_and_the_checksums_made_right_is_refused_naming_that_transaction(
    ledger: Path, transaction: int, bit: int
) -> None:
    identity = identities(ledger, 4)[transaction]
    error = refusal(ledger, 4, rechain.flip_signature_bit(transaction, bit))
    assert error.field == "signature"
    assert error.where == f"height 4, transaction {transaction} ({identity})"
    assert (error.expected, error.found) == ("GOOD", "SIGNATURE_MUST_VERIFY") or transaction == 3


def identities(ledger: Path, height: int) -> list[str]:
    node = Node.open(ledger, features=toy.FEATURES)
    batch = node.machine.batch.decode(node.block(height).content)
    found = [judged.identity.hex() for judged in node.judge(batch.signed())]
    node.stop()
    return found


def test_a_changed_receipt_is_refused_naming_transaction_and_field(ledger: Path) -> None:
    machine = assemble(toy.FEATURES, python())

    def change(block: StoredBlock) -> StoredBlock:
        receipt: Receipt = machine.receipts.receipt.decode(block.receipts[-2])
        changed = machine.receipts.receipt.encode(replace(receipt, code=Code(0)))
        return replace(block, receipts=(*block.receipts[:-2], changed, block.receipts[-1]))

    error = refusal(ledger, 5, change)
    assert (error.field, error.expected, error.found) in [
        ("code", 0, 1),
        ("signature", "GOOD", "SIGNATURE_MUST_VERIFY"),
    ]
    assert error.where.startswith("height 5, transaction 6 (")


def test_a_changed_event_is_refused_naming_the_transaction(ledger: Path) -> None:
    machine = assemble(toy.FEATURES, python())

    def change(block: StoredBlock) -> StoredBlock:
        receipt: Receipt = machine.receipts.receipt.decode(block.receipts[0])
        events = (replace(receipt.events[0], value=toy.Tally(receipt.events[0].value).value + 1),)
        changed = machine.receipts.receipt.encode(replace(receipt, events=events))
        return replace(block, receipts=(changed, *block.receipts[1:]))

    error = refusal(ledger, 2, change)
    assert error.field == "events"
    assert error.where.startswith("height 2, transaction 0 (")


def test_a_missing_receipt_is_refused(ledger: Path) -> None:
    error = refusal(ledger, 2, lambda block: replace(block, receipts=block.receipts[:-1]))
    assert (error.field, error.expected, error.found) == ("receipts", 7, 8)


def test_a_transaction_left_out_is_refused(ledger: Path) -> None:
    codec = assemble(toy.FEATURES, python()).batch

    def change(block: StoredBlock) -> StoredBlock:
        batch = codec.decode(block.content)
        return replace(block, content=codec.encode(replace(batch, items=batch.items[:-1])))

    assert refusal(ledger, 3, change).where.startswith("height 3")


def test_a_changed_result_is_refused_naming_the_field(ledger: Path) -> None:
    def change(block: StoredBlock) -> StoredBlock:
        app = CODECS.app.decode(block.app)
        return replace(block, app=CODECS.app.encode(replace(app, state_root=bytes(32))))

    error = refusal(ledger, 3, change)
    assert (error.field, error.expected, error.where) == ("state_root", "00" * 32, "height 3")


def test_a_changed_header_is_refused_by_its_signature(ledger: Path) -> None:
    def change(block: StoredBlock) -> StoredBlock:
        message = signatures.decode_signed(block.signed_header)
        header = CODECS.header.decode(message.payload)
        payload = CODECS.header.encode(replace(header, time=Millis(header.time + 1)))
        return replace(block, signed_header=signatures.encode_signed(replace(message, payload=payload)))

    error = refusal(ledger, 3, change)
    assert (error.field, error.where) == ("header's signature", "height 3")


def resigned(ledger: Path, **fields: Any) -> Callable[[StoredBlock], StoredBlock]:
    key: OperatorKey = load_or_make(ledger / "operator.key", Disk())

    def change(block: StoredBlock) -> StoredBlock:
        header = CODECS.header_of(block)
        payload = CODECS.header.encode(replace(header, **fields))
        return replace(block, signed_header=key.sign_message(blocks.header_context(header.chain_id), payload))

    return change


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"time": Millis(toy.START + 2)}, "identity"),
        ({"time": Millis(toy.START)}, "time"),
        ({"transactions_root": bytes(32)}, "transactions_root"),
        ({"previous": bytes(32)}, "previous"),
        ({"app_hash": bytes(32)}, "app_hash"),
        ({"height": Height(4)}, "height"),
        ({"chain_id": "another-0123456789abcdef"}, "chain_id"),
    ],
)
def test_even_the_operator_cannot_change_a_header_afterwards(ledger: Path, fields: dict[str, Any], field: str) -> None:
    """Another time also does other due work, which the receipts show first."""
    error = refusal(ledger, 3, resigned(ledger, **fields))
    assert error.field == field or (field == "chain_id" and error.field == "header's signature")


def test_another_protocol_version_is_refused_by_name(ledger: Path) -> None:
    def change(block: StoredBlock) -> StoredBlock:
        app = CODECS.app.decode(block.app)
        return replace(block, app=CODECS.app.encode(replace(app, protocol_version=2)))

    error = refusal(ledger, 3, change)
    assert "protocol version differs: expected 2, found 1, the only one this program executes" in str(error)


def test_a_changed_genesis_is_refused(ledger: Path) -> None:
    codec = assemble(toy.FEATURES, python()).genesis

    def change(block: StoredBlock) -> StoredBlock:
        genesis = codec.decode(block.content)
        return replace(block, content=codec.encode(replace(genesis, acts=())))

    assert refusal(ledger, 0, change).field == "chain_id"


def test_a_torn_tail_is_left_out_and_the_command_says_so(
    ledger: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a crash leaves it: neither a clean stop nor a snapshot says that the last block was synced."""
    monkeypatch.setattr(cli_ledger, "FEATURES", toy.FEATURES)
    cli_ledger.verify(ledger)
    said = "".join(capsys.readouterr())
    assert "everything agrees" in said
    assert "left" not in said
    shutil.rmtree(ledger / "snapshots")
    (ledger / "stopped.json").unlink()
    segments = Segments.open(ledger / "segments", Disk(), repair=False)
    assert segments is not None
    file, offset = segments.place(6)
    data = bytearray(file.path.read_bytes())
    data[offset + 250] ^= 1
    file.path.write_bytes(data)
    cli_ledger.verify(ledger)
    said = " ".join("".join(capsys.readouterr()).split())
    assert "everything agrees" not in said
    assert "everything up to height 5 agrees; after it stands a last write that is not whole" in said
    assert "nothing in it was acknowledged, it was left out" in said


def test_there_being_no_ledger_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoLedger):
        verify_ledger(tmp_path, toy.FEATURES)


def test_a_broken_invariant_stops_verification(ledger: Path) -> None:
    class Never(toy.NothingNegative):
        name = "never more than three blocks"

        def problem(self, state: Any) -> str | None:
            tally = toy.TALLIES.get(state, 1)
            return "there are" if tally and tally.value > 5 else None

    feature = replace(toy.TOY, invariants=(Never,))
    with pytest.raises(Stop, match="block 3: invariant broken: never more than three blocks: there are"):
        verify_ledger(ledger, (feature,))


def test_kernels_that_differ_are_found_out(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Execution.execute

    def wrong(self: Execution, *given: Any) -> Any:
        executed = original(self, *given)
        if self.kernels == "python" and executed.head.height == 4:
            changed = (executed.receipts[0][:-1] + b"\xff", *executed.receipts[1:])
            return replace(executed, receipts=changed)
        return executed

    monkeypatch.setattr(Execution, "execute", wrong)
    verify_ledger(ledger, toy.FEATURES, "rust")
    with pytest.raises(Stop, match="block 4: the kernels differ in receipt 0"):
        verify_ledger(ledger, toy.FEATURES, "both")
    assert rust().name == "rust"


def test_it_needs_nothing_but_the_standard_library_and_the_kernels(ledger: Path) -> None:
    """Imports of other packages are refused while a ledger is verified in a fresh interpreter."""
    script = """
import importlib.abc, json, sys
from pathlib import Path

class OnlyStandard(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top not in sys.stdlib_module_names and top not in ("yuzhong", "_kernels"):
            raise ImportError(f"{name} is not in the standard library")

sys.meta_path.insert(0, OnlyStandard())
import yuzhong.node.verify
from yuzhong.catalogue import FEATURES
print(json.dumps(sorted(name for name in sys.modules if name.split(".")[0] in ("cryptography", "prometheus_client"))))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_the_command_says_what_is_wrong_on_one_line_and_exits_with_1(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "yuzhong.node.verify", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert (answer["verified"], answer["error"]) == (False, "NoLedger")
