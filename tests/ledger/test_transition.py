"""The machine's own behaviour: admission, the four kinds of failure, receipts, due work, roots."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ledger import toy
from tests.ledger.toy import FailLate, Raise, ResetAt, WriteThenRefuse, judged
from yuzhong.ledger import due, kernels, merkle_log, receipts
from yuzhong.ledger.due import DueClass
from yuzhong.ledger.failures import Stop
from yuzhong.ledger.feature import Machine
from yuzhong.ledger.invariants import Watch
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import MAX_UNITS, Height, KeyId, Millis, Units
from yuzhong.ledger.outcomes import RULE_FAILED, AdmissionRejection
from yuzhong.ledger.sequences import open_window
from yuzhong.ledger.state import State
from yuzhong.ledger.transition import Applied, Judged, apply_block


@pytest.fixture(params=["python", "rust"])
def machine(request: pytest.FixtureRequest) -> Machine:
    chosen: Kernels = kernels.choose(request.param)
    return toy.toy_machine(chosen)


@pytest.fixture
def state(machine: Machine) -> State:
    state = machine.new_state()
    open_window(state, toy.KEY)
    state.seal(Height(0))
    return state


def block(machine: Machine, state: State, height: int, *transactions: Judged, time: int = 1_000) -> Applied:
    return apply_block(machine, state, Height(height), Millis(time), transactions)


def codes(applied: Applied) -> list[int]:
    return [receipt.code for receipt in applied.receipts]


def units(value: int) -> Units:
    return Units(value)


def test_every_transaction_gets_a_receipt_in_order(machine: Machine, state: State) -> None:
    good, bad = judged(Raise(units(1), units(5)), 1), judged(Raise(units(1), units(0)), 2)
    applied = block(machine, state, 1, good, bad)
    assert [(r.identity, r.code) for r in applied.receipts] == [
        (good.identity, 0),
        (bad.identity, toy.RaiseRejection.BY_MUST_BE_POSITIVE),
    ]
    assert applied.receipts[0].events == (toy.Raised(units(1), units(5)),)
    assert applied.app.receipts_count == 2


@pytest.mark.parametrize(
    ("transaction", "code"),
    [
        (judged(Raise(Units(1), Units(1)), 1, verdict=5), AdmissionRejection.SIGNATURE_MUST_VERIFY),
        (
            Judged(judged(Raise(Units(1), Units(1)), 1).identity, toy.KEY, 0, None),
            AdmissionRejection.TRANSACTION_MUST_BE_WELL_FORMED,
        ),
        (judged(Raise(Units(1), Units(1)), 1, key=KeyId(bytes(32))), AdmissionRejection.KEY_MUST_BE_REGISTERED),
        (judged(Raise(Units(1), Units(1)), 1_000_001), AdmissionRejection.SEQUENCE_MUST_BE_IN_WINDOW),
    ],
)
def test_what_is_not_authentic_or_fresh_writes_nothing_but_the_log(
    machine: Machine, state: State, transaction: Judged, code: int
) -> None:
    before = list(state.map.scan(b"\x00\x01", b"\x00\x02", 10))
    applied = block(machine, state, 1, transaction)
    assert codes(applied) == [code]
    assert list(state.map.scan(b"\x00\x01", b"\x00\x02", 10)) == before
    assert len(state.map) == 2


def test_an_expired_transaction_uses_up_its_sequence(machine: Machine, state: State) -> None:
    late = judged(Raise(units(1), units(1)), 1, valid_until=999)
    assert codes(block(machine, state, 1, late)) == [AdmissionRejection.TRANSACTION_MUST_NOT_BE_EXPIRED]
    again = judged(Raise(units(1), units(1)), 1)
    assert codes(block(machine, state, 2, again)) == [AdmissionRejection.SEQUENCE_MUST_BE_UNUSED]


def test_a_rejected_transaction_uses_up_its_sequence_and_nothing_else(machine: Machine, state: State) -> None:
    applied = block(machine, state, 1, judged(Raise(units(1), units(0)), 1), judged(Raise(units(1), units(3)), 1))
    assert codes(applied) == [toy.RaiseRejection.BY_MUST_BE_POSITIVE, AdmissionRejection.SEQUENCE_MUST_BE_UNUSED]
    assert toy.COUNTERS.get(state, 1) is None


def test_a_rule_failure_undoes_its_transaction_alone(machine: Machine, state: State) -> None:
    applied = block(
        machine,
        state,
        1,
        judged(Raise(units(1), units(4)), 1),
        judged(FailLate(units(1)), 2),
        judged(FailLate(units(2)), 3),
    )
    assert codes(applied) == [0, RULE_FAILED, RULE_FAILED]
    assert toy.COUNTERS.get(state, 1) == toy.Counter(units(4))
    assert toy.COUNTERS.get(state, 2) is None
    assert state.index(toy.Totals).total == 4


def test_passing_a_numeric_bound_is_a_rule_failure(machine: Machine, state: State) -> None:
    applied = block(
        machine, state, 1, judged(Raise(units(1), units(MAX_UNITS)), 1), judged(Raise(units(1), units(1)), 2)
    )
    assert codes(applied) == [0, RULE_FAILED]
    assert toy.COUNTERS.get(state, 1) == toy.Counter(units(MAX_UNITS))


def test_a_refusal_after_a_write_stops_the_machine(machine: Machine, state: State) -> None:
    with pytest.raises(Stop, match="after a write"):
        block(machine, state, 1, judged(WriteThenRefuse(units(1)), 1))


def test_a_broken_invariant_stops_the_machine(machine: Machine, state: State) -> None:
    watch = Watch((toy.BelowTenThousand,))
    watch.begin(state)
    with pytest.raises(Stop, match="counters stay below ten thousand: they are 10000"):
        apply_block(machine, state, Height(1), Millis(1), [judged(Raise(units(1), units(10_000)), 1)], watch)


def test_due_work_waits_for_its_time_and_comes_before_transactions(machine: Machine, state: State) -> None:
    block(machine, state, 1, judged(Raise(units(7), units(5)), 1), judged(ResetAt(units(7), Millis(2_000)), 2))
    assert due.next_time(state) == 2_000
    assert block(machine, state, 2, time=1_999).due_count == 0
    applied = block(machine, state, 3, judged(Raise(units(7), units(1)), 3), time=2_000)
    assert applied.due_count == 1
    assert [r.events for r in applied.receipts] == [
        (toy.Raised(units(7), units(0)),),
        (toy.Raised(units(7), units(1)),),
    ]
    assert due.next_time(state) is None


def test_due_work_beyond_the_budget_waits_for_the_next_block(machine: Machine, state: State) -> None:
    for number in range(1, 101):
        due.put(state, DueClass.DEADLINES, Millis(10), toy.RESET, due.subject(number))
    assert [block(machine, state, height, time=10).due_count for height in (1, 2, 3)] == [64, 36, 0]


def test_an_idle_block_changes_nothing(machine: Machine, state: State) -> None:
    first = block(machine, state, 1, judged(Raise(units(1), units(1)), 1)).app
    assert block(machine, state, 2).app == first


def test_receipts_stand_in_the_log_under_one_root(machine: Machine, state: State) -> None:
    entries: list[bytes] = []
    for height in range(1, 5):
        applied = block(
            machine, state, height, *(judged(Raise(units(n), units(1)), height * 10 + n) for n in range(1, height + 1))
        )
        entries += applied.entries
        assert applied.app.receipts_root == merkle_log.tree_root(entries)


def test_a_private_row_gets_a_new_blind_with_every_write(machine: Machine, state: State) -> None:
    packed = toy.COUNTERS.pack(1)
    seen = []
    for height in (1, 2):
        block(machine, state, height, judged(Raise(units(1), units(1)), height))
        seen.append((state.map.get(packed) or b"")[:16])
    assert len(seen[0]) == 16
    assert seen[0] != seen[1]


def test_how_often_a_transaction_writes_a_row_does_not_matter(machine: Machine) -> None:
    def root(*totals: int | None, look: bool = False) -> bytes:
        state = machine.new_state()
        state.begin(b"first" * 3)
        toy.COUNTERS.put(state, 1, row=toy.Counter(units(1)))
        state.begin(b"second" * 3)
        for total in totals:
            if total is None:
                toy.COUNTERS.delete(state, 1)
            else:
                toy.COUNTERS.put(state, 1, row=toy.Counter(units(total)))
            if look:
                toy.COUNTERS.scan(state, limit=9)
        return state.seal(Height(1))

    assert root(9) == root(5, 9) == root(5, None, 9) == root(5, None, 9, look=True) == root(5, 7, 9, look=True)
    assert root(9) != root(8)


def test_indexes_follow_from_rows_alone(machine: Machine, state: State) -> None:
    block(machine, state, 1, *(judged(Raise(units(n), units(n)), n) for n in range(1, 20)))
    kept = state.index(toy.Totals).total
    state.rebuild_indexes()
    assert state.index(toy.Totals).total == kept == sum(range(1, 20))


def test_python_and_rust_kernels_give_one_root_and_one_receipts_log() -> None:
    def life(name: str) -> list[Any]:
        machine = toy.toy_machine(kernels.choose(name))
        state = machine.new_state()
        open_window(state, toy.KEY)
        results: list[Any] = [state.seal(Height(0))]
        for height in range(1, 30):
            content = [
                Raise(units(height % 5 + 1), units(height)),
                FailLate(units(3)),
                ResetAt(units(height % 5), Millis(height + 2)),
            ]
            applied = block(
                machine, state, height, *(judged(c, height * 3 + n) for n, c in enumerate(content)), time=height
            )
            results.append(
                (applied.app, applied.entries, [machine.receipts.receipt.encode(r) for r in applied.receipts])
            )
        return results

    assert life("python") == life("rust")


def test_a_receipt_shows_one_event_alone(machine: Machine, state: State) -> None:
    receipt = block(machine, state, 1, judged(Raise(units(1), units(5)), 1)).receipts[0]
    contents = receipts.leaves(machine.receipts, receipt)
    path = merkle_log.inclusion_path(contents, 1)
    event = receipt.blinds[1] + machine.receipts.event.encode(toy.Raised(units(1), units(5)))
    merkle_log.verify_inclusion(event, 1, 2, path, receipts.receipt_root(machine.receipts, receipt))
    with pytest.raises(Exception, match="root"):
        merkle_log.verify_inclusion(event[1:], 1, 2, path, receipts.receipt_root(machine.receipts, receipt))
