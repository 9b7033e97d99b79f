"""One block's way through the machine: due work, then each transaction, then roots. Start reading here.

apply_block          the block as a whole
  do_due_work        what waited for this time
  apply_transaction  one transaction: authentic? fresh? then its rule
judge                what can be said of signed bytes alone, ahead of execution
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from yuzhong.ledger import due, receipts, sequences, signatures
from yuzhong.ledger.failures import FormError, RuleFailed, Stop
from yuzhong.ledger.feature import Context, Machine
from yuzhong.ledger.genesis import Genesis, act_identity
from yuzhong.ledger.header import PROTOCOL_VERSION, App, ChainId, ReceiptCount, Version
from yuzhong.ledger.invariants import Watch
from yuzhong.ledger.kernels import Signed, verify_signatures
from yuzhong.ledger.numbers import Hash, Height, KeyId, Millis, PartyId, Salt
from yuzhong.ledger.outcomes import ACCEPTED, RULE_FAILED, Accepted, AdmissionRejection, Outcome
from yuzhong.ledger.receipts import Receipt
from yuzhong.ledger.state import State
from yuzhong.ledger.transactions import PAYLOAD_MAX_BYTES, Body

GOOD = 0
NO_SALT = Salt(bytes(16))
NO_KEY = KeyId(bytes(32))
NOBODY = PartyId(0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A signed transaction and what its bytes alone tell.

    A function of nothing else, so it may be computed ahead and cached.
    """

    identity: Hash
    key: KeyId
    verdict: int
    """0 where the signature is good; else why not (see `twins/signatures.py`)."""
    body: Body | None
    """None where the payload has no canonical form."""


class Made(NamedTuple):
    """A receipt and its entry in the log."""

    receipt: Receipt
    entry: Hash


@dataclass(frozen=True, slots=True)
class Applied:
    """What executing a block gave."""

    receipts: list[Receipt]
    """Due work's first, then one for each transaction in order."""
    entries: list[Hash]
    """What the receipts log holds of each."""
    due_count: int
    app: App


def judge(machine: Machine, chain_id: ChainId, signed: Sequence[Signed]) -> list[Judged]:
    """Verify signatures in one batch and decode bodies."""
    verdicts, identities = verify_signatures(signatures.TRANSACTION_CONTEXT + chain_id.encode(), signed)
    keys: dict[bytes, KeyId] = {}
    judged = []
    for (protected, payload, _), verdict, identity in zip(signed, verdicts, identities, strict=True):
        key = keys.get(protected) or keys.setdefault(protected, signatures.key_id(protected))
        judged.append(Judged(Hash(identity), key, verdict, _decode_body(machine, payload)))
    return judged


def apply_block(
    machine: Machine,
    state: State,
    height: Height,
    time: Millis,
    transactions: Sequence[Judged],
    watch: Watch | None = None,
) -> Applied:
    """Execute one ordered block. The caller has made sure that time does not go backwards."""
    number = receipts.log_edge(state).count
    made = do_due_work(machine, state, height, time, number)
    due_count = len(made)
    for transaction in transactions:
        made.append(apply_transaction(machine, state, transaction, height, time, number + len(made)))
    return _finish(machine, state, height, made, due_count, watch)


def apply_genesis(machine: Machine, state: State, genesis: Genesis, watch: Watch | None = None) -> Applied:
    """Execute the acts that make the first state. Raises Stop where one of them is refused."""
    made: list[Made] = []
    encoded = machine.genesis.encode(genesis)
    for place, act in enumerate(genesis.acts):
        context = Context(Height(0), genesis.time, NOBODY, NO_KEY, act_identity(encoded, place), NO_SALT)
        made.append(_run(machine, state, partial(machine.rules[type(act)], state, act), context, len(made)))
        code = made[-1].receipt.code
        if code != ACCEPTED:
            raise Stop(f"genesis: {type(act).__name__} is refused: {machine.code_name(code)}")
    return _finish(machine, state, Height(0), made, len(made), watch)


def do_due_work(machine: Machine, state: State, height: Height, time: Millis, number: int) -> list[Made]:
    """Do what is due at `time`: phases, then deadlines, then expiries, each within its budget."""
    made: list[Made] = []
    for kind_class in due.DueClass:
        for key in due.ready(state, kind_class, time):
            due.take(state, key)
            context = Context(height, time, NOBODY, NO_KEY, due.identity(key, height), NO_SALT)
            made.append(
                _run(machine, state, partial(machine.due_rules[key[2]], state, key[3]), context, number + len(made))
            )
    return made


def apply_transaction(
    machine: Machine, state: State, judged: Judged, height: Height, time: Millis, number: int
) -> Made:
    """Execute one transaction; `number` is its receipt's place in the log. Whatever it is, there is a receipt."""
    body = judged.body
    if judged.verdict != GOOD:
        return _refused(machine, judged, AdmissionRejection.SIGNATURE_MUST_VERIFY, NO_SALT, number)
    if body is None:
        return _refused(machine, judged, AdmissionRejection.TRANSACTION_MUST_BE_WELL_FORMED, NO_SALT, number)
    window = sequences.KEY_WINDOWS.get(state, judged.key)
    if window is None:
        return _refused(machine, judged, AdmissionRejection.KEY_MUST_BE_REGISTERED, NO_SALT, number)
    refusal = sequences.check(window, body.sequence)
    if refusal is not None:
        return _refused(machine, judged, refusal, NO_SALT, number)

    # From here on the sequence is used up, whatever comes of the rest.
    sequences.use(state, judged.key, window, body.sequence)
    if time > body.valid_until:
        return _refused(machine, judged, AdmissionRejection.TRANSACTION_MUST_NOT_BE_EXPIRED, body.salt, number)
    context = Context(height, time, body.party, judged.key, judged.identity, body.salt)
    return _run(machine, state, partial(machine.rules[type(body.content)], state, body.content), context, number)


def _run(machine: Machine, state: State, rule: Callable[[Context], Outcome], context: Context, number: int) -> Made:
    """Run a rule to its receipt; take back everything where it fails after its checks."""
    mark = state.begin(context.salt)
    try:
        outcome = rule(context)
        if isinstance(outcome, Accepted):
            state.store()
            return _make(machine, context.identity, ACCEPTED, outcome.events, context.salt, number)
    except RuleFailed:
        state.undo(mark)
        return _make(machine, context.identity, RULE_FAILED, (), context.salt, number)
    if len(state.changes) != mark.changes:
        raise Stop(f"{outcome.code.name} was answered after a write")
    return _make(machine, context.identity, int(outcome.code), (), context.salt, number)


def _refused(machine: Machine, judged: Judged, code: AdmissionRejection, salt: Salt, number: int) -> Made:
    return _make(machine, judged.identity, int(code), (), salt, number)


def _make(machine: Machine, identity: Hash, code: int, events: tuple[Any, ...], salt: Salt, number: int) -> Made:
    receipt = receipts.make_receipt(machine.receipts, identity, code, events, salt, number)
    return Made(receipt, receipts.receipt_root(machine.receipts, receipt))


def _finish(
    machine: Machine, state: State, height: Height, made: list[Made], due_count: int, watch: Watch | None
) -> Applied:
    edge = receipts.log_edge(state)
    if made:
        edge = receipts.append(state, machine.kernels.log_append, [entry for _, entry in made])
    if watch is not None:
        watch.after_block(state, height)
    root = state.seal(height)
    app = App(Version(PROTOCOL_VERSION), Hash(root), ReceiptCount(edge.count), edge.root)
    return Applied([receipt for receipt, _ in made], [entry for _, entry in made], due_count, app)


def _decode_body(machine: Machine, payload: bytes) -> Body | None:
    if len(payload) > PAYLOAD_MAX_BYTES:
        return None
    try:
        body: Any = machine.body.decode(payload)
    except FormError:
        return None
    return body if isinstance(body, Body) else None
