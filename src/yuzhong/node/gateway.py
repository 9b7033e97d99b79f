"""From signed bytes to receipts: what any way of reaching the node does with a transaction, HTTP being one.

What the bytes alone show to be wrong is refused here, before it is ordered, and leaves no trace on the ledger. What
only the ledger can judge is ordered and answered with its receipt, whose code says whether it took effect.

Strangers may not fill the ledger: a transaction whose key is not registered is refused by itself, whatever stands
beside it. One is ordered all the same where an act before it in the same batch, itself by a key that is let through,
names that key: it may register it, and a new party can be admitted and act in one batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from yuzhong.ledger import signatures
from yuzhong.ledger.failures import FormError
from yuzhong.ledger.genesis import Clock
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.sequences import KEY_WINDOWS
from yuzhong.ledger.state import State
from yuzhong.ledger.transition import GOOD, Judged
from yuzhong.ledger.twins.blinds import leaf_blind
from yuzhong.node import problems
from yuzhong.node.clock import LAST_MS
from yuzhong.node.errors import Busy, NotTaken, Stopped, Unavailable
from yuzhong.node.problems import Problem, problem_of
from yuzhong.node.rates import Rates
from yuzhong.node.replay import VERDICTS
from yuzhong.node.solo import Node
from yuzhong.node.waiting import PROTECTED_MAX_BYTES, SIGNATURE_MAX_BYTES, Answer, check_sizes
from yuzhong.serving import values

AT_ONCE = 16
"""Up to so many transactions are handled in the event loop itself; more go to a thread."""
KEYS_KEPT = 100_000
MESSAGE_MAX_BYTES = 16_384 + PROTECTED_MAX_BYTES + SIGNATURE_MAX_BYTES + 64
"""Largest COSE_Sign1 that can be a transaction."""
HEADER_MUST_BE_CANONICAL = 1
KEY_ID_BYTES = 32

T = TypeVar("T")
CodeName = Callable[[int], str]


class Taken(NamedTuple):
    """What was sent, and what came of it so far."""

    signed: list[Signed]
    judged: list[Judged]
    refusals: list[Problem | None]


class Gateway:
    """The way into one node. Its coroutines belong to one event loop."""

    def __init__(self, node: Node, rate: int = 0, driven_step_ms: int = LAST_MS) -> None:
        """`rate`: transactions a second that one address may send; 0 for no limit.

        `driven_step_ms`: how far past the newest block on disk one request may set a driven clock.
        """
        self._node = node
        self._driven_step_ms = driven_step_ms
        self._rates = Rates(rate)
        self._keys: dict[bytes, None] = {}
        self._code_name = lru_cache(maxsize=4_096)(node.machine.code_name)

    async def submit_one(self, body: bytes, address: str, time_ms: int | None = None) -> dict[str, Any]:
        """The receipt of one COSE_Sign1. Raises Problem."""
        self._rates.take(address, 1)
        try:
            message = signatures.decode_signed(body)
            signed: Signed = (message.protected, message.payload, message.signature)
            check_sizes([signed])
        except (FormError, NotTaken) as error:
            raise Problem(problems.MALFORMED, str(error)) from error
        answer = (await self._submit([signed], time_ms))[0]
        if isinstance(answer, Problem):
            raise answer
        return answer

    async def submit_batch(
        self, body: bytes, address: str, time_ms: int | None = None
    ) -> list[dict[str, Any] | Problem]:
        """A receipt or a refusal for each transaction of a batch, in order. Raises Problem where none was taken."""
        try:
            signed = self._node.machine.batch.decode(body).signed()
        except FormError as error:
            raise Problem(problems.MALFORMED, str(error)) from error
        except IndexError as error:
            raise Problem(problems.MALFORMED, "Batch.items: an item names a key that is not in the batch") from error
        self._rates.take(address, len(signed))
        return await self._submit(signed, time_ms)

    async def _submit(self, signed: list[Signed], time_ms: int | None) -> list[dict[str, Any] | Problem]:
        self._check_clock(time_ms)
        run = _here if len(signed) <= AT_ONCE else asyncio.to_thread
        taken = await run(self._judge, signed)
        await self._refuse_unknown_keys(taken)
        good = [place for place, refusal in enumerate(taken.refusals) if refusal is None]
        answers: list[Answer] = []
        if good:
            answers = await self._order(
                [taken.signed[place] for place in good], [taken.judged[place] for place in good], time_ms
            )
        return await run(self._render, taken, answers)

    def _judge(self, signed: list[Signed]) -> Taken:
        judged = self._node.judge(signed)
        return Taken(signed, judged, [self._refusal(item, one) for item, one in zip(signed, judged, strict=True)])

    def _refusal(self, signed: Signed, judged: Judged) -> Problem | None:
        if judged.verdict != GOOD:
            verdict = VERDICTS[judged.verdict]
            if judged.verdict == HEADER_MUST_BE_CANONICAL:
                what = "the protected header must be {1: alg, 4: key} in canonical CBOR, Ed25519 or P-256"
                return Problem(problems.MALFORMED, what, verdict=verdict)
            hint = f"It must be over the external_aad of ledger {self._node.chain_id}; s must not be above n/2."
            return Problem(problems.SIGNATURE, f"{verdict}. {hint}", verdict=verdict, chain_id=self._node.chain_id)
        if judged.body is None:
            return Problem(problems.MALFORMED, self._malformed(signed[1]))
        return None

    def _malformed(self, payload: bytes) -> str:
        try:
            self._node.machine.body.decode(payload)
        except FormError as error:
            return f"payload: {error}"
        return "payload: too long"

    async def _refuse_unknown_keys(self, taken: Taken) -> None:
        """Refuse, one by one, what is signed with a key that is not registered nor named by an act before it."""
        places = [place for place, refusal in enumerate(taken.refusals) if refusal is None]
        asked = {taken.judged[place].key for place in places} - self._keys.keys()
        if not asked:
            return

        def registered(state: State) -> list[bytes]:
            return [key for key in asked if KEY_WINDOWS.get(state, key) is not None]

        known = await self._ask(registered)
        if len(self._keys) >= KEYS_KEPT:
            self._keys.clear()
        self._keys.update(dict.fromkeys(known))
        unknown = asked.difference(known)
        for place in places if unknown else ():
            judged = taken.judged[place]
            if judged.key in unknown:
                detail = f"The key {judged.key.hex()} is not registered; a registrar admits a party with its first key."
                taken.refusals[place] = Problem(problems.KEY_NOT_REGISTERED, detail, key=judged.key.hex())
            else:
                unknown -= keys_named(judged)

    async def _ask(self, question: Callable[[State], T]) -> T:
        try:
            return await asyncio.to_thread(self._node.ask, question)
        except (Busy, Unavailable, Stopped) as error:
            raise problem_of(error) from error

    async def _order(self, signed: list[Signed], judged: list[Judged], time_ms: int | None) -> list[Answer]:
        try:
            if time_ms is None:
                future = self._node.submit(signed, judged)
            else:
                future = await asyncio.to_thread(self._node.submit_block, signed, time_ms, judged)
            return await asyncio.wrap_future(future)
        except (Busy, Unavailable, Stopped, NotTaken) as error:
            raise problem_of(error) from error

    def _check_clock(self, time_ms: int | None) -> None:
        is_driven = self._node.genesis.clock is Clock.DRIVEN
        if is_driven and time_ms is None:
            raise Problem(
                problems.CLOCK,
                "This ledger's clock is driven: give the time with ?time_ms=, in milliseconds since 1970.",
            )
        if not is_driven and time_ms is not None:
            raise Problem(problems.CLOCK, "This ledger's time comes from the node's own clock: leave time_ms out.")
        now, step = self._node.head.time, self._driven_step_ms
        if time_ms is not None and time_ms - now > step:
            raise Problem(problems.CLOCK, f"time_ms is more than driven_step_ms, {step}, after {now}.", limit=step)

    def _render(self, taken: Taken, answers: Sequence[Answer]) -> list[dict[str, Any] | Problem]:
        waiting = iter(answers)
        return [
            refusal if refusal is not None else own_receipt(self._code_name, next(waiting), judged)
            for judged, refusal in zip(taken.judged, taken.refusals, strict=True)
        ]


async def _here(function: Callable[..., T], *arguments: Any) -> T:
    return function(*arguments)


def keys_named(judged: Judged) -> set[bytes]:
    """What stands in an act's own fields that can be a key's id, so every key that the act may register."""
    content = judged.body.content if judged.body else None
    if not is_dataclass(content):
        return set()
    values_of = [getattr(content, field.name) for field in fields(content)]
    return {value for value in values_of if isinstance(value, bytes) and len(value) == KEY_ID_BYTES}


def own_receipt(code_name: CodeName, answer: Answer, judged: Judged) -> dict[str, Any]:
    """A receipt as its transaction's signer may see it: with the events that the transaction's own salt blinds."""
    salt = judged.body.salt if judged.body else b""
    receipt = answer.receipt
    events = [
        {"number": number, **values.named(event)}
        for number, (event, blind) in enumerate(zip(receipt.events, receipt.blinds[1:], strict=True), start=1)
        if blind == leaf_blind(salt, answer.number, number)
    ]
    return receipt_place(code_name, answer) | {"events": events, "hidden_events": len(receipt.events) - len(events)}


def receipt_place(code_name: CodeName, answer: Answer) -> dict[str, Any]:
    """What everybody who knows a transaction's identity may learn of its receipt."""
    receipt = answer.receipt
    return {
        "identity": receipt.identity.hex(),
        "code": receipt.code,
        "code_name": code_name(receipt.code),
        "height": answer.height,
        "position": answer.position,
        "number": answer.number,
    }
