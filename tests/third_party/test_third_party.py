"""A running node's proofs and checkpoint hold for the crates `ics23` and `signed_note`, which know nothing of it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.http.process import Process, start
from yuzhong.client import Client, Problem, SigningKey
from yuzhong.features.parties.transactions import AdmitParty
from yuzhong.features.parties.types import NO_DIGEST, PartyKind, PartyName, Role
from yuzhong.ledger.numbers import PartyId

CRATE = Path(__file__).resolve().parent
Tool = Callable[..., "subprocess.CompletedProcess[str]"]


def find_cargo() -> str | None:
    """The cargo that `make setup` chose, or the one on the path."""
    chosen = CRATE.parents[1] / ".venv" / ".cargo"
    folders = [chosen.read_text(encoding="utf-8").strip()] if chosen.exists() else []
    return shutil.which("cargo", path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))


@pytest.fixture(scope="module")
def tool() -> Tool:
    cargo = find_cargo()
    if cargo is None:
        pytest.skip("cargo is missing: run yuzhong doctor")
    target = os.environ.get("CARGO_TARGET_DIR", str(CRATE / "target"))
    build = [
        cargo,
        "build",
        "--quiet",
        "--locked",
        "--manifest-path",
        str(CRATE / "Cargo.toml"),
        "--target-dir",
        target,
    ]
    path = os.pathsep.join([str(Path(cargo).parent), os.environ.get("PATH", "")])
    subprocess.run(build, check=True, env={**os.environ, "PATH": path})
    binary = Path(target) / "debug" / "third-party"

    def run(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(binary), *words], input=given, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with start(tmp_path_factory.mktemp("node") / "data") as running:
        with Client(running.url) as client:
            operator = client.signer(SigningKey.load(running.key_file), party=1)
            admitted = [
                AdmitParty(
                    PartyId(number),
                    PartyKind.ORGANISATION,
                    PartyName(f"Member {number}"),
                    NO_DIGEST,
                    (Role.MEMBER,),
                    SigningKey.from_seed(bytes([number]) * 32).key_id,
                )
                for number in range(2, 40)
            ]
            answers = client.submit_many([operator.sign(act) for act in admitted])
            assert [answer.code for answer in answers] == [0] * len(admitted)
        yield running


def proof_words(client: Client, party: int) -> list[str]:
    """A row proof as the tool takes it, from what the node serves."""
    proof = json.loads(client.prove_row("parties", party))
    table = {table.name: table for table in client.machine.tables}["parties"]
    return [proof["app"]["state_root"], table.pack(party).hex(), proof["value"] or "-", proof["proof"]]


def absence_words(client: Client) -> Iterator[list[str]]:
    """Proofs of absence that the node gives to everybody, which are those that show no private row."""
    for party in range(40, 1_000):
        try:
            yield proof_words(client, party)
        except Problem as problem:
            if problem.code != "row-is-private":
                raise


def test_the_ics23_crate_accepts_the_proof_of_a_row_that_is_there(tool: Tool, process: Process) -> None:
    with Client(process.url) as client:
        for party in (1, 2, 39):
            done = tool("row", *proof_words(client, party))
            assert (done.returncode, done.stdout) == (0, "present"), done.stderr


def test_the_ics23_crate_accepts_the_proof_that_there_is_no_such_row(tool: Tool, process: Process) -> None:
    with Client(process.url) as client:
        proofs = list(islice(absence_words(client), 3))
        assert len(proofs) == 3
        for words in proofs:
            assert words[2] == "-"
            done = tool("row", *words)
            assert (done.returncode, done.stdout) == (0, "absent"), done.stderr


def test_the_ics23_crate_refuses_a_row_with_one_bit_changed(tool: Tool, process: Process) -> None:
    with Client(process.url) as client:
        root, key, value, proof = proof_words(client, 2)
        spoilt = value[:-1] + ("0" if value[-1] != "0" else "1")
        assert tool("row", root, key, spoilt, proof).returncode == 1
        assert tool("row", root[:-1] + ("0" if root[-1] != "0" else "1"), key, value, proof).returncode == 1
        assert tool("row", root, key, "-", proof).returncode == 1


def test_the_signed_note_crate_accepts_the_checkpoint_and_reads_the_log_head(tool: Tool, process: Process) -> None:
    with Client(process.url) as client:
        status, note = client.status(), client.checkpoint()
    done = tool("checkpoint", status["checkpoint_key"], given=note)
    assert done.returncode == 0, done.stderr
    origin, size, root = done.stdout.splitlines()
    assert origin == status["chain_id"]
    assert int(size) == status["receipts_count"] == 39
    assert base64.b64decode(root).hex() == status["receipts_root"]


def test_the_signed_note_crate_refuses_a_checkpoint_of_another_size(tool: Tool, process: Process) -> None:
    with Client(process.url) as client:
        status, note = client.status(), client.checkpoint()
    assert tool("checkpoint", status["checkpoint_key"], given=note.replace("\n39\n", "\n38\n")).returncode == 1
