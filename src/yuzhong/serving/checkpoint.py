"""The receipts log's head as outsiders read it: a C2SP tlog-checkpoint in a C2SP signed note, Ed25519.

The log's origin and the key's name are the same text. Signing takes a function, so no secret ever comes here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

from yuzhong.ledger.failures import FormError, InvalidBlock
from yuzhong.ledger.header import ChainId
from yuzhong.ledger.twins import ed25519

NOTE_MAX_BYTES = 16_384
SIGNATURES_MAX = 100
ED25519_TYPE = b"\x01"
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head."""

    origin: str
    """The log's name, e.g. `yuzhong-0123456789abcdef`."""
    size: int
    """How many receipts."""
    root: bytes
    """RFC 9162 root over them."""

    def text(self) -> str:
        """The note's text, which is what is signed. Raises FormError for an origin that no note can carry."""
        _check_name(self.origin)
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


def origin(chain_id: ChainId) -> str:
    """The log's name for a ledger: its chain id, with what a note's key name may not hold percent-encoded."""
    return urllib.parse.quote(chain_id, safe="/~")


def key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes by which a signature line names its Ed25519 key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519_TYPE + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes) -> str:
    """The public key as C2SP tools take it: `<name>+<key id>+<base64>`."""
    return f"{name}+{key_id(name, public_key).hex()}+{_base64(ED25519_TYPE + public_key)}"


def sign(checkpoint: Checkpoint, public_key: bytes, signer: Callable[[bytes], bytes]) -> str:
    """The signed note. `signer` makes a plain Ed25519 signature of 64 bytes."""
    text = checkpoint.text()
    signature = key_id(checkpoint.origin, public_key) + signer(text.encode())
    return f"{text}\n— {checkpoint.origin} {_base64(signature)}\n"


def parse(note: str) -> tuple[Checkpoint, str, list[tuple[str, bytes]]]:
    """A note's checkpoint, signed text, and signatures (name, key id and signature). Nothing is verified yet.

    Raises FormError.
    """
    if len(note.encode(errors="replace")) > NOTE_MAX_BYTES:
        raise FormError(f"checkpoint: at most {NOTE_MAX_BYTES} bytes")
    if _CONTROL.search(note):
        raise FormError("checkpoint: control characters")
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise FormError("checkpoint: the text, an empty line, then signature lines")
    text += "\n"
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise FormError(f"checkpoint: at most {SIGNATURES_MAX} signatures")
    return _parse_text(text), text, [_parse_signature(line) for line in lines]


def verify(note: str, public_key: bytes, name: str | None = None) -> Checkpoint:
    """The checkpoint of a note that this key signed under that name (by default the log's own origin).

    Raises FormError for a malformed note, InvalidBlock where the key's signature is missing or wrong. Other keys'
    lines are passed over.
    """
    checkpoint, text, signatures = parse(note)
    name = checkpoint.origin if name is None else name
    if checkpoint.origin != name:
        raise InvalidBlock("origin", name, checkpoint.origin)
    wanted = key_id(name, public_key)
    for who, signature in signatures:
        if who == name and signature[:4] == wanted:
            if len(signature) != 68 or not ed25519.verify(public_key, signature[4:], text.encode()):
                raise InvalidBlock("signature", "one that verifies", "one that does not", "checkpoint")
            return checkpoint
    raise InvalidBlock("signature", f"one by {verifier_key(name, public_key)}", "none", "checkpoint")


def _parse_text(text: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or "" in lines:
        raise FormError("checkpoint: origin, size and root, a line each")
    _check_name(lines[0])
    if not _DECIMAL.fullmatch(lines[1]):
        raise FormError("checkpoint: the size is a decimal number without leading zeros")
    root = _unbase64(lines[2], "root")
    if len(root) != 32:
        raise FormError("checkpoint: the root has 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def _parse_signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None:
        raise FormError("checkpoint: a signature line is an em dash, the key's name and base64")
    signature = _unbase64(match[2], "signature")
    if len(signature) < 5:
        raise FormError("checkpoint: a signature is longer than its key id")
    return match[1], signature


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise FormError(f"checkpoint: {name!r} cannot be a log's name: it has a space or a plus, or is empty")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(text: str, field: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise FormError(f"checkpoint: {field} is not base64") from error
    if _base64(data) != text:
        raise FormError(f"checkpoint: {field} is not canonical base64")
    return data
