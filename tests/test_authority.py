"""No rule may forget to ask whether the key acts for the party: each refuses another party's key first of all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import OPERATOR, first_key, market
from tools.formats import Stream, sample
from yuzhong.catalogue import FEATURES
from yuzhong.features.parties.types import Role
from yuzhong.ledger import kernels
from yuzhong.ledger.numbers import PartyId
from yuzhong.ledger.shapes import record_shape

EVERY_RULE = [
    (transaction, rejections)
    for feature in FEATURES
    for transaction, rejections in zip(feature.rules, feature.rejections, strict=True)
]


@pytest.mark.parametrize(("transaction", "rejections"), EVERY_RULE, ids=lambda kind: kind.__name__)
def test_a_rule_refuses_another_partys_key_first(transaction: type[Any], rejections: Any) -> None:
    ledger = market(kernels.python())
    stranger = ledger.admit(PartyId(77), Role.INVESTOR)
    first = next(iter(rejections))
    assert first.name.startswith("KEY_MUST_BE_")
    for number in range(5):
        content = sample(record_shape(transaction), Stream(f"{transaction.__name__}/{number}"))
        ledger.expect(first, OPERATOR, content, key=first_key(stranger))
