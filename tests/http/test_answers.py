"""What the node answers about itself and its ledger, and what an outsider may not learn from it."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Iterable, Iterator

import pytest

from tests.http.support import Served, admit, assert_problem, key_of
from yuzhong.client import Problem, SigningKey
from yuzhong.client.signing import identity
from yuzhong.ledger.merkle_log import tree_root
from yuzhong.ledger.proofs import ProvedAbsence, parse_proof
from yuzhong.ledger.sequences import KEY_WINDOWS
from yuzhong.ledger.tables import Privacy
from yuzhong.serving import checkpoint

KEY = SigningKey.from_seed(bytes(32)).key_id


def test_a_receipt_has_place_code_and_the_signers_events(served: Served) -> None:
    signed = served.operator.sign(admit(2, "Bank 银行"))
    receipt = served.client.submit(signed)
    assert receipt.identity == identity(served.client.chain, signed).hex()
    assert (receipt.code, receipt.code_name, receipt.height, receipt.position, receipt.number) == (
        0,
        "ACCEPTED",
        1,
        0,
        1,
    )
    event = receipt.events[0]
    assert (event["number"], event["name"]) == (1, "PartyAdmitted")
    assert event["fields"]["name"] == "Bank 银行"
    assert event["fields"]["kind"] == "ORGANISATION"
    assert event["fields"]["key"] == key_of(2).key_id.hex()


def test_everybody_with_the_identity_sees_the_verdict_but_no_events(served: Served) -> None:
    receipt = served.client.submit(served.operator.sign(admit(2)))
    place = served.client.receipt(receipt.identity)
    assert place is not None
    assert (place.code_name, place.height, place.number) == ("ACCEPTED", 1, 1)
    assert set(served.http.get(f"/v1/receipts/{receipt.identity}").json()) == {
        "identity",
        "code",
        "code_name",
        "height",
        "position",
        "number",
    }
    assert served.client.receipt("ab" * 32) is None
    assert_problem(served.http.get("/v1/receipts/xyz"), 400, "malformed")
    assert_problem(served.http.get(f"/v1/receipts/{receipt.identity.upper()}"), 400, "malformed")


def test_status_says_where_the_ledger_stands(served: Served) -> None:
    served.client.submit(served.operator.sign(admit(2)))
    status = served.client.status()
    app = served.node.head.app
    assert status["chain_id"] == served.node.chain_id
    assert status["height"] == 1
    assert status["time"] == served.node.head.time
    assert status["state_root"] == app.state_root.hex()
    assert status["receipts_count"] == 2
    assert status["clock"] == "system"
    assert status["kernels"] == "rust"
    assert status["operator_key"] == served.node.key.public.hex()


def test_genesis_is_readable_and_its_bytes_end_the_chain_id(served: Served) -> None:
    genesis = served.client.genesis()
    assert genesis["acts"][0]["name"] == "AdmitParty"
    assert genesis["acts"][0]["fields"]["roles"] == ["OPERATOR", "REGISTRAR", "MARKET_CONTROL"]
    digest = hashlib.sha256(base64.b64decode(genesis["cbor"])).digest()
    assert served.node.chain_id == f"yuzhong-{digest[:8].hex()}"


def test_rows_of_public_tables_are_read_by_their_key(served: Served) -> None:
    served.client.submit(served.operator.sign(admit(2)))
    assert served.client.row("parties", 2)["row"]["name"] == "Member"
    assert served.client.row("parties", 3)["row"] is None
    assert served.client.row("receipts_log")["row"]["count"] == 2
    assert served.client.row("key_windows", served.operator.key_id.hex())["row"]["highest"] == 1


@pytest.mark.parametrize("path", ["party_keys/" + "00" * 32, "positions/1/1", "authorizations/1/2"])
def test_rows_of_private_tables_are_not_for_everybody(served: Served, path: str) -> None:
    assert_problem(served.http.get(f"/v1/rows/{path}"), 403, "row-is-private")
    assert_problem(served.http.get(f"/v1/proofs/rows/{path}"), 403, "row-is-private")


@pytest.mark.parametrize(
    "path",
    [
        "partys/1",
        "parties",
        "parties/1/2",
        "parties/x",
        "parties/-1",
        "parties/99999999999999999999",
        "key_windows/zz",
        "parties/٣",
    ],
)
def test_what_names_no_row_is_not_found(served: Served, path: str) -> None:
    assert_problem(served.http.get(f"/v1/rows/{path}"), 404, "not-found")


def test_proofs_that_the_node_serves_hold(served: Served) -> None:
    receipt = served.client.submit(served.operator.sign(admit(2)))
    operator = served.node.key.public
    there = served.client.check_proof(served.client.prove_row("parties", 2), operator).to_plain()
    assert (there["exists"], there["row"]["name"], there["height"]) == (True, "Member", 1)
    # With more rows, some absent key has public neighbours whatever the operator's key is.
    served.client.submit_many([served.operator.sign(admit(party)) for party in range(3, 60)])
    _, file = next(absence_proofs(served, range(60, 2_000)))
    absent = served.client.check_proof(file, operator).to_plain()
    assert (absent["exists"], absent["row"]) == (False, None)
    proved = served.client.check_proof(served.client.prove_receipt(receipt.identity), operator).to_plain()
    assert (proved["identity"], proved["code_name"], proved["hidden_events"]) == (receipt.identity, "ACCEPTED", 1)
    assert proved["events"] == []
    assert_problem(served.http.get("/v1/proofs/receipts/" + "ab" * 32), 404, "receipt-not-found")


def test_no_proof_of_absence_shows_a_row_that_is_not_for_everybody(served: Served) -> None:
    served.client.submit_many([served.operator.sign(admit(party)) for party in range(2, 100)])
    tables = {table.number: table for table in served.node.machine.tables}
    chance = random.Random(4)
    asked = [chance.randrange(1_000, 2**62) for _ in range(400)]
    shown = list(absence_proofs(served, asked))
    assert 0 < len(shown) < len(asked)
    for _, file in shown:
        proved = parse_proof(base64.b64decode(json.loads(file)["proof"]))
        assert isinstance(proved, ProvedAbsence)
        rows = [row for row in (proved.left, proved.right) if row is not None]
        found = [tables[int.from_bytes(row.key[:2], "big")] for row in rows]
        assert {table.privacy for table in found} == {Privacy.PUBLIC}
        assert KEY_WINDOWS not in found
    refused = next(party for party in asked if party not in dict(shown))
    problem = assert_problem(served.http.get(f"/v1/proofs/rows/parties/{refused}"), 403, "row-is-private")
    assert "yuzhong ledger prove" in problem["detail"]
    assert served.client.row("parties", refused)["row"] is None


def absence_proofs(served: Served, parties: Iterable[int]) -> Iterator[tuple[int, str]]:
    """The proof files that the node gives for parties that are not there."""
    for party in parties:
        try:
            yield party, served.client.prove_row("parties", party)
        except Problem as problem:
            if problem.code != "row-is-private":
                raise


def test_checkpoint_and_tiles_fit_together(served: Served) -> None:
    served.client.submit_many([served.operator.sign(admit(party)) for party in range(2, 300)])
    served.node.wait_projected()
    head = checkpoint.verify(served.client.checkpoint(), served.node.key.public)
    assert (head.size, head.root) == (299, served.node.head.app.receipts_root)
    entries = served.http.get("/tile/entries/000").content + served.http.get("/tile/entries/001.p/43").content
    split = [entries[at + 2 : at + 34] for at in range(0, len(entries), 34)]
    assert len(split) == 299
    assert tree_root(split) == head.root
    full = served.http.get("/tile/0/000")
    assert len(full.content) == 256 * 32
    assert "immutable" in full.headers["cache-control"]
    for path in ("/tile/0/001", "/tile/0/001.p/44", "/tile/9/000", "/tile/0/0", "/tile/../checkpoint"):
        assert served.http.get(path).status_code in (404, 200 if path.endswith("checkpoint") else 404)


def test_an_answer_shows_nobody_elses_events(served: Served) -> None:
    from tests.http.market import crossing_orders

    maker, taker = crossing_orders(served)
    assert taker.is_accepted
    assert taker.hidden_events > 0
    text = json.dumps(taker.events)
    assert str(maker.party) not in [str(value) for event in taker.events for value in event["fields"].values()]
    assert maker.account not in text


def test_health_ready_and_metrics(served: Served) -> None:
    served.client.submit(served.operator.sign(admit(2)))
    assert served.http.get("/health").json() == {"status": "alive"}
    assert served.http.get("/ready").json()["status"] == "ready"
    served.post(b"")
    text = served.http.get("/metrics").text
    assert "yuzhong_height 1.0" in text
    assert 'yuzhong_receipts_total{code="ACCEPTED"} 1.0' in text
    assert 'yuzhong_http_requests_total{route="/v1/transactions",status="200"} 1.0' in text
    assert 'yuzhong_http_requests_total{route="/v1/transactions",status="400"} 1.0' in text
    assert "yuzhong_ready 1.0" in text


def test_what_is_not_there_and_what_is_not_done_are_problems_too(served: Served) -> None:
    assert_problem(served.http.get("/v2/nothing"), 404, "not-found")
    answer = served.http.get("/v1/transactions")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
