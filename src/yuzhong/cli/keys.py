"""`yuzhong keys`: make a key, show what others need to know of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from yuzhong.cli.output import fail, print_facts, print_json
from yuzhong.client.keys import KeyFileError, SigningKey

app = App(name="keys", help="Signing keys in files that only their owner can read.")

AsJson = Annotated[bool, Parameter(help="Print one JSON object.")]


@app.command
def new(
    file: Path,
    /,
    *,
    algorithm: Annotated[
        Literal["ed25519", "p256"], Parameter(help="P-256 is for hardware that has no Ed25519.")
    ] = "ed25519",
    json: AsJson = False,
) -> None:
    """Make a new key.

    Parameters
    ----------
    file
        Where it goes; a file that is there is never overwritten.
    """
    key = SigningKey.generate(algorithm)
    try:
        key.save(file)
    except KeyFileError as error:
        fail(error)
    _print(file, key, json=json)


@app.command
def show(file: Path, /, *, json: AsJson = False) -> None:
    """Show a key's public part, and the id by which the ledger knows it.

    Parameters
    ----------
    file
        A key file.
    """
    try:
        key = SigningKey.load(file)
    except KeyFileError as error:
        fail(error)
    _print(file, key, json=json)


def _print(file: Path, key: SigningKey, *, json: bool) -> None:
    facts = {"file": str(file), "algorithm": key.algorithm, "public_key": key.public.hex(), "key_id": key.key_id.hex()}
    if json:
        print_json(facts)
    else:
        print_facts({name.replace("_", " "): value for name, value in facts.items()})
