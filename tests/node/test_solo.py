"""The solo node: ordering, answers, duplicates, limits, questions, due work, stopping."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.node import toy
from tests.node.conftest import NO_SPACE, SEED, SMALL, FaultyDisk, OpenNode, SetClock
from yuzhong.ledger import merkle_log, receipts, signatures
from yuzhong.ledger.failures import Stop
from yuzhong.ledger.genesis import Clock
from yuzhong.ledger.numbers import Millis, PartyId, Units
from yuzhong.ledger.outcomes import ACCEPTED, RULE_FAILED, AdmissionRejection
from yuzhong.node.blocks import header_codecs, header_context
from yuzhong.node.errors import Busy, FolderTaken, NoLedger, NotTaken, Stopped
from yuzhong.node.options import Options
from yuzhong.node.solo import Node
from yuzhong.node.waiting import Answer, item_size

SYSTEM = Clock.SYSTEM
WAIT = 20


def codes(answers: Future[list[Answer]]) -> list[int]:
    return [answer.receipt.code for answer in answers.result(WAIT)]


def test_a_data_folder_is_made_for_its_owner_only(open_node: OpenNode, tmp_path: Path) -> None:
    open_node()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "operator.key").stat().st_mode & 0o777 == 0o600


def test_an_empty_folder_and_nothing_to_found_a_ledger_with_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoLedger):
        Node.open(tmp_path / "data", features=toy.FEATURES)


def test_a_folder_has_one_owner_until_it_stops(open_node: OpenNode) -> None:
    node = open_node()
    with pytest.raises(FolderTaken, match="process"):
        open_node()
    node.stop()
    open_node().stop()


def test_answers_come_in_order_with_height_place_and_number_in_the_log(open_node: OpenNode, signer: toy.Signer) -> None:
    node = open_node()
    first = node.submit_block([signer.add(node.chain_id, tally, 5) for tally in (1, 2)], toy.START + 1)
    second = node.submit_block([signer.add(node.chain_id, 1, 0)], toy.START + 1)
    answers = first.result(WAIT) + second.result(WAIT)
    assert [answer[:3] for answer in answers] == [(1, 0, 1), (1, 1, 2), (2, 0, 3)]
    assert [answer.receipt.code for answer in answers] == [ACCEPTED, ACCEPTED, 900_201]
    assert answers[1].receipt.events == (toy.UnitsAdded(PartyId(2), Units(5)),)
    assert node.head.height == 2


def test_an_empty_block_moves_the_driven_clock(open_node: OpenNode) -> None:
    node = open_node()
    root = node.head.app.state_root
    assert node.submit_block([], toy.START + 77).result(WAIT) == []
    assert (node.head.height, node.head.time) == (1, toy.START + 77)
    assert node.head.app.state_root == root


def test_driven_time_never_goes_backwards(open_node: OpenNode) -> None:
    node = open_node()
    node.submit_block([], toy.START + 5)
    with pytest.raises(NotTaken, match="is before"):
        node.submit_block([], toy.START + 4)
    assert node.submit_block([], toy.START + 5).result(WAIT) == []


def test_each_clock_takes_only_what_fits_it(open_node: OpenNode, signer: toy.Signer, tmp_path: Path) -> None:
    driven, system = open_node(), open_node(tmp_path / "system", SYSTEM)
    with pytest.raises(NotTaken, match="time must come"):
        driven.submit([])
    with pytest.raises(NotTaken, match="machine's clock"):
        system.submit_block([], toy.START)
    with pytest.raises(NotTaken, match="at most 1000"):
        driven.submit_block([signer.add(driven.chain_id, 1, 1)] * 1_001, toy.START)


def test_the_same_blocks_give_the_same_roots(tmp_path: Path, open_node: OpenNode) -> None:
    heads = []
    for name in ("first", "second"):
        signer = toy.Signer(1)
        node = open_node(tmp_path / name)
        for time in range(5):
            node.submit_block([signer.add(node.chain_id, tally, time + 1) for tally in range(20)], toy.START + time)
        node.stop()
        heads.append(node.head)
    assert heads[0] == heads[1]


def test_on_a_system_clock_what_waits_goes_into_blocks_in_order(open_node: OpenNode, signer: toy.Signer) -> None:
    node = open_node(clock=SYSTEM)
    futures = [node.submit([signer.add(node.chain_id, 1, 1)]) for _ in range(50)]
    values = [future.result(WAIT)[0].receipt.events[0].value for future in futures]
    assert values == list(range(1, 51))
    assert node.head.time >= toy.START
    assert node.submit([]).result(WAIT) == []


def test_a_block_is_cut_at_its_limits(open_node: OpenNode, signer: toy.Signer) -> None:
    node = open_node(clock=SYSTEM, options=replace(SMALL, block_transactions=7))
    answers = node.submit([signer.add(node.chain_id, 1, 1) for _ in range(30)]).result(WAIT)
    heights = [answer.height for answer in answers]
    assert max(heights.count(height) for height in heights) == 7
    assert heights == sorted(heights)


def test_many_callers_share_blocks_and_syncs(open_node: OpenNode) -> None:
    """Group commit: a sync serves every block that waits for one."""
    disk = FaultyDisk()
    node = open_node(disk=disk)
    signer = toy.Signer(1)
    transactions = [[signer.add(node.chain_id, 1, 1)] for _ in range(200)]
    judged = [node.judge(one) for one in transactions]
    gate = threading.Event()
    original = disk.sync_data

    def slow_sync(fd: int) -> None:
        gate.wait(0.005)
        original(fd)

    disk.sync_data = slow_sync  # type: ignore[method-assign]
    before = node.segments.syncs
    futures = [node.submit_block(one, toy.START + place, judged[place]) for place, one in enumerate(transactions)]
    for future in futures:
        future.result(WAIT)
    assert node.head.height == 200
    assert node.segments.syncs - before < 100


def test_a_transaction_in_flight_shares_its_answer(open_node: OpenNode, signer: toy.Signer) -> None:
    node = open_node(clock=SYSTEM)
    one, two = signer.add(node.chain_id, 1, 1), signer.add(node.chain_id, 2, 1)
    futures = [node.submit([one, two, one]), node.submit([two]), node.submit([one])]
    first, second, again = futures[0].result(WAIT)
    assert again == first
    assert futures[1].result(WAIT) == [second]
    assert futures[2].result(WAIT) == [first]
    assert node.ask(lambda state: toy.TALLIES.get(state, 1)) == toy.Tally(Units(1))


def test_a_transaction_on_the_ledger_is_answered_with_its_first_receipt_also_after_a_restart(
    open_node: OpenNode, signer: toy.Signer
) -> None:
    node = open_node(clock=SYSTEM)
    signed = [signer.add(node.chain_id, 1, amount) for amount in (1, 0, 2)]
    first = node.submit(signed).result(WAIT)
    assert node.wait_projected(timeout=WAIT)
    height = node.head.height
    assert node.submit(signed).result(WAIT) == first
    node.stop()
    node = open_node(clock=SYSTEM)
    assert node.submit([signed[2], signed[0]]).result(WAIT) == [first[2], first[0]]
    assert node.head.height == height


def test_the_same_content_signed_twice_is_one_transaction(open_node: OpenNode, signer: toy.Signer) -> None:
    """An identity is of what was signed, so a second good signature on it changes nothing."""
    node = open_node(clock=SYSTEM)
    protected, payload, signature = signer.add(node.chain_id, 1, 1)
    first = node.submit([(protected, payload, signature)]).result(WAIT)
    assert node.submit([(protected, payload, bytes(signature))]).result(WAIT) == first


def test_a_spoilt_copy_gets_its_own_refusal_and_keeps_nobody_from_the_real_one(
    open_node: OpenNode, signer: toy.Signer
) -> None:
    node = open_node(clock=SYSTEM)
    protected, payload, signature = signer.add(node.chain_id, 1, 1)
    spoilt = (protected, payload, bytes(64))
    refused = node.submit([spoilt]).result(WAIT)[0]
    assert refused.receipt.code == int(AdmissionRejection.SIGNATURE_MUST_VERIFY)
    node.wait_projected(timeout=WAIT)
    assert node.receipt(refused.receipt.identity) == refused
    accepted = node.submit([(protected, payload, signature)]).result(WAIT)[0]
    assert accepted.receipt.code == ACCEPTED
    # Whoever cannot sign is not shown the receipt's events either.
    again = node.submit([spoilt]).result(WAIT)[0]
    assert again.receipt.code == int(AdmissionRejection.SIGNATURE_MUST_VERIFY)
    assert again.receipt.events == ()
    node.wait_projected(timeout=WAIT)
    assert node.receipt(accepted.receipt.identity) == accepted


def test_what_was_refused_without_using_its_sequence_may_come_again(open_node: OpenNode, signer: toy.Signer) -> None:
    node = open_node(clock=SYSTEM)
    late = toy.Signer(5)
    early = late.add(node.chain_id, 1, 1)
    assert codes(node.submit([early])) == [AdmissionRejection.KEY_MUST_BE_REGISTERED]
    register = signer.sign(node.chain_id, toy.RegisterKey(signatures.key_id(late.protected)))
    assert codes(node.submit([register])) == [ACCEPTED]
    assert codes(node.submit([early])) == [ACCEPTED]


def test_an_index_that_points_elsewhere_gives_no_wrong_receipt(
    open_node: OpenNode, signer: toy.Signer, tmp_path: Path
) -> None:
    node = open_node(clock=SYSTEM)
    signed = [signer.add(node.chain_id, 1, 1), signer.add(node.chain_id, 1, 1)]
    first, second = node.submit(signed).result(WAIT)
    node.stop()
    with closing(sqlite3.connect(tmp_path / "data" / "derived" / "receipts.sqlite")) as database, database:
        database.execute("UPDATE receipts SET position = 99 WHERE identity = ?", (first.receipt.identity,))
        database.execute("UPDATE receipts SET position = 0, height = 1 WHERE identity = ?", (second.receipt.identity,))
    node = open_node(clock=SYSTEM)
    assert node.receipt(first.receipt.identity) is None
    assert node.receipt(second.receipt.identity) is None
    assert codes(node.submit([signed[0]])) == [AdmissionRejection.SEQUENCE_MUST_BE_UNUSED]


def test_a_question_that_raises_harms_only_who_asked(open_node: OpenNode) -> None:
    node = open_node()
    with pytest.raises(ZeroDivisionError):
        node.ask(lambda state: 1 // 0)
    assert node.ask(lambda state: len(state.map)) > 0


def test_every_bad_transaction_gets_its_number_and_the_others_of_its_block_are_unharmed(
    open_node: OpenNode, signer: toy.Signer
) -> None:
    node = open_node()
    stranger = toy.Signer(99)
    good = signer.add(node.chain_id, 1, 1)
    sent = [
        (good[0], good[1], bytes(64)),
        (good[0], b"\x00", good[2]),
        good,
        stranger.add(node.chain_id, 1, 1),
        signer.add("another-0123456789abcdef", 1, 1),
        good,
        signer.sign(node.chain_id, toy.AddUnits(PartyId(1), Units(1), None), valid_until=Millis(toy.START - 1)),
        signer.add(node.chain_id, 1, 1),
    ]
    expected = [
        AdmissionRejection.SIGNATURE_MUST_VERIFY,
        AdmissionRejection.SIGNATURE_MUST_VERIFY,
        ACCEPTED,
        AdmissionRejection.KEY_MUST_BE_REGISTERED,
        AdmissionRejection.SIGNATURE_MUST_VERIFY,
        AdmissionRejection.SEQUENCE_MUST_BE_UNUSED,
        AdmissionRejection.TRANSACTION_MUST_NOT_BE_EXPIRED,
        ACCEPTED,
    ]
    assert codes(node.submit_block(sent, toy.START)) == [int(code) for code in expected]


def test_a_rule_that_fails_is_undone_counted_and_logged(
    open_node: OpenNode, signer: toy.Signer, caplog: pytest.LogCaptureFixture
) -> None:
    node = open_node()
    most = 2**62 - 1
    sent = [signer.add(node.chain_id, 1, most), signer.add(node.chain_id, 1, 1)]
    answers = node.submit_block(sent, toy.START).result(WAIT)
    assert [answer.receipt.code for answer in answers] == [ACCEPTED, RULE_FAILED]
    record = next(record for record in caplog.records if "rule failed" in record.message)
    assert record.__dict__["identity"] == answers[1].receipt.identity.hex()
    assert b"yuzhong_rule_failures_total 1.0" in node.metrics.exposition()
    assert b'yuzhong_receipts_total{code="RULE_FAILED"} 1.0' in node.metrics.exposition()


def test_an_unknown_exception_stops_the_node_naming_the_transaction_and_loses_nothing(
    open_node: OpenNode, signer: toy.Signer
) -> None:
    node = open_node()
    good = node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START)
    broken = signer.sign(node.chain_id, toy.BreakRule())
    identity = node.judge([broken])[0].identity.hex()
    bad = node.submit_block([signer.add(node.chain_id, 2, 1), broken], toy.START)
    assert codes(good) == [ACCEPTED]
    with pytest.raises(Stopped, match=rf"block 2, transaction 1 \({identity}\): ZeroDivisionError"):
        bad.result(WAIT)
    status = node.status()
    assert not status.ready
    assert status.reason is not None
    assert identity in status.reason
    with pytest.raises(Stopped):
        node.submit_block([], toy.START)
    with pytest.raises(Stopped):
        node.ask(lambda state: state)
    node.stop()
    again = open_node()
    assert again.head.height == 1


def test_more_than_the_queue_holds_is_refused_as_busy_and_nothing_of_it_taken(
    open_node: OpenNode, signer: toy.Signer
) -> None:
    node = open_node(clock=SYSTEM, options=replace(SMALL, queue_transactions=10))
    eleven = [signer.add(node.chain_id, 1, 1) for _ in range(11)]
    with pytest.raises(Busy):
        node.submit(eleven)
    assert len(node.submit(eleven[:10]).result(WAIT)) == 10
    assert node.ask(lambda state: toy.TALLIES.get(state, 1)) == toy.Tally(Units(10))


@pytest.mark.parametrize(
    "signed",
    [(b"", b"x", b""), (b"x" * 65, b"x", b""), (b"x", b"", b""), (b"x", b"x" * 16_385, b""), (b"x", b"x", b"x" * 129)],
)
def test_what_no_batch_can_hold_is_not_taken(open_node: OpenNode, signed: tuple[bytes, bytes, bytes]) -> None:
    node = open_node()
    with pytest.raises(NotTaken, match="transaction 0"):
        node.submit_block([signed], toy.START)
    assert node.submit_block([(b"x", b"x", b"")], toy.START).result(WAIT)[0].receipt.code == 1


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (replace(SMALL, block_bytes=500), "at most 500 bytes"),
        (replace(SMALL, block_cost_units=3), "cost at most 3 units; these cost 4"),
    ],
)
def test_a_driven_block_past_a_limit_is_not_taken_and_the_node_goes_on(
    open_node: OpenNode, signer: toy.Signer, limits: Options, words: str
) -> None:
    node = open_node(options=limits)
    sent = [signer.add(node.chain_id, 1, 1) for _ in range(4)]
    with pytest.raises(NotTaken, match=words):
        node.submit_block(sent, toy.START)
    assert codes(node.submit_block(sent[:1], toy.START)) == [ACCEPTED]


def test_the_largest_driven_block_that_is_taken_can_be_stored(open_node: OpenNode) -> None:
    node = open_node()
    signed = (bytes(64), bytes(16_384), bytes(128))
    count = Options().block_bytes // item_size(signed)
    assert len(node.submit_block([signed] * count, toy.START).result(WAIT)) == count
    with pytest.raises(NotTaken, match="bytes of transactions"):
        node.submit_block([signed] * (count + 1), toy.START)


def test_due_work_is_done_when_its_time_comes_though_nobody_sends_anything(
    open_node: OpenNode, signer: toy.Signer
) -> None:
    node = open_node(clock=SYSTEM)
    now = node.submit([signer.add(node.chain_id, 1, 1)]).result(WAIT)[0]
    time = node.head.time
    node.submit([signer.add(node.chain_id, 7, 1, forget_at=time + 150)]).result(WAIT)
    deadline = threading.Event()
    for _ in range(200):
        if node.head.time >= time + 150:
            break
        deadline.wait(0.02)
    assert node.ask(lambda state: toy.TALLIES.get(state, 7)) is None
    assert node.ask(lambda state: toy.TALLIES.get(state, 1)) is not None
    assert now.height < node.head.height


def test_due_works_receipts_stand_before_those_of_the_blocks_transactions(
    open_node: OpenNode, signer: toy.Signer
) -> None:
    node = open_node()
    node.submit_block([signer.add(node.chain_id, 7, 1, forget_at=toy.START + 9)], toy.START)
    answer = node.submit_block([signer.add(node.chain_id, 8, 1)], toy.START + 9).result(WAIT)[0]
    assert answer[:3] == (2, 1, 3)
    node.wait_projected(timeout=WAIT)
    decode = node.machine.receipts.receipt.decode
    due_receipt, _ = [decode(data) for data in node.block(2).receipts]
    assert due_receipt.events == (toy.TallyForgotten(PartyId(7)),)
    assert node.receipt(due_receipt.identity) == Answer(2, 0, 2, due_receipt)


def test_a_clock_that_is_set_stops_the_node(open_node: OpenNode, signer: toy.Signer) -> None:
    source = SetClock()
    node = open_node(clock=SYSTEM, source=source)
    assert codes(node.submit([signer.add(node.chain_id, 1, 1)])) == [ACCEPTED]
    source.wall += 60_000
    wait_for(lambda: node.status().reason is not None)
    assert "clock was set" in str(node.status().reason)


def test_a_clock_behind_the_last_block_keeps_the_node_from_starting(open_node: OpenNode) -> None:
    open_node(clock=SYSTEM, source=SetClock()).stop()
    with pytest.raises(Stop, match="1 ms before"):
        open_node(clock=SYSTEM, source=SetClock(toy.START - 1))


def test_a_row_is_proved_against_the_newest_header(open_node: OpenNode, signer: toy.Signer) -> None:
    node = open_node()
    node.submit_block([signer.add(node.chain_id, 3, 9)], toy.START).result(WAIT)
    proved = node.prove_row(toy.TALLIES.pack(3))
    assert proved.value is not None
    assert proved.proof
    codecs = header_codecs(node.machine.kernels)
    assert proved.block.height == 1
    assert codecs.app_of(proved.block) == node.head.app
    assert node.prove_row(toy.TALLIES.pack(4)).value is None


def test_headers_are_signed_by_the_operator(open_node: OpenNode) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    node = open_node()
    message = signatures.decode_signed(node.synced.block.signed_header)
    structure = signatures.sig_structure(message.protected, header_context(node.chain_id), message.payload)
    Ed25519PublicKey.from_public_bytes(node.key.public).verify(message.signature, structure)
    assert message.protected == node.genesis.operator


def test_receipts_are_proved_from_tiles_against_the_projected_header(open_node: OpenNode, signer: toy.Signer) -> None:
    node = open_node()
    answers = node.submit_block([signer.add(node.chain_id, 1, 1) for _ in range(300)], toy.START).result(WAIT)
    assert node.wait_projected(timeout=WAIT)
    app = node.projected.head.app
    answer = answers[123]
    path = node.tiles.inclusion_proof(answer.number, app.receipts_count)
    entry = receipts.receipt_root(node.machine.receipts, answer.receipt)
    merkle_log.verify_inclusion(entry, answer.number, app.receipts_count, path, app.receipts_root)


def test_readers_see_nothing_that_is_not_on_disk(open_node: OpenNode, signer: toy.Signer) -> None:
    disk = FaultyDisk()
    node = open_node(disk=disk)
    node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START).result(WAIT)
    disk.sync_error = NO_SPACE
    future = node.submit_block([signer.add(node.chain_id, 1, 1)], toy.START)
    wait_for(lambda: node.status().reason is not None)
    assert node.head.height == 1
    assert not future.done()
    with pytest.raises(KeyError):
        node.block(2)
    disk.sync_error = 0
    assert future.result(WAIT)[0].height == 2


def wait_for(condition: object) -> None:
    assert callable(condition)
    pause = threading.Event()
    for _ in range(500):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about")


def test_stop_finishes_what_was_taken_in(open_node: OpenNode, signer: toy.Signer) -> None:
    node = open_node(clock=SYSTEM)
    futures = [node.submit([signer.add(node.chain_id, 1, 1)]) for _ in range(30)]
    node.stop()
    assert all(codes(future) == [ACCEPTED] for future in futures)
    assert not node.status().ready
    with pytest.raises(Stopped):
        node.submit([])
    node.stop()


def test_the_operators_seed_is_the_key(open_node: OpenNode) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    assert open_node().key.public == Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
