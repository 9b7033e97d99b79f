"""Proof files: made offline for any height, checked with the operator's key alone, refused whatever is changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.support import Served, admit, serve
from yuzhong.catalogue import FEATURES
from yuzhong.client import SigningKey
from yuzhong.ledger.failures import FormError, InvalidBlock
from yuzhong.ledger.feature import Machine, assemble
from yuzhong.ledger.kernels import choose
from yuzhong.node.errors import NoLedger
from yuzhong.node.prove import NotProvable, Prover
from yuzhong.serving import proof_files
from yuzhong.serving.proof_checks import Checked, check_proof

KEY = SigningKey.from_seed(bytes(32)).key_id
PARTIES = 12


class Ledger:
    """A data folder that no node runs on, and what is known of it."""

    def __init__(self, served: Served) -> None:
        self.folder = served.config.data
        self.operator = served.node.key.public
        self.identities: list[str] = []
        self.roots: list[bytes] = [served.node.head.app.state_root]
        for party in range(2, PARTIES):
            receipt = served.client.submit(served.operator.sign(admit(party, f"Member {party}")))
            self.identities.append(receipt.identity)
            self.roots.append(served.node.head.app.state_root)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    with serve(tmp_path_factory.mktemp("ledger")) as served:
        return Ledger(served)


@pytest.fixture(scope="module")
def machine() -> Machine:
    return assemble(FEATURES, choose("rust"))


def check(text: str, ledger: Ledger, machine: Machine) -> Checked:
    return check_proof(text, ledger.operator, machine)


def row_text(ledger: Ledger, table: str, *key: str, height: int | None = None) -> str:
    return proof_files.write(Prover(ledger.folder, FEATURES).prove_row(table, key, height))


def receipt_text(ledger: Ledger, place: int, *events: int, height: int | None = None) -> str:
    identity = bytes.fromhex(ledger.identities[place])
    return proof_files.write(Prover(ledger.folder, FEATURES).prove_receipt(identity, events, height))


@pytest.mark.parametrize("kernels", ["rust", "python"])
def test_a_row_is_proved_at_every_height_as_it_was_then(ledger: Ledger, machine: Machine, kernels: str) -> None:
    prover = Prover(ledger.folder, FEATURES, kernels)
    for height, root in enumerate(ledger.roots):
        proof = prover.prove_row("parties", ["5"], height)
        assert proof.committed.app.state_root == root
        plain = check(proof_files.write(proof), ledger, machine).to_plain()
        assert plain["height"] == height
        assert plain["exists"] == (height >= 4)
        assert (plain["row"] or {"name": None})["name"] == ("Member 5" if height >= 4 else None)


def test_a_private_row_is_proved_by_whoever_holds_the_folder(ledger: Ledger, machine: Machine) -> None:
    key = SigningKey.load(ledger.folder / "operator.key")
    plain = check(row_text(ledger, "party_keys", key.key_id.hex()), ledger, machine).to_plain()
    assert plain["row"]["role"] == "OWNER"
    assert plain["key"] == {"key": key.key_id.hex()}


def test_a_receipt_is_proved_with_one_event_shown_or_none(ledger: Ledger, machine: Machine) -> None:
    for height in (3, 7, None):
        hidden = check(receipt_text(ledger, 2, height=height), ledger, machine).to_plain()
        assert (hidden["identity"], hidden["code"], hidden["number"]) == (ledger.identities[2], 0, 3)
        assert (hidden["events"], hidden["hidden_events"]) == ([], 1)
        shown = check(receipt_text(ledger, 2, 1, height=height), ledger, machine).to_plain()
        assert shown["hidden_events"] == 0
        assert shown["events"][0]["fields"]["name"] == "Member 4"
        assert shown["height"] == (PARTIES - 2 if height is None else height)


def test_what_is_not_there_cannot_be_proved(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(NotProvable, match="no receipt"):
        receipt_text(ledger, 5, height=2)
    with pytest.raises(NotProvable, match="there is no event 2"):
        receipt_text(ledger, 5, 2)
    with pytest.raises(NotProvable, match="no block 99; the newest is 10"):
        row_text(ledger, "parties", "1", height=99)
    with pytest.raises(FormError, match="did you mean 'parties'"):
        row_text(ledger, "partis", "1")
    with pytest.raises(FormError, match="1 were given"):
        row_text(ledger, "positions", "1")
    with pytest.raises(NoLedger):
        Prover(tmp_path, FEATURES)


def changes(given: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place in a JSON value, with something else to stand there."""
    if isinstance(given, dict):
        for name, value in given.items():
            yield from changes(value, (*path, name))
    elif isinstance(given, list):
        for place, value in enumerate(given):
            yield from changes(value, (*path, place))
    elif isinstance(given, str):
        for place in {0, len(given) // 2, len(given) - 1} & set(range(len(given))):
            yield path, given[:place] + ("1" if given[place] != "1" else "2") + given[place + 1 :]
        yield path, given[:-2]
        yield path, given + "00"
        yield path, given.upper() if given != given.upper() else given.lower()
        yield path, None
    elif isinstance(given, int):
        yield from ((path, other) for other in (given + 1, given - 1, str(given), True, None, 2**70))
    elif given is None:
        yield from ((path, other) for other in ("", "00", 0, False))


def refusal(text: str, ledger: Ledger, machine: Machine) -> str:
    """Why a file is refused; empty where it is accepted."""
    try:
        check(text, ledger, machine)
    except (FormError, InvalidBlock) as error:
        return str(error)
    return ""


def replaced(given: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(given)
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return made


def proofs(ledger: Ledger) -> dict[str, str]:
    return {
        "a row": row_text(ledger, "parties", "5"),
        "an absent row": row_text(ledger, "parties", "77"),
        "a private row": row_text(ledger, "party_keys", SigningKey.load(ledger.folder / "operator.key").key_id.hex()),
        "a receipt": receipt_text(ledger, 4),
        "an event": receipt_text(ledger, 4, 1),
    }


def test_every_single_change_to_a_proof_file_is_refused(ledger: Ledger, machine: Machine) -> None:
    count = 0
    for what, text in proofs(ledger).items():
        given = json.loads(text)
        check(text, ledger, machine)
        for path, other in changes(given):
            changed = json.dumps(replaced(given, path, other))
            if json.loads(changed) == given:
                continue
            assert refusal(changed, ledger, machine), f"{what}: {path} = {other!r} is accepted"
            count += 1
    assert count > 200


def test_missing_added_and_doubled_parts_are_refused(ledger: Ledger, machine: Machine) -> None:
    for text in proofs(ledger).values():
        given = json.loads(text)
        for name in given:
            without = {other: value for other, value in given.items() if other != name}
            with pytest.raises(FormError):
                check(json.dumps(without), ledger, machine)
        with pytest.raises(FormError, match="unknown field 'note'"):
            check(json.dumps({**given, "note": 1}), ledger, machine)
        with pytest.raises(FormError, match="twice"):
            check(text.replace('"kind"', '"format": "yuzhong/proof/1", "kind"'), ledger, machine)
        for name in ("leaves", "path"):
            if given.get(name):
                for other in (given[name][:-1], [*given[name], given[name][-1]], given[name][::-1]):
                    if other != given[name]:
                        with pytest.raises((FormError, InvalidBlock)):
                            check(json.dumps({**given, name: other}), ledger, machine)


def test_a_part_of_another_proof_does_not_fit(ledger: Ledger, machine: Machine) -> None:
    one, other = json.loads(row_text(ledger, "parties", "5")), json.loads(row_text(ledger, "parties", "6", height=8))
    for name in ("header", "app", "key", "value", "proof"):
        with pytest.raises(InvalidBlock):
            check(json.dumps({**one, name: other[name]}), ledger, machine)
    first, second = json.loads(receipt_text(ledger, 2)), json.loads(receipt_text(ledger, 3, height=8))
    for name in ("header", "app", "number", "leaves", "path"):
        with pytest.raises(InvalidBlock):
            check(json.dumps({**first, name: second[name]}), ledger, machine)


def test_another_operators_key_is_refused_by_name(ledger: Ledger, machine: Machine) -> None:
    with pytest.raises(InvalidBlock, match="header key differs"):
        check_proof(row_text(ledger, "parties", "5"), bytes(range(32)), machine)


def test_a_header_signed_for_another_purpose_is_refused(ledger: Ledger, machine: Machine) -> None:
    import base64

    from yuzhong.ledger import signatures
    from yuzhong.ledger.signatures import SignedMessage

    key = SigningKey.load(ledger.folder / "operator.key")
    given = json.loads(row_text(ledger, "parties", "5"))
    message = signatures.decode_signed(base64.b64decode(given["header"]))
    context = signatures.TRANSACTION_CONTEXT + check(json.dumps(given), ledger, machine).header.chain_id.encode()
    signature = key.sign(signatures.sig_structure(key.protected, context, message.payload))
    forged = signatures.encode_signed(SignedMessage(key.protected, message.payload, signature))
    with pytest.raises(InvalidBlock, match="header signature"):
        check(json.dumps({**given, "header": base64.b64encode(forged).decode()}), ledger, machine)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "{",
        '{"format": "yuzhong/proof/2"}',
        "[" * 10_000,
        '{"format": 1.5}',
        '{"format": NaN}',
        " " * 2_000_000,
    ],
)
def test_what_is_no_proof_file_is_refused_as_such(text: str, ledger: Ledger, machine: Machine) -> None:
    with pytest.raises(FormError):
        check(text, ledger, machine)


def test_bytes_that_are_no_text_are_refused_as_such(ledger: Ledger, machine: Machine) -> None:
    with pytest.raises(FormError):
        check_proof(b"\xff\xfe\x00", ledger.operator, machine)
