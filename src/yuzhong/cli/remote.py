"""`yuzhong status` and `yuzhong receipt`: questions to a node over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from yuzhong.cli.output import fail, print_facts, print_json
from yuzhong.client.errors import ClientError
from yuzhong.client.http import Client

DEFAULT_URL = "http://127.0.0.1:8765"
Url = Annotated[str, Parameter(help="The node's address.")]
AsJson = Annotated[bool, Parameter(help="Print one JSON object.")]


def status(*, node: Url = DEFAULT_URL, json: AsJson = False) -> None:
    """Where a node's ledger stands, and how the node runs."""
    try:
        with Client(node) as client:
            given = client.status()
    except (ClientError, ImportError) as error:
        fail(error)
    if json:
        print_json(given)
    else:
        print_facts({name.replace("_", " "): value for name, value in given.items()})


def receipt(identity: str, /, *, node: Url = DEFAULT_URL, json: AsJson = False) -> None:
    """What a node tells everybody of a receipt. Its events are for whoever signed: `yuzhong submit` prints them.

    Parameters
    ----------
    identity
        The transaction's, 64 hex digits.
    """
    try:
        with Client(node) as client:
            found = client.receipt(identity)
    except (ClientError, ImportError) as error:
        fail(error)
    if found is None:
        fail(f"no receipt {identity} is on disk")
    if json:
        print_json(asdict(found))
    else:
        print_facts({name.replace("_", " "): value for name, value in asdict(found).items()})
