"""`yuzhong verify`: check a proof file with nothing but the operator's public key."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from yuzhong.catalogue import FEATURES
from yuzhong.cli.output import fail, print_facts, print_json, say
from yuzhong.client.keys import KeyFileError, SigningKey, read_public_key
from yuzhong.ledger.failures import FormError, InvalidBlock
from yuzhong.ledger.feature import assemble
from yuzhong.ledger.kernels import choose
from yuzhong.serving.proof_checks import check_proof
from yuzhong.serving.proof_files import FILE_MAX_BYTES

PUBLIC_KEY_DIGITS = (64, 66)


def verify(
    file: Path,
    /,
    *,
    key: Annotated[str, Parameter(help="The operator's public key: hex, or a file that holds it.")],
    json: Annotated[bool, Parameter(help="Print one JSON object.")] = False,
) -> None:
    """Check a proof file: the operator's signature, every hash, and what it shows.

    Parameters
    ----------
    file
        A file from `yuzhong ledger prove`, or from a node's /v1/proofs.
    """
    try:
        operator = read_operator_key(key)
        with file.open("rb") as opened:
            data = opened.read(FILE_MAX_BYTES + 1)
        checked = check_proof(data, operator, assemble(FEATURES, choose("rust")))
    except (FormError, InvalidBlock, KeyFileError, OSError, ImportError) as error:
        if json:
            print_json({"verified": False, "reason": str(error)})
        fail(f"{file}: not proved: {error}")
    if json:
        print_json({"verified": True, **checked.to_plain()})
        return
    print_facts(_facts(checked.to_plain()))
    say("proved: the operator signed a block that commits to this")


def read_operator_key(key: str) -> bytes:
    """The public key from hex, a text file with the hex, or a key file. Raises KeyFileError, OSError."""
    if len(key) in PUBLIC_KEY_DIGITS and not Path(key).exists():
        return read_public_key(key)
    with Path(key).open("rb") as opened:
        data = opened.read(4_096)
    if data.startswith(b"-----BEGIN"):
        return SigningKey.load(key).public
    return read_public_key(data.decode("ascii", errors="replace"))


def _facts(plain: dict[str, Any]) -> dict[str, object]:
    return {
        name.replace("_", " "): value if isinstance(value, str | int) else json_text.dumps(value, ensure_ascii=False)
        for name, value in plain.items()
    }
