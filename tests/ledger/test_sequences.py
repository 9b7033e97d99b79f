"""The replay window against a model that remembers everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yuzhong.ledger import kernels, sequences
from yuzhong.ledger.numbers import KeyId, Sequence
from yuzhong.ledger.outcomes import AdmissionRejection
from yuzhong.ledger.state import State

KEY = KeyId(bytes(range(32)))
near = st.integers(min_value=0, max_value=3_000)
far = st.integers(min_value=0, max_value=3_000_000)


def fresh() -> State:
    state = State(kernels.python(), (sequences.KEY_WINDOWS,))
    sequences.open_window(state, KEY)
    return state


@given(st.lists(near | far, max_size=80))
def test_the_window_agrees_with_a_memory_of_everything_used(asked: list[int]) -> None:
    state = fresh()
    used: list[int] = []
    for number in asked:
        highest = max(used, default=0)
        row = sequences.KEY_WINDOWS.get(state, KEY)
        assert row is not None
        refusal = sequences.check(row, Sequence(number))
        if not highest - 1_024 < number <= highest + 1_000_000:
            assert refusal is AdmissionRejection.SEQUENCE_MUST_BE_IN_WINDOW
        elif number in used:
            assert refusal is AdmissionRejection.SEQUENCE_MUST_BE_UNUSED
        else:
            assert refusal is None
            sequences.use(state, KEY, row, Sequence(number))
            used.append(number)


def test_a_key_without_a_row_is_refused_and_gets_none() -> None:
    state = State(kernels.python(), (sequences.KEY_WINDOWS,))
    assert sequences.check(None, Sequence(1)) is AdmissionRejection.KEY_MUST_BE_REGISTERED
    assert len(state.map) == 0


def test_opening_a_window_again_keeps_what_was_used() -> None:
    state = fresh()
    row = sequences.KEY_WINDOWS.get(state, KEY)
    assert row is not None
    sequences.use(state, KEY, row, Sequence(5))
    sequences.open_window(state, KEY)
    kept = sequences.KEY_WINDOWS.get(state, KEY)
    assert sequences.check(kept, Sequence(5)) is AdmissionRejection.SEQUENCE_MUST_BE_UNUSED
