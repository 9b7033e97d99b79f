"""The first state of a ledger that a node founds: by default the operator alone, who may admit everybody else.

A genesis file (TOML) lists other acts: `name`, `clock` (`system` or `driven`), `time` (milliseconds), and `[[acts]]`,
each with `type` and its fields; where a key is asked for, the word `operator` stands for the operator's.
"""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import Any

from yuzhong.catalogue import FEATURES
from yuzhong.features.parties.transactions import AdmitParty
from yuzhong.features.parties.types import NO_DIGEST, PartyKind, PartyName, Role
from yuzhong.ledger import signatures
from yuzhong.ledger.failures import BoundPassed, FormError, Stop
from yuzhong.ledger.feature import assemble
from yuzhong.ledger.genesis import ACTS_MAX, Clock, Genesis
from yuzhong.ledger.kernels import choose
from yuzhong.ledger.numbers import Millis, PartyId
from yuzhong.ledger.transactions import Protected
from yuzhong.ledger.transition import apply_genesis
from yuzhong.node.config import ConfigError, ledger_name
from yuzhong.node.recovery import MakeGenesis
from yuzhong.serving import values

OPERATOR = PartyId(1)
OPERATOR_NAME = PartyName("Operator 运营机构")
OPERATOR_ROLES = (Role.OPERATOR, Role.REGISTRAR, Role.MARKET_CONTROL)
_KEYS = ("name", "clock", "time", "acts")


def default_genesis(name: str) -> MakeGenesis:
    """A ledger on the system clock, begun now, whose operator is party 1 with the key that also signs blocks."""

    def make(operator: Protected) -> Genesis:
        key = signatures.key_id(operator)
        act = AdmitParty(OPERATOR, PartyKind.ORGANISATION, OPERATOR_NAME, NO_DIGEST, OPERATOR_ROLES, key)
        return Genesis(name, Clock.SYSTEM, _now(), operator, (act,))

    return make


def genesis_from_file(path: Path, name: str) -> MakeGenesis:
    """The genesis that a TOML file describes, tried out in memory with some operator before a folder is touched.

    Raises ConfigError, at once, which names the act and the field, or the act that the rules refuse.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error

    def make(operator: Protected) -> Genesis:
        try:
            return _genesis(given, name, operator)
        except FormError as error:
            raise ConfigError(f"{path}: {error}") from error

    try:
        _try_out(make(Protected(signatures.ED25519 + bytes(32))))
    except (BoundPassed, Stop) as error:
        raise ConfigError(f"{path}: {error}") from error
    return make


def _try_out(genesis: Genesis) -> None:
    machine = assemble(FEATURES, choose("python"))
    apply_genesis(machine, machine.new_state(), genesis)


def _genesis(given: dict[str, Any], name: str, operator: Protected) -> Genesis:
    for key in given:
        if key not in _KEYS:
            raise FormError(f"unknown key {key}{values.nearest(key, _KEYS)}; keys: {', '.join(_KEYS)}")
    named = given.get("name", name)
    try:
        called = ledger_name(named)
    except ValueError as error:
        raise FormError(f"name = {named!r}: {error} is needed") from error
    clock = given.get("clock", "system")
    if clock not in ("system", "driven"):
        raise FormError(f"clock = {clock!r}: system or driven is needed")
    acts = given.get("acts", [])
    if not isinstance(acts, list) or not 0 < len(acts) <= ACTS_MAX:
        raise FormError(f"acts: 1 to {ACTS_MAX} tables [[acts]] are needed")
    began = given.get("time")
    if began is not None and (isinstance(began, bool) or not isinstance(began, int) or not 0 <= began < 2**48):
        raise FormError(f"time = {began!r}: milliseconds since 1970 are needed")
    moment = _now() if began is None else Millis(began)
    made = tuple(_act(act, f"act {place}", operator) for place, act in enumerate(acts, start=1))
    return Genesis(called, Clock[clock.upper()], moment, operator, made)


def _act(given: Any, where: str, operator: Protected) -> Any:
    types = {kind.__name__: kind for feature in FEATURES for kind in feature.rules}
    kind = given.get("type") if isinstance(given, dict) else given
    if not isinstance(given, dict) or not isinstance(kind, str) or kind not in types:
        raise FormError(f"{where}: type = {kind!r}{values.nearest(str(kind), types)}; types: {', '.join(types)}")
    fields = {key: value for key, value in given.items() if key != "type"}
    if fields.get("key") == "operator":
        fields["key"] = signatures.key_id(operator).hex()
    return values.from_plain(types[kind], fields, f"{where}, {kind}")


def _now() -> Millis:
    return Millis(time.time_ns() // 1_000_000)
