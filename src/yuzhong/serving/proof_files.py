"""Proof files: JSON texts that let anybody check a row or a receipt with nothing but the operator's public key.

A file carries the operator's signed header, what the header's app hash is made of, and either a row with its ICS-23
proof against the state root, or a receipt's leaves with the way from their root to the receipts root. Reading is
strict: known fields only, each in its one form.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yuzhong.ledger.failures import BoundPassed, FormError
from yuzhong.ledger.header import App, ReceiptCount, Version
from yuzhong.ledger.merkle_log import PATH_MAX
from yuzhong.ledger.numbers import Hash
from yuzhong.ledger.receipts import EVENTS_MAX, Receipt, ReceiptCodecs, leaves
from yuzhong.ledger.tables import Table
from yuzhong.ledger.twins.merkle_log import leaf_hash

FORMAT = "yuzhong/proof/1"
FILE_MAX_BYTES = 1_048_576
_COMMON = ("format", "kind", "header", "app")
_ROW = (*_COMMON, "table", "key", "value", "proof")
_RECEIPT = (*_COMMON, "number", "leaves", "path")
_APP = ("protocol_version", "state_root", "receipts_count", "receipts_root")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_COUNT_MAX = 2**62 - 1


@dataclass(frozen=True, slots=True)
class Committed:
    """A block's signed header and what its app hash is made of: what every proof ends in."""

    signed_header: bytes
    """COSE_Sign1 by the operator."""
    app: App


@dataclass(frozen=True, slots=True)
class RowProof:
    """That a row has this value, or is absent, in the state of a block."""

    committed: Committed
    table: str
    key: Mapping[str, Any]
    """Key fields by name: integers, or hex where they are bytes."""
    value: bytes | None
    """The row as stored, with its blind where the table is private; None: there is no such row."""
    proof: bytes
    """ICS-23 CommitmentProof."""


@dataclass(frozen=True, slots=True)
class ShownLeaf:
    """A leaf of a receipt in clear."""

    blind: bytes
    content: bytes
    """The encoded verdict (first leaf) or event."""


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """That a receipt stands in the log, with the leaves that are shown."""

    committed: Committed
    number: int
    """The receipt's place in the log."""
    leaves: tuple[ShownLeaf | bytes, ...]
    """Verdict first, then the events; of a hidden one only its hash."""
    path: tuple[bytes, ...]
    """From the receipt's root to the receipts root, nearest first."""


def shown_leaves(codecs: ReceiptCodecs, receipt: Receipt, events: Sequence[int]) -> tuple[ShownLeaf | bytes, ...]:
    """A receipt's leaves with the verdict and these events (numbered from 1) shown.

    Raises IndexError for an event that it has not.
    """
    contents = leaves(codecs, receipt)
    for event in events:
        if not 1 <= event < len(contents):
            raise IndexError(f"the receipt has {len(contents) - 1} events; there is no event {event}")
    return tuple(
        ShownLeaf(content[:16], content[16:]) if place == 0 or place in events else leaf_hash(content)
        for place, content in enumerate(contents)
    )


def key_fields(table: Table[Any], key: Sequence[Any]) -> dict[str, Any]:
    """A table key's fields by name, as a proof file has them."""
    names = [field.partition(":")[0] for field in table.key]
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in zip(names, key, strict=True)}


def pack_key(table: Table[Any], fields: Mapping[str, Any]) -> bytes:
    """The packed key of these fields. Raises FormError which names the field."""
    kinds = dict(field.split(":") for field in table.key)
    if list(fields) != list(kinds):
        needed, given = ", ".join(kinds) or "(none)", ", ".join(fields)
        raise FormError(f"key: table {table.name} has the fields {needed}, in this order; not {given}")
    values: list[Any] = []
    for name, kind in kinds.items():
        value = fields[name]
        if kind.startswith("b"):
            value = _hex(value, f"key.{name}", int(kind[1:]))
        elif isinstance(value, bool) or not isinstance(value, int):
            raise FormError(f"key.{name}: a whole number is needed")
        values.append(value)
    try:
        return table.pack(*values)
    except BoundPassed as error:
        raise FormError(f"key: a field of table {table.name} is too large or negative") from error


# Writing.


def write(proof: RowProof | ReceiptProof) -> str:
    """The proof as a file's text."""
    app = proof.committed.app
    common = {
        "format": FORMAT,
        "kind": "row" if isinstance(proof, RowProof) else "receipt",
        "header": _base64(proof.committed.signed_header),
        "app": {
            "protocol_version": app.protocol_version,
            "state_root": app.state_root.hex(),
            "receipts_count": app.receipts_count,
            "receipts_root": app.receipts_root.hex(),
        },
    }
    return json.dumps(common | (_row(proof) if isinstance(proof, RowProof) else _receipt(proof)), indent=1) + "\n"


def _row(proof: RowProof) -> dict[str, Any]:
    value = None if proof.value is None else proof.value.hex()
    return {"table": proof.table, "key": dict(proof.key), "value": value, "proof": _base64(proof.proof)}


def _receipt(proof: ReceiptProof) -> dict[str, Any]:
    leaves = [
        {"blind": leaf.blind.hex(), "content": leaf.content.hex()} if isinstance(leaf, ShownLeaf) else leaf.hex()
        for leaf in proof.leaves
    ]
    return {"number": proof.number, "leaves": leaves, "path": [step.hex() for step in proof.path]}


# Reading.


def read(text: str | bytes) -> RowProof | ReceiptProof:
    """The proof in a file's text. Raises FormError which names the field. Nothing is verified yet."""
    if len(text) > FILE_MAX_BYTES:
        raise FormError(f"proof file: at most {FILE_MAX_BYTES} bytes")
    try:
        given = json.loads(text, object_pairs_hook=_object, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise FormError(f"proof file: no such JSON: {error}") from error
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise FormError(f"format: {FORMAT} is the only one that this program reads")
    kinds: dict[Any, tuple[tuple[str, ...], Callable[..., RowProof | ReceiptProof]]] = {
        "row": (_ROW, _read_row),
        "receipt": (_RECEIPT, _read_receipt),
    }
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise FormError("kind: row or receipt")
    names, make = kinds[kind]
    _check_names(given, names, "proof file")
    return make(given, Committed(_unbase64(given["header"], "header"), _read_app(given["app"])))


def _read_row(given: dict[str, Any], committed: Committed) -> RowProof:
    table, key, value = given["table"], given["key"], given["value"]
    if not isinstance(table, str):
        raise FormError("table: a name is needed")
    if not isinstance(key, dict):
        raise FormError("key: an object of key fields is needed")
    stored = None if value is None else _hex(value, "value")
    return RowProof(committed, table, key, stored, _unbase64(given["proof"], "proof"))


def _read_receipt(given: dict[str, Any], committed: Committed) -> ReceiptProof:
    shown = _list(given["leaves"], "leaves", EVENTS_MAX + 1)
    path = _list(given["path"], "path", PATH_MAX)
    return ReceiptProof(
        committed,
        _count(given["number"], "number"),
        tuple(_read_leaf(leaf, f"leaves[{place}]") for place, leaf in enumerate(shown)),
        tuple(_hex(step, f"path[{place}]", 32) for place, step in enumerate(path)),
    )


def _read_leaf(leaf: Any, where: str) -> ShownLeaf | bytes:
    if not isinstance(leaf, dict):
        return _hex(leaf, where, 32)
    _check_names(leaf, ("blind", "content"), where)
    return ShownLeaf(_hex(leaf["blind"], f"{where}.blind", 16), _hex(leaf["content"], f"{where}.content"))


def _read_app(given: Any) -> App:
    if not isinstance(given, dict):
        raise FormError("app: an object is needed")
    _check_names(given, _APP, "app")
    return App(
        Version(_count(given["protocol_version"], "app.protocol_version")),
        Hash(_hex(given["state_root"], "app.state_root", 32)),
        ReceiptCount(_count(given["receipts_count"], "app.receipts_count")),
        Hash(_hex(given["receipts_root"], "app.receipts_root", 32)),
    )


def _check_names(given: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in given:
        if name not in names:
            raise FormError(f"{where}: unknown field {name!r}")
    for name in names:
        if name not in given:
            raise FormError(f"{where}: field {name!r} is missing")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise FormError("a field stands twice")
    return made


def _no_float(text: str) -> None:
    raise FormError(f"{text} is no whole number")


def _list(value: Any, where: str, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise FormError(f"{where}: a list of at most {most} is needed")
    return value


def _count(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _COUNT_MAX:
        raise FormError(f"{where}: a whole number from 0 on is needed")
    return value


def _hex(value: Any, where: str, length: int | None = None) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise FormError(f"{where}: lower-case hex is needed")
    data = bytes.fromhex(value)
    if length is not None and len(data) != length:
        raise FormError(f"{where}: {length} bytes are needed, not {len(data)}")
    return data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(value: Any, where: str) -> bytes:
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except ValueError:
        data = None
    if data is None or _base64(data) != value:
        raise FormError(f"{where}: canonical base64 is needed")
    return data
