"""The invariant of parties finds what it is there for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness import OPERATOR, Ledger, features_up_to
from yuzhong.features.parties.tables import PARTIES
from yuzhong.features.parties.types import KeyCount
from yuzhong.ledger.failures import Stop
from yuzhong.ledger.kernels import Kernels

FEATURES = features_up_to("parties")


def test_a_party_without_an_owner_key_stops_the_ledger(kernels: Kernels) -> None:
    """PARTIES-007."""
    ledger = Ledger(kernels, FEATURES)
    row = PARTIES.get(ledger.state, OPERATOR)
    assert row is not None
    with pytest.raises(Stop, match="an owner key stays: party 1 has 0 owner keys of 1"):
        ledger.act(lambda state: PARTIES.put(state, OPERATOR, row=replace(row, owner_keys=KeyCount(0))))
