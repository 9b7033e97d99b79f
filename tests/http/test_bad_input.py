"""Whatever a stranger sends: a 4xx problem or a numbered rejection, the state as it was but for a used sequence."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.support import Served, admit, assert_problem
from yuzhong.client import Chain, Problem, Receipt, SeededSigner, SigningKey
from yuzhong.client.keys import P256_ORDER
from yuzhong.client.signing import to_batch, to_cose
from yuzhong.ledger.header import ChainId
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.outcomes import AdmissionRejection
from yuzhong.ledger.twins import cbor

KEY = SigningKey.from_seed(bytes(32)).key_id


def good(served: Served, party: int = 2) -> Signed:
    return served.operator.sign(admit(party))


def high_s(signed: Signed) -> Signed:
    """The other s of a P-256 signature, which verifies just as well."""
    protected, payload, signature = signed
    s = int.from_bytes(signature[32:], "big")
    return protected, payload, signature[:32] + (P256_ORDER - s).to_bytes(32, "big")


def malformed_messages(served: Served) -> dict[str, tuple[bytes, str]]:
    """Bodies that are refused before they are ordered, with the code of the problem."""
    protected, payload, signature = good(served)
    p256 = SeededSigner(served.client.chain, 1, "p256", "p256")
    elsewhere = SeededSigner(Chain(served.client.machine.body, ChainId("yuzhong-0000000000000000")), 1, "elsewhere")
    parts: list[object] = [protected, {}, payload, signature]
    return {
        "empty": (b"", "malformed"),
        "no CBOR": (b"\xff\x00", "malformed"),
        "JSON": (b'{"party": 1}', "malformed"),
        "cut off": (to_cose((protected, payload, signature))[:-1], "malformed"),
        "trailing byte": (to_cose((protected, payload, signature)) + b"\x00", "malformed"),
        "tagged": (b"\xd2" + to_cose((protected, payload, signature)), "malformed"),
        "not the shortest form": (b"\x98\x04" + to_cose((protected, payload, signature))[1:], "malformed"),
        "five parts": (cbor.encode([*parts, b""]), "malformed"),
        "filled unprotected header": (cbor.encode([protected, {4: b"kid"}, payload, signature]), "malformed"),
        "no payload": (cbor.encode([protected, {}, None, signature]), "malformed"),
        "oversized payload": (cbor.encode([protected, {}, bytes(16_385), signature[:1]]), "malformed"),
        "other header": (to_cose((b"\xa1" + protected[1:3], payload, signature)), "malformed"),
        "no body in the payload": (to_cose(served.operator.sign_payload(b"\x80")), "malformed"),
        "unknown transaction": (
            to_cose(served.operator.sign_payload(cbor.encode([1, 1, 1, 1, bytes(16), [9_999]]))),
            "malformed",
        ),
        "out of bounds": (
            to_cose(served.operator.sign_payload(cbor.encode([1, -1, 1, 1, bytes(16), [1005, KEY]]))),
            "malformed",
        ),
        "spoilt signature": (to_cose((protected, payload, bytes(64))), "signature-must-verify"),
        "short signature": (to_cose((protected, payload, signature[:63])), "signature-must-verify"),
        "changed payload": (to_cose((protected, payload[:-1] + b"\x00", signature)), "signature-must-verify"),
        "high s": (to_cose(high_s(p256.sign(admit(3)))), "signature-must-verify"),
        "other chain": (to_cose(elsewhere.sign(admit(3))), "signature-must-verify"),
    }


def test_malformed_and_wrongly_signed_messages_are_problems_and_leave_no_trace(served: Served) -> None:
    before = served.state()
    for what, (body, code) in malformed_messages(served).items():
        problem = assert_problem(served.post(body), 400, code)
        assert served.state() == before, what
        if code == "signature-must-verify":
            assert served.node.chain_id in problem["detail"], what


def test_a_tagged_message_is_told_what_is_wrong(served: Served) -> None:
    body, _ = malformed_messages(served)["tagged"]
    assert "tag" in served.post(body).json()["detail"]


def test_a_malformed_payload_is_told_which_field_is_wrong(served: Served) -> None:
    body, _ = malformed_messages(served)["out of bounds"]
    assert "party" in served.post(body).json()["detail"]


def test_an_unknown_key_is_refused_before_it_is_ordered(served: Served) -> None:
    before = served.state()
    signed = served.stranger().sign(admit(3))
    problem = assert_problem(served.post(to_cose(signed)), 422, "key-must-be-registered")
    assert problem["key"] == served.stranger().key_id.hex()
    assert served.state() == before


def test_an_unknown_key_in_a_batch_is_ordered_only_after_an_act_that_names_it(served: Served) -> None:
    newcomer = SeededSigner(served.client.chain, 7, "newcomer")
    batch = [
        served.stranger().sign(admit(3)),
        newcomer.sign(admit(9)),
        served.stranger().sign(admit(10, key=newcomer.key_id)),
        served.operator.sign(admit(7, key=newcomer.key_id)),
        newcomer.sign(admit(8)),
        served.stranger().sign(admit(11)),
    ]
    *strangers, admitted, by_newcomer, last = served.client.submit_many(batch)
    for refused in (*strangers, last):
        assert isinstance(refused, Problem)
        assert refused.code == "key-must-be-registered"
    assert served.node.head.app.receipts_count == 3
    assert isinstance(admitted, Receipt)
    assert admitted.is_accepted
    # The newcomer's key was registered one place earlier; that it is no registrar is the rule's own rejection.
    assert isinstance(by_newcomer, Receipt)
    assert by_newcomer.code_name == "SIGNER_MUST_BE_REGISTRAR"


def test_a_key_that_an_act_named_but_did_not_register_gets_its_numbered_rejection(served: Served) -> None:
    newcomer = SeededSigner(served.client.chain, 7, "newcomer")
    batch = [served.operator.sign(admit(1, key=newcomer.key_id)), newcomer.sign(admit(8))]
    taken, by_newcomer = served.client.submit_many(batch)
    assert isinstance(taken, Receipt)
    assert taken.code_name == "PARTY_MUST_BE_NEW"
    assert isinstance(by_newcomer, Receipt)
    assert by_newcomer.code == AdmissionRejection.KEY_MUST_BE_REGISTERED


def test_an_expired_transaction_gets_its_numbered_rejection_and_uses_its_sequence_only(served: Served) -> None:
    served.client.submit(good(served))
    before = served.rows()
    receipt = served.client.submit(served.operator.sign(admit(3), valid_until=1))
    assert receipt.code == AdmissionRejection.TRANSACTION_MUST_NOT_BE_EXPIRED
    after = served.rows()
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed == {served.window(served.operator.key_id)}


def test_a_rejected_transaction_uses_its_sequence_only(served: Served) -> None:
    served.client.submit(good(served))
    before = served.rows()
    receipt = served.client.submit(good(served))
    assert receipt.code_name == "PARTY_MUST_BE_NEW"
    after = served.rows()
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed == {served.window(served.operator.key_id)}


def test_the_same_bytes_sent_again_bring_the_first_receipt(served: Served) -> None:
    signed = good(served)
    first = served.client.submit(signed)
    after = served.state()
    assert served.client.submit(signed) == first
    served.node.wait_projected()
    assert served.client.submit(signed) == first
    assert served.state() == after
    assert first.events[0]["name"] == "PartyAdmitted"


def test_the_same_content_signed_twice_under_one_sequence_is_rejected_the_second_time(served: Served) -> None:
    act = admit(2)
    first = served.client.submit(served.operator.sign(act, sequence=10))
    second = served.client.submit(served.operator.sign(act, sequence=10))
    assert first.is_accepted
    assert second.code == AdmissionRejection.SEQUENCE_MUST_BE_UNUSED


def test_a_sequence_far_outside_the_window_is_rejected(served: Served) -> None:
    receipt = served.client.submit(served.operator.sign(admit(2), sequence=2_000_000))
    assert receipt.code == AdmissionRejection.SEQUENCE_MUST_BE_IN_WINDOW


def test_bad_items_of_a_batch_leave_the_good_ones_unharmed(served: Served) -> None:
    protected, payload, _ = good(served, 2)
    batch = [
        good(served, 3),
        (protected, payload, bytes(64)),
        good(served, 4),
        served.operator.sign_payload(b"\x80"),
        good(served, 4),
        good(served, 5),
    ]
    answers = served.client.submit_many(batch)
    codes = [answer.code if isinstance(answer, Problem) else answer.code_name for answer in answers]
    assert codes == ["ACCEPTED", "signature-must-verify", "ACCEPTED", "malformed", "PARTY_MUST_BE_NEW", "ACCEPTED"]
    assert [served.client.row("parties", party)["row"] is None for party in (2, 3, 4, 5)] == [True, False, False, False]


def test_malformed_batches_are_problems_and_leave_no_trace(served: Served) -> None:
    before = served.state()
    whole = to_batch(served.client.machine.batch, [good(served)])
    bad_index = cbor.encode([2, [], [[3, 0, b"payload", bytes(64)]]])
    for body in (b"", b"\x00", whole[:-1], whole + b"\x00", b"\xd8\x18" + whole, to_cose(good(served)), bad_index):
        assert_problem(served.post(body, "application/cbor", "/v1/batches"), 400, "malformed")
    assert served.state() == before


def test_an_empty_batch_is_answered_with_nothing(served: Served) -> None:
    assert served.client.submit_many([]) == []
    answer = served.post(to_batch(served.client.machine.batch, []), "application/cbor", "/v1/batches")
    assert answer.json() == {"results": []}


def test_a_batch_of_more_than_1000_is_malformed(served: Served) -> None:
    protected, payload, signature = good(served)
    items = [[3, 0, payload, signature]] * 1_001
    body = cbor.encode([2, [protected], items])
    assert_problem(served.post(body, "application/cbor", "/v1/batches"), 400, "malformed")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=400), spot=st.integers(0, 10_000), bit=st.integers(0, 7), media=st.booleans())
def test_no_bytes_whatever_give_a_server_error(served: Served, data: bytes, spot: int, bit: int, media: bool) -> None:
    whole = bytearray(to_cose(served.operator.sign(admit(2), sequence=1)))
    whole[spot % len(whole)] ^= 1 << bit
    for body in (data, bytes(whole)):
        for path, kind in (("/v1/transactions", "application/cose"), ("/v1/batches", "application/cbor")):
            answer = served.post(body, kind if media else "application/json", path)
            assert 400 <= answer.status_code < 500, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
    assert served.node.head.height == 0


@pytest.mark.parametrize("field", ["protected", "payload", "signature"])
def test_a_body_with_any_part_of_another_transaction_does_not_verify(served: Served, field: str) -> None:
    from yuzhong.ledger.signatures import SignedMessage, encode_signed

    one = SignedMessage(*good(served))
    other = SignedMessage(*served.stranger().sign(admit(4)))
    mixed = dataclasses.replace(one, **{field: getattr(other, field)})
    answer = served.post(encode_signed(mixed))
    assert_problem(answer, 400, "signature-must-verify")
