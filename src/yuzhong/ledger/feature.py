"""What a feature may contribute, and the machine that a list of features makes.

Wiring is this list and nothing else: no registration, no scanning. Block execution depends on it, so it can be read
and reviewed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from yuzhong.ledger import due
from yuzhong.ledger.genesis import genesis_shape
from yuzhong.ledger.invariants import Invariant
from yuzhong.ledger.kernels import Codec, Kernels
from yuzhong.ledger.numbers import Hash, Height, KeyId, Millis, PartyId, Salt
from yuzhong.ledger.outcomes import ACCEPTED, RULE_FAILED, AdmissionRejection, Outcome
from yuzhong.ledger.receipts import RECEIPTS_LOG, ReceiptCodecs, receipt_codecs
from yuzhong.ledger.sequences import KEY_WINDOWS
from yuzhong.ledger.state import State
from yuzhong.ledger.tables import Table
from yuzhong.ledger.transactions import batch_codec, body_shape

MACHINE_TABLES: tuple[Table[Any], ...] = (KEY_WINDOWS, RECEIPTS_LOG, due.DUE)


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know beside state and transaction."""

    height: Height
    time: Millis
    party: PartyId
    """Whom the transaction says it acts for; whether its key may is the rule's first check.

    0 in genesis and due work.
    """
    key: KeyId
    """The key that signed; zeros in genesis and due work."""
    identity: Hash
    salt: Salt
    """The transaction's secret salt, to be kept in rows whose later events must be blinded with it."""

    @property
    def is_genesis(self) -> bool:
        """Whether this is one of the acts that make the first state, which nobody signs."""
        return self.height == 0


Rule = Callable[[State, Any, Context], Outcome]
"""(state, transaction, context) -> Accepted | Rejected."""
DueRule = Callable[[State, bytes, Context], Outcome]
"""(state, subject, context) -> Accepted: due work has nobody to refuse."""


@dataclass(frozen=True)
class Feature:
    """One folder's table of contents."""

    name: str
    rules: Mapping[type[Any], Rule]
    events: tuple[type[Any], ...]
    rejections: tuple[type[IntEnum], ...]
    tables: tuple[Table[Any], ...]
    due: Mapping[int, DueRule] = field(default_factory=dict)
    invariants: tuple[Invariant, ...] = ()


@dataclass(frozen=True)
class Machine:
    """Features and kernels put together: everything that executing a block needs but the state."""

    kernels: Kernels
    features: tuple[Feature, ...]
    rules: Mapping[type[Any], Rule]
    due_rules: Mapping[int, DueRule]
    tables: tuple[Table[Any], ...]
    body: Codec
    batch: Codec
    genesis: Codec
    receipts: ReceiptCodecs
    code_names: Mapping[int, str]

    def new_state(self) -> State:
        """An empty state with this machine's tables."""
        return State(self.kernels, self.tables)

    def transaction_type(self, name: str) -> type[Any]:
        """The transaction record of that name. Raises KeyError."""
        return {cls.__name__: cls for cls in self.rules}[name]

    def code_name(self, code: int) -> str:
        """A receipt code's name, e.g. `QUANTITY_MUST_BE_POSITIVE`; the number itself where it is unknown."""
        return self.code_names.get(code) or str(code)


def assemble(features: tuple[Feature, ...], kernels: Kernels) -> Machine:
    """The machine of these features. Raises TypeError where two claim one number."""
    rules = _merged([feature.rules for feature in features])
    events = tuple(event for feature in features for event in feature.events)
    contents = tuple(rules)
    return Machine(
        kernels=kernels,
        features=features,
        rules=rules,
        due_rules=_merged([feature.due for feature in features]),
        tables=MACHINE_TABLES + tuple(table for feature in features for table in feature.tables),
        body=kernels.codec(body_shape(contents)),
        batch=batch_codec(kernels),
        genesis=kernels.codec(genesis_shape(contents)),
        receipts=receipt_codecs(kernels, events),
        code_names=_code_names(features),
    )


def _code_names(features: tuple[Feature, ...]) -> dict[int, str]:
    """The name of every code. Raises TypeError for one that is not its transaction's type number and two digits."""
    names: dict[int, str] = {ACCEPTED: "ACCEPTED", RULE_FAILED: "RULE_FAILED"}
    names |= {int(code): code.name for code in AdmissionRejection}
    for feature in features:
        tags = [transaction.TAG for transaction in feature.rules]
        for code in (code for kind in feature.rejections for code in kind):
            if code in names or code // 100 not in tags:
                raise TypeError(f"{feature.name}: {code.name} has the code {int(code)}, taken or of no transaction")
            names[int(code)] = code.name
    return names


def _merged(parts: list[Mapping[Any, Any]]) -> dict[Any, Any]:
    merged: dict[Any, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key in merged:
                raise TypeError(f"{key} is claimed twice")
            merged[key] = value
    return merged
