"""The transactions of the fault tests: the operator admits parties; now and then one again, which is refused."""

from __future__ import annotations

import threading
from functools import cache
from random import Random

from yuzhong.catalogue import FEATURES
from yuzhong.client.signing import FOR_EVER, Signer
from yuzhong.features.parties.transactions import AdmitParty
from yuzhong.features.parties.types import NO_DIGEST, PartyKind, PartyName, Role
from yuzhong.ledger.feature import Machine, assemble
from yuzhong.ledger.kernels import Signed, choose
from yuzhong.ledger.numbers import KeyId, PartyId

OPERATOR = PartyId(1)
FIRST_PARTY = 1_000


@cache
def machine() -> Machine:
    """What executes and encodes; the same for every ledger here."""
    return assemble(FEATURES, choose("rust"))


class Operator:
    """Signs admissions without end. Any thread may ask for some."""

    def __init__(self, signer: Signer, random: Random) -> None:
        self._signer = signer
        self._random = random
        self._lock = threading.Lock()

    def admit(self, count: int) -> list[Signed]:
        """So many signed transactions."""
        with self._lock:
            return [self._signer.sign(self._admission(), valid_until=FOR_EVER) for _ in range(count)]

    def _admission(self) -> AdmitParty:
        number = self._signer.next_sequence
        if self._random.random() < 0.1:
            number = self._random.randint(1, number)
        party, key = PartyId(FIRST_PARTY + number), KeyId(self._random.randbytes(32))
        name = PartyName(f"Member {number} 会员")
        return AdmitParty(party, PartyKind.ORGANISATION, name, NO_DIGEST, (Role.MEMBER,), key)
