"""Commands as people type them: what they print, how they fail, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.http.process import Process, command, start
from yuzhong.cli.app import COMMANDS, main
from yuzhong.cli.checkup import CARE, MISSING, examine


def asked(*words: str) -> Any:
    """A command's JSON."""
    done = command(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def submit(node: Process, *words: str) -> Any:
    return command("submit", *words, "--node", node.url, "--party", "1", "--key", str(node.key_file), "--json")


def test_a_person_keeps_a_ledger_from_a_shell(tmp_path: Path) -> None:
    made = asked("keys", "new", str(tmp_path / "bank.key"))
    assert asked("keys", "show", str(tmp_path / "bank.key")) == made
    act = ["AdmitParty", "party=2", "kind=organisation", "name=Bank 银行", f"digest={bytes(32).hex()}", "roles=MEMBER"]
    with start(tmp_path / "data") as node:
        done = submit(node, *act, f"key={made['key_id']}")
        assert done.returncode == 0, done.stderr
        receipt = json.loads(done.stdout)
        assert receipt["events"][0]["fields"]["name"] == "Bank 银行"
        again = submit(node, *act, f"key={made['key_id']}")
        assert (again.returncode, json.loads(again.stdout)["code_name"]) == (1, "PARTY_MUST_BE_NEW")
        assert asked("receipt", receipt["identity"], "--node", node.url)["height"] == 1
        assert asked("status", "--node", node.url)["height"] == 2
        # A folder is proved and verified while a node runs on it.
        assert asked("ledger", "verify", str(node.data))["signatures"] == 2
        assert node.stop() == 0

    folder, operator = str(tmp_path / "data"), node.operator.hex()
    report = asked("ledger", "verify", folder, "--kernels", "both")
    assert (report["verified"], report["height"], report["kernels"]) == (True, 2, "both")
    for words in (["--row", "parties", "2"], ["--row", "parties", "9", "--height", "1"]):
        file = str(tmp_path / f"row-{words[2]}.json")
        assert command("ledger", "prove", folder, *words, "--out", file).returncode == 0
        assert asked("verify", file, "--key", operator)["exists"] == (words[2] == "2")
    piped = command("ledger", "prove", folder, "--receipt", receipt["identity"], "--event", "1")
    path = tmp_path / "receipt.json"
    path.write_text(piped.stdout, encoding="utf-8")
    for key in (operator, str(tmp_path / "data" / "operator.key")):
        assert asked("verify", str(path), "--key", key)["events"][0]["name"] == "PartyAdmitted"
    path.write_text(piped.stdout.replace('"number": 1', '"number": 0'), encoding="utf-8")
    refused = command("verify", str(path), "--key", operator)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "not proved: receipt 0" in refused.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nod"], 2, 'Did you mean "node"?'),
        (["node", "--dta", "x"], 2, "--dta"),
        (["submit", "AdmitPary"], 2, "did you mean 'AdmitParty'?"),
        (["submit", "AdmitParty", "party"], 2, "'party': fields are given as name=value"),
        (["submit", "AdmitParty", "party=x"], 2, "AdmitParty.party: a whole number is needed"),
        (["submit", "RevokeKey", "key=" + "00" * 32], 2, "--key FILE and --party NUMBER are needed"),
        (["submit", "RevokeKey", "key=00", "key=00"], 2, "field 'key' is given twice"),
        (["submit", "RevokeKey", "key={"], 2, "key: no such JSON"),
        (["status", "--node", "http://127.0.0.1:1"], 1, "no answer"),
        (["status", "--node", "nonsense"], 1, "nonsense"),
        (["ledger", "verify", "/nowhere"], 1, "there is no ledger here"),
        (["ledger", "prove", "/nowhere"], 2, "one of --row TABLE KEY... and --receipt IDENTITY"),
        (["ledger", "prove", "/nowhere", "--receipt", "xy"], 1, "there is no ledger here"),
        (["ledger", "prove", "/nowhere", "--row", "parties", "1", "--event", "1"], 2, "--event goes with --receipt"),
        (["verify", "/nowhere", "--key", "00" * 32], 1, "/nowhere"),
        (["verify", "/nowhere", "--key", "00"], 1, "00"),
        (["keys", "show", "/nowhere"], 1, "No such file"),
    ],
)
def test_a_wrong_call_gets_one_line_and_its_exit_code(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert "Traceback" not in printed.err


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name, _, purpose in COMMANDS:
        assert main([name, "--help"]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert "Usage: yuzhong" in text, name
        assert purpose.split(":")[0].rstrip(".") in text, name


def test_a_types_fields_are_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "AdmitParty", "--describe"]) == 0
    assert "one of ORGANISATION, PERSON" in capsys.readouterr().out


def test_doctor_finds_this_machine_well(tmp_path: Path) -> None:
    done = command("doctor", "--json", "--data", str(tmp_path / "not" / "yet"))
    report = json.loads(done.stdout)
    assert (done.returncode, report["well"]) == (0, True), report
    found = {finding["what"] for finding in report["findings"]}
    expected = {"Python", "Rust kernels", "cargo", "cc", "disk space", "file system", "sync", "clock", "text output"}
    assert expected <= found


def test_doctor_says_what_is_missing_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yuzhong.cli import checkup

    monkeypatch.setattr(checkup, "SPACE_NEEDED", 2**62)
    monkeypatch.setattr(checkup, "KERNEL_FUNCTIONS", ("not_there",))
    monkeypatch.setattr(checkup, "_mounted", lambda _: "tmpfs")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    findings = {finding.what: finding for finding in examine(tmp_path)}
    states = {what: finding.state for what, finding in findings.items()}
    assert states["disk space"] == states["Rust kernels"] == MISSING
    assert states["file system"] == states["cargo"] == states["cc"] == CARE
    assert all(finding.advice for finding in findings.values() if finding.state in (MISSING, CARE))
