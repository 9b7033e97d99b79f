"""The Rust state map does what its plain Python twin does, and its proofs convince the verifier of `ledger.proofs`."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuzhong import _kernels
from yuzhong.ledger.failures import FormError, InvalidBlock
from yuzhong.ledger.kernels import StateMap
from yuzhong.ledger.proofs import EMPTY_ROOT, MAX_KEY_BYTES, MAX_VALUE_BYTES, verify_row
from yuzhong.ledger.twins import state_map as twin

PAST_ALL_KEYS = b"\xff" * 256

KEYS = st.one_of(st.binary(min_size=1, max_size=3), st.integers(0, 30).map(lambda number: number.to_bytes(10, "big")))
VALUES = st.one_of(st.binary(min_size=1, max_size=40), st.integers(1, 300).map(lambda length: bytes([7]) * length))
OPERATIONS = st.one_of(
    st.tuples(st.just("put"), KEYS, VALUES),
    st.tuples(st.just("put"), KEYS, VALUES),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("get"), KEYS),
    st.tuples(st.just("scan"), KEYS, KEYS, st.integers(0, 12)),
    st.tuples(st.just("mark")),
    st.tuples(st.just("undo"), st.integers(0, 5)),
    st.tuples(st.just("seal")),
    st.tuples(st.just("prove"), KEYS),
    st.tuples(st.just("rows"), st.one_of(st.none(), st.binary(min_size=32, max_size=32)), st.integers(0, 12)),
    st.tuples(st.just("load"), st.lists(st.tuples(KEYS, VALUES), max_size=4)),
)

both = pytest.mark.parametrize("make", [_kernels.StateMap, twin.StateMap], ids=["rust", "python"])
Make = Callable[[], StateMap]


def outcome(call: Callable[[], object]) -> object:
    """What a call returned, or the class of what it raised."""
    try:
        return call()
    except (KeyError, ValueError, RuntimeError) as error:
        return type(error)


def content(state: StateMap) -> list[tuple[bytes, bytes]]:
    return state.scan(b"", PAST_ALL_KEYS, 1_000_000)


def filled(make: Make, count: int) -> StateMap:
    state = make()
    for number in range(count):
        state.put(number.to_bytes(4, "big"), b"value of %d" % number)
    state.seal(1)
    return state


@settings(max_examples=300)
@given(st.lists(OPERATIONS, max_size=60))
def test_rust_and_python_give_the_same_answers_to_any_operations(operations: list[tuple[object, ...]]) -> None:
    rust, python = _kernels.StateMap(), twin.StateMap()
    marks = [0]
    for name, *arguments in operations:
        given_arguments = arguments
        if name == "undo":
            given_arguments = [marks[-1 - int(str(arguments[0])) % len(marks)]]
        if name == "seal":
            given_arguments = [len(marks)]
        expected = outcome(lambda: getattr(python, str(name))(*given_arguments))  # noqa: B023 - called at once
        assert outcome(lambda: getattr(rust, str(name))(*given_arguments)) == expected  # noqa: B023 - called at once
        if name == "mark":
            marks.append(int(str(expected)))
        assert (len(rust), rust.dirty(), rust.root()) == (len(python), python.dirty(), python.root())
    assert content(rust) == content(python)
    assert rust.seal(1_000) == python.seal(1_000)
    assert rust.rows(None, 1_000_000) == python.rows(None, 1_000_000)


@given(st.dictionaries(KEYS, VALUES, max_size=60), KEYS)
def test_a_proof_of_either_convinces_the_verifier_and_only_of_what_is_so(rows: dict[bytes, bytes], key: bytes) -> None:
    rust, python = _kernels.StateMap(), twin.StateMap()
    for state in (rust, python):
        for row in rows.items():
            state.put(*row)
    root = rust.seal(1)
    assert python.seal(1) == root
    for asked in [key, *rows]:
        proof = rust.prove(asked)
        assert python.prove(asked) == proof
        verify_row(root, asked, rows.get(asked), proof)
        for claimed in (None, b"another value"):
            if claimed != rows.get(asked):
                with pytest.raises(InvalidBlock):
                    verify_row(root, asked, claimed, proof)
        with pytest.raises(InvalidBlock):
            verify_row(bytes(32), asked, rows.get(asked), proof)
        with pytest.raises(InvalidBlock):
            verify_row(root, b"another key", rows.get(asked), proof)


@pytest.mark.parametrize("number", [3, 5_000])
def test_a_proof_with_any_bit_changed_is_refused(number: int) -> None:
    state = filled(_kernels.StateMap, 40)
    key = number.to_bytes(4, "big")
    value, proof, root = state.get(key), state.prove(key), state.root()
    verify_row(root, key, value, proof)
    for bit in range(8 * len(proof)):
        changed = bytearray(proof)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((FormError, InvalidBlock)):
            verify_row(root, key, value, bytes(changed))


def test_a_proof_cut_off_or_with_something_behind_it_is_malformed() -> None:
    state = filled(_kernels.StateMap, 40)
    for key in (b"\0\0\0\1", b"absent"):
        proof = state.prove(key)
        for changed in [*(proof[:length] for length in range(len(proof))), proof + b"\0", proof + proof]:
            with pytest.raises(FormError):
                verify_row(state.root(), key, state.get(key), changed)


def test_neighbours_that_do_not_stand_side_by_side_prove_no_absence() -> None:
    state = filled(_kernels.StateMap, 64)
    ordered = [key for key, _ in state.rows(None, 64)]
    # What the proof of a present key says of it is put in the place of a neighbour, one further away.
    existence = {key: state.prove(key)[1:] for key in ordered}
    for at in range(1, 62):
        hidden = ordered[at]
        for left, right in ((ordered[at - 1], ordered[at + 1]), (None, ordered[at + 1]), (ordered[at - 1], None)):
            absence = b"\x0a" + bytes([len(hidden)]) + hidden
            absence += b"" if left is None else b"\x12" + existence[left]
            absence += b"" if right is None else b"\x1a" + existence[right]
            length = bytes([len(absence) & 0x7F | 0x80, len(absence) >> 7])
            with pytest.raises(InvalidBlock, match="neighbour"):
                verify_row(state.root(), hidden, None, b"\x12" + length + absence)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_never_a_proof(data: bytes) -> None:
    with pytest.raises((FormError, InvalidBlock)):
        verify_row(bytes(32), b"key", None, data)


@both
def test_the_empty_state_proves_that_any_key_is_absent(make: Make) -> None:
    state = make()
    assert state.root() == state.seal(0) == EMPTY_ROOT
    verify_row(EMPTY_ROOT, b"key", None, state.prove(b"key"))
    with pytest.raises(InvalidBlock):
        verify_row(sha256(b"another root").digest(), b"key", None, state.prove(b"key"))


@both
def test_rows_read_in_slices_and_loaded_give_the_same_root(make: Make) -> None:
    state = filled(make, 500)
    copy = make()
    after = None
    while rows := state.rows(after, 70):
        copy.load(rows)
        after = sha256(rows[-1][0]).digest()
    assert copy.seal(1) == state.root()
    assert content(copy) == content(state)


@both
def test_undo_restores_exactly_what_was_there_at_the_mark(make: Make) -> None:
    state = filled(make, 3)
    before = content(state)
    outer = state.mark()
    state.put(b"new", b"1")
    state.delete(b"\0\0\0\1")
    inner = state.mark()
    state.delete(b"new")
    state.put(b"\0\0\0\1", b"back")
    state.put(b"\0\0\0\2", b"longer than it was before")
    state.undo(inner)
    assert (state.get(b"new"), state.get(b"\0\0\0\1"), state.get(b"\0\0\0\2")) == (b"1", None, b"value of 2")
    state.undo(outer)
    assert (content(state), state.dirty()) == (before, 0)
    assert state.seal(2) == filled(make, 3).root()


@both
def test_a_seal_voids_the_marks_before_it(make: Make) -> None:
    state = make()
    mark = state.mark()
    state.put(b"key", b"value")
    state.seal(1)
    for void in (mark, state.mark() + 1):
        with pytest.raises(ValueError, match="void"):
            state.undo(void)
    assert state.get(b"key") == b"value"


@both
def test_dirty_counts_each_key_once_and_no_write_of_what_is_there(make: Make) -> None:
    state = filled(make, 3)
    state.put(b"\0\0\0\1", b"value of 1")
    assert state.dirty() == 0
    state.put(b"\0\0\0\1", b"x")
    state.put(b"\0\0\0\1", b"y")
    state.delete(b"\0\0\0\2")
    assert state.dirty() == 2


@both
def test_what_needs_a_seal_is_refused_before_it(make: Make) -> None:
    state = make()
    state.put(b"key", b"value")
    for call in (lambda: state.prove(b"key"), lambda: state.rows(None, 1)):
        with pytest.raises(RuntimeError, match="seal first: 1"):
            call()
    with pytest.raises(RuntimeError, match="before any change"):
        state.load([(b"other", b"value")])


@both
def test_keys_and_values_outside_their_limits_are_refused(make: Make) -> None:
    state = make()
    for key in (b"", b"k" * (MAX_KEY_BYTES + 1)):
        with pytest.raises(ValueError, match="a key has 1 to 255 bytes"):
            state.put(key, b"value")
        with pytest.raises(ValueError, match="a key has 1 to 255 bytes"):
            state.prove(key)
    for value in (b"", b"v" * (MAX_VALUE_BYTES + 1)):
        with pytest.raises(ValueError, match="a value has 1 to 1048576 bytes"):
            state.put(b"key", value)
    with pytest.raises(KeyError, match="absent"):
        state.delete(b"absent")
    assert len(state) == state.dirty() == 0
    state.put(b"k" * MAX_KEY_BYTES, b"v" * MAX_VALUE_BYTES)
    root = state.seal(1)
    verify_row(root, b"k" * MAX_KEY_BYTES, b"v" * MAX_VALUE_BYTES, state.prove(b"k" * MAX_KEY_BYTES))


@both
def test_a_snapshot_with_a_key_twice_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="there already"):
        make().load([(b"key", b"1"), (b"key", b"1")])


@both
def test_a_height_below_the_last_is_refused(make: Make) -> None:
    state = make()
    state.seal(5)
    state.seal(5)
    with pytest.raises(ValueError, match="height 4 is below 5"):
        state.seal(4)


@both
def test_a_scan_is_ordered_bounded_and_excludes_its_end(make: Make) -> None:
    state = make()
    numbers = [7919 * index % 2_000 for index in range(2_000)]
    for number in numbers:
        state.put(number.to_bytes(2, "big"), b"v")
    for number in range(0, 2_000, 2):
        state.delete(number.to_bytes(2, "big"))
    found = state.scan((100).to_bytes(2, "big"), (1_001).to_bytes(2, "big"), 10_000)
    assert [int.from_bytes(key, "big") for key, _ in found] == list(range(101, 1_001, 2))
    assert state.scan(b"", b"\xff\xff", 3) == [(number.to_bytes(2, "big"), b"v") for number in (1, 3, 5)]
    assert state.scan(b"\1", b"\1", 3) == []
