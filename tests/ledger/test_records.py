"""A changed copy is what `dataclasses.replace` gives."""

from __future__ import annotations

import dataclasses

import pytest

from tests.ledger.toy import Counter, Raised
from yuzhong.ledger.numbers import Units
from yuzhong.ledger.records import changed


def test_a_changed_copy_is_what_replace_gives() -> None:
    record = Raised(Units(1), Units(2))
    assert changed(record, total=Units(9)) == dataclasses.replace(record, total=Units(9))
    assert changed(record) == record
    assert changed(Counter(Units(1)), total=Units(3)) == Counter(Units(3))


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError, match="sum"):
        changed(Counter(Units(1)), sum=1)
