"""From a transaction record to signed bytes: sequence, end of validity, salt, COSE signature."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from yuzhong.client.keys import SigningKey
from yuzhong.ledger import signatures
from yuzhong.ledger.header import ChainId
from yuzhong.ledger.kernels import Codec, Signed
from yuzhong.ledger.numbers import Hash, KeyId, Millis, PartyId, Salt
from yuzhong.ledger.numbers import Sequence as SequenceNumber
from yuzhong.ledger.signatures import SignedMessage
from yuzhong.ledger.transactions import Body, make_batch

FOR_EVER = Millis(2**48 - 1)
VALID_MS = 60_000
"""How long a transaction is good for, unless said otherwise."""


@dataclass(slots=True)
class Chain:
    """What signing needs to know of a ledger, shared by its signers."""

    body: Codec
    """Encodes transaction bodies; `Machine.body`."""
    chain_id: ChainId | None = None
    """May be set after the keys are made, since a genesis names keys and the chain id follows from the genesis."""

    @property
    def context(self) -> bytes:
        """The external_aad of transactions of this ledger."""
        if self.chain_id is None:
            raise ValueError("the chain id is not known yet: a signature is good on one ledger only")
        return signatures.TRANSACTION_CONTEXT + self.chain_id.encode()


class Signer:
    """Signs for one party with one key. Every call takes the next sequence; not for more than one thread at a time."""

    def __init__(
        self,
        chain: Chain,
        party: int,
        key: SigningKey,
        *,
        first_sequence: int = 1,
        valid_ms: int = VALID_MS,
        make_salt: Callable[[int], bytes] = lambda _: secrets.token_bytes(16),
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`make_salt` gets the sequence and gives 16 secret bytes."""
        self.chain = chain
        self.party = PartyId(party)
        self.key = key
        self.next_sequence = first_sequence
        self._valid_ms = valid_ms
        self._make_salt = make_salt
        self._now_ms = now_ms

    @property
    def key_id(self) -> KeyId:
        """The key's name on the ledger."""
        return self.key.key_id

    def sign(self, content: Any, *, sequence: int | None = None, valid_until: int | None = None) -> Signed:
        """Protected header, payload and signature. Raises BoundPassed where a field leaves its bounds."""
        if sequence is None:
            sequence, self.next_sequence = self.next_sequence, self.next_sequence + 1
        return self.sign_payload(self.chain.body.encode(self.body(content, sequence, valid_until)))

    def body(self, content: Any, sequence: int, valid_until: int | None = None) -> Body:
        """What will be signed."""
        until = self._valid_until() if valid_until is None else Millis(valid_until)
        return Body(self.party, SequenceNumber(sequence), until, Salt(self._make_salt(sequence)), content)

    def sign_payload(self, payload: bytes) -> Signed:
        """The same for a payload as it is, however formed."""
        message = signatures.sig_structure(self.key.protected, self.chain.context, payload)
        return self.key.protected, payload, self.key.sign(message)

    def _valid_until(self) -> Millis:
        return Millis(self._now_ms() + self._valid_ms)


class SeededSigner(Signer):
    """A signer whose key and salts follow from a text; transactions never expire: two runs, the same bytes."""

    def __init__(self, chain: Chain, party: int, seed: str, algorithm: str = "ed25519") -> None:
        root = hashlib.sha256(b"yuzhong/seed/1" + seed.encode()).digest()

        def make_salt(sequence: int) -> bytes:
            return hashlib.sha256(root + b"salt" + sequence.to_bytes(8, "big")).digest()[:16]

        super().__init__(chain, party, SigningKey.from_seed(root, algorithm), make_salt=make_salt)

    def _valid_until(self) -> Millis:
        return FOR_EVER


def identity(chain: Chain, signed: Signed) -> Hash:
    """A signed transaction's identity, by which its receipt is found."""
    return signatures.identity(signed[0], chain.context, signed[1])


def to_cose(signed: Signed) -> bytes:
    """The COSE_Sign1 that `POST /v1/transactions` takes."""
    return signatures.encode_signed(SignedMessage(*signed))


def to_batch(batch: Codec, signed: Sequence[Signed]) -> bytes:
    """The container that `POST /v1/batches` takes, with `Machine.batch` as encoder."""
    return batch.encode(make_batch(list(signed)))
