"""`yuzhong submit`: sign one transaction of any type and send it; its fields are derived from the type."""

from __future__ import annotations

import json as json_text
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from yuzhong.catalogue import FEATURES
from yuzhong.cli.output import MISUSED, fail, print_facts, print_json, print_table
from yuzhong.cli.remote import DEFAULT_URL, Url
from yuzhong.client.errors import ClientError
from yuzhong.client.http import Client
from yuzhong.client.keys import SigningKey
from yuzhong.client.replies import Receipt
from yuzhong.ledger.failures import BoundPassed, FormError
from yuzhong.serving import values

TYPES = {kind.__name__: kind for feature in FEATURES for kind in feature.rules}


def submit(
    type_name: Annotated[str, Parameter(name="TYPE")],
    /,
    *fields: str,
    key: Annotated[Path | None, Parameter(help="The key file to sign with.")] = None,
    party: Annotated[int | None, Parameter(help="For whom the key acts.")] = None,
    node: Url = DEFAULT_URL,
    valid_s: Annotated[int, Parameter(help="For how many seconds it may take effect.")] = 60,
    time_ms: Annotated[int | None, Parameter(help="The block's time, where the ledger's clock is driven.")] = None,
    describe: Annotated[bool, Parameter(help="Show the type's fields and send nothing.")] = False,
    json: Annotated[bool, Parameter(help="Print one JSON object.")] = False,
) -> int:
    """Sign a transaction and send it. Exit code 0 where it took effect, 1 where it did not.

    Parameters
    ----------
    type_name
        The transaction's type, e.g. AdmitParty.
    fields
        field=value each. Enums go by name, bytes as hex, lists with commas or as JSON; `none` for nothing.
    """
    kind = TYPES.get(type_name)
    if kind is None:
        fail(
            f"there is no transaction {type_name!r}{values.nearest(type_name, TYPES)}; one of {', '.join(TYPES)}",
            MISUSED,
        )
    if describe:
        print_table(("field", "takes"), values.describe(kind))
        return 0
    try:
        content = values.from_plain(kind, read_fields(fields))
    except FormError as error:
        fail(error, MISUSED)
    if key is None or party is None:
        fail("--key FILE and --party NUMBER are needed to sign", MISUSED)
    try:
        with Client(node) as client:
            signer = client.signer(SigningKey.load(key), party, valid_ms=valid_s * 1_000)
            until = None if time_ms is None else time_ms + valid_s * 1_000
            receipt = client.submit(signer.sign(content, valid_until=until), time_ms=time_ms)
    except (ClientError, BoundPassed, ImportError) as error:
        fail(error)
    _print(receipt, json=json)
    return 0 if receipt.is_accepted else 1


def read_fields(given: Sequence[str]) -> dict[str, Any]:
    """Fields by name from `name=value` texts. Raises FormError."""
    fields: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise FormError(f"{text!r}: fields are given as name=value")
        if name in fields:
            raise FormError(f"field {name!r} is given twice")
        fields[name] = _read(name, value)
    return fields


def _read(name: str, value: str) -> Any:
    if value[:1] not in ("{", "["):
        return value
    try:
        return json_text.loads(value)
    except ValueError as error:
        raise FormError(f"{name}: no such JSON: {error}") from error


def _print(receipt: Receipt, *, json: bool) -> None:
    if json:
        print_json(asdict(receipt))
        return
    facts: dict[str, object] = {
        "result": "accepted" if receipt.is_accepted else f"rejected: {receipt.code_name} ({receipt.code})",
        "identity": receipt.identity,
        "height": receipt.height,
        "receipt number": receipt.number,
    }
    for event in receipt.events:
        facts[f"event {event['number']}"] = f"{event['name']} " + " ".join(
            f"{name}={value}" for name, value in event["fields"].items()
        )
    print_facts(facts)
