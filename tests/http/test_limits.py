"""Limits of size, speed and time, and trouble that is the node's own: each its problem, with when to try again."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from tests.http.support import Served, admit, assert_problem, serve
from yuzhong.client import Busy, NotReady, Problem
from yuzhong.client.signing import to_batch, to_cose
from yuzhong.ledger.outcomes import AdmissionRejection
from yuzhong.node import http_guard
from yuzhong.node.clock import LAST_MS
from yuzhong.node.errors import Busy as NodeBusy
from yuzhong.node.errors import Stopped, Unavailable
from yuzhong.node.solo import Node

DRIVEN = (
    'clock = "driven"\ntime = 1000\n[[acts]]\ntype = "AdmitParty"\nparty = 1\nkind = "ORGANISATION"\n'
    'name = "Operator"\n'
    f'digest = "{bytes(32).hex()}"\nroles = ["OPERATOR", "REGISTRAR"]\nkey = "operator"\n'
)


def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(served: Served) -> None:
    big = bytes(served.config.body_bytes + 1)

    def unsized() -> Any:
        for start in range(0, len(big), 65_536):
            yield big[start : start + 65_536]

    headers = {"content-type": "application/cbor"}
    assert_problem(served.http.post("/v1/batches", content=big, headers=headers), 413, "too-large")
    problem = assert_problem(served.http.post("/v1/batches", content=unsized(), headers=headers), 413, "too-large")
    assert problem["limit"] == served.config.body_bytes
    assert_problem(served.post(bytes(20_000)), 413, "too-large")


@pytest.mark.parametrize("media", ["", "application/json", "application/cbor", "text/plain; charset=utf-8", "garbage"])
def test_another_media_type_is_refused(served: Served, media: str) -> None:
    problem = assert_problem(served.post(b"\x80", media), 415, "unsupported-media-type")
    assert problem["accept"] == "application/cose"


def test_parameters_and_letter_case_of_the_media_type_do_not_matter(served: Served) -> None:
    body = to_cose(served.operator.sign(admit(2)))
    assert served.post(body, 'Application/COSE; cose-type="cose-sign1"').status_code == 200


def test_one_address_that_sends_too_fast_is_told_to_wait(tmp_path: Path) -> None:
    with serve(tmp_path, rate=1) as served:
        acts = [served.operator.sign(admit(party)) for party in range(2, 1_002)]
        assert len(served.client.submit_many(acts)) == 1_000
        with pytest.raises(Busy) as refused:
            served.client.submit(served.operator.sign(admit(5_000)))
        assert refused.value.code == "rate-limit"
        assert refused.value.retry_after == 1


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (NodeBusy("20000 transactions wait already"), 429, "queue-full"),
        (Unavailable(f"[Errno {errno.ENOSPC}] /srv/secret-place is full"), 503, "unavailable"),
        (Stopped("the node is stopping"), 503, "stopping"),
    ],
)
def test_what_the_node_cannot_take_now_is_to_be_sent_again(
    served: Served, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int, code: str
) -> None:
    def submit(*_: object) -> None:
        raise raised

    monkeypatch.setattr(served.node, "submit", submit)
    body = to_cose(served.operator.sign(admit(2)))
    answer = served.post(body)
    problem = assert_problem(answer, status, code)
    assert int(answer.headers["retry-after"]) >= 1
    assert "secret-place" not in str(problem)
    kind = Busy if status == 429 else NotReady
    with pytest.raises(kind):
        served.client.submit(served.operator.sign(admit(2)))


def test_a_node_whose_disk_is_in_trouble_is_not_ready_but_alive(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = served.node.status()
    monkeypatch.setattr(Node, "status", lambda _: type(status)(False, "no space left", {}, 0, 0))
    assert_problem(served.http.get("/ready"), 503, "unavailable")
    assert served.http.get("/health").status_code == 200


def test_a_fault_of_the_nodes_own_tells_the_sender_nothing_and_the_log_everything(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def submit(*_: object) -> None:
        raise KeyError("a secret detail")

    monkeypatch.setattr(served.node, "submit", submit)
    problem = assert_problem(served.post(to_cose(served.operator.sign(admit(2)))), 500, "internal")
    assert "secret detail" not in str(problem)
    logged = [record for record in caplog.records if record.name == http_guard.log.name]
    assert [record.exc_info is not None for record in logged] == [True]


def test_a_queue_that_is_full_takes_nothing_of_a_batch(tmp_path: Path) -> None:
    with serve(tmp_path, queue_transactions=10) as served:
        acts = [served.operator.sign(admit(party)) for party in range(2, 102)]
        with pytest.raises(Busy) as refused:
            served.client.submit_many(acts)
        assert (refused.value.status, refused.value.code) == (429, "queue-full")
        assert served.node.head.height == 0


def test_time_is_given_where_the_clock_is_driven_and_only_there(tmp_path: Path, served: Served) -> None:
    signed = served.operator.sign(admit(2))
    with pytest.raises(Problem) as refused:
        served.client.submit(signed, time_ms=5)
    assert refused.value.code == "time-not-taken"
    genesis = tmp_path / "genesis.toml"
    genesis.write_text(DRIVEN, encoding="utf-8")
    with serve(tmp_path / "driven", genesis=genesis) as driven:
        assert driven.client.status()["clock"] == "driven"
        act = driven.operator.sign(admit(2), valid_until=3_000)
        with pytest.raises(Problem) as refused:
            driven.client.submit(act)
        assert refused.value.code == "time-not-taken"
        assert driven.client.submit(act, time_ms=2_000).is_accepted
        assert driven.client.status()["time"] == 2_000
        with pytest.raises(Problem) as refused:
            driven.client.submit(driven.operator.sign(admit(3), valid_until=3_000), time_ms=1_999)
        assert (refused.value.status, refused.value.code) == (422, "time-not-taken")
        for far in (2_001 + driven.config.driven_step_ms, 999_999_999_999_999):
            with pytest.raises(Problem) as refused:
                driven.client.submit(driven.operator.sign(admit(3), valid_until=3_000), time_ms=far)
            assert (refused.value.status, refused.value.code) == (422, "time-not-taken")
            assert "driven_step_ms" in str(refused.value)
        late = driven.client.submit_many([driven.operator.sign(admit(3), valid_until=3_000)], time_ms=3_001)
        assert [answer.code for answer in late] == [AdmissionRejection.TRANSACTION_MUST_NOT_BE_EXPIRED]


def test_no_time_whatever_ends_a_node_whose_clock_may_take_any_step(tmp_path: Path) -> None:
    genesis = tmp_path / "genesis.toml"
    genesis.write_text(DRIVEN, encoding="utf-8")
    with serve(tmp_path, genesis=genesis, driven_step_ms=LAST_MS) as driven:
        for beyond in (LAST_MS + 1, 999_999_999_999_999):
            with pytest.raises(Problem) as refused:
                driven.client.submit(driven.operator.sign(admit(2), valid_until=LAST_MS), time_ms=beyond)
            assert (refused.value.status, refused.value.code) == (422, "time-not-taken")
        assert driven.node.failure is None
        assert driven.client.submit(driven.operator.sign(admit(2), valid_until=LAST_MS), time_ms=LAST_MS).is_accepted


@pytest.mark.parametrize("given", ["", "x", "-1", "1.5", "9" * 16])
def test_a_time_that_is_no_time_is_malformed(served: Served, given: str) -> None:
    body = to_batch(served.client.machine.batch, [])
    answer = served.post(body, "application/cbor", f"/v1/batches?time_ms={given}")
    assert_problem(answer, 400, "malformed")


@pytest.mark.parametrize(
    ("error", "status", "code"), [(Unavailable("behind"), 503, "unavailable"), (NodeBusy("full"), 429, "queue-full")]
)
def test_a_node_that_cannot_answer_now_says_so(
    served: Served, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(served.node, "receipt", refuse)
    monkeypatch.setattr(served.node, "prove_row", refuse)
    for path in (f"/v1/receipts/{'0' * 64}", f"/v1/proofs/receipts/{'0' * 64}", "/v1/rows/parties/1"):
        answer = served.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["retry-after"]
