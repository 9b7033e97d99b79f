"""The operator's signing key: an Ed25519 key in a file that only its owner can read.

It signs block headers and checkpoints.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from yuzhong.ledger import signatures
from yuzhong.ledger.signatures import SignedMessage
from yuzhong.ledger.transactions import Protected
from yuzhong.node.disk import Disk
from yuzhong.node.errors import NodeError

KEY_FILE = "operator.key"


class KeyFileError(NodeError):
    """The operator's key cannot be used as it lies there."""


class OperatorKey:
    """The key in memory; it never shows its secret."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        """The raw public key, 32 bytes."""
        self.protected = Protected(signatures.protected_header(self.public))
        """Its COSE protected header, as genesis names it."""

    def sign(self, message: bytes) -> bytes:
        """A plain Ed25519 signature, 64 bytes, e.g. of a checkpoint's note."""
        return self._private.sign(message)

    def sign_message(self, external_aad: bytes, payload: bytes) -> bytes:
        """A COSE_Sign1 over `payload`."""
        signature = self.sign(signatures.sig_structure(self.protected, external_aad, payload))
        return signatures.encode_signed(SignedMessage(self.protected, payload, signature))


def load_or_make(path: Path, disk: Disk, seed: bytes | None = None) -> OperatorKey:
    """The key in that file; a new one, synced, where there is none yet.

    `seed` (32 bytes) takes the place of chance in replays and tests.

    Raises KeyFileError where others could read the file or it holds no such key, or another than `seed` makes.
    """
    if path.exists():
        key = _load(path)
        if seed is not None and OperatorKey(Ed25519PrivateKey.from_private_bytes(seed)).public != key.public:
            raise KeyFileError(f"{path} holds another key than the one asked for")
        return key
    private = Ed25519PrivateKey.from_private_bytes(os.urandom(32) if seed is None else seed)
    disk.write_file(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return OperatorKey(private)


def _load(path: Path) -> OperatorKey:
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path} can be read by others; set its mode to 600")
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise KeyFileError(f"{path} holds no key") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds no Ed25519 key")
    return OperatorKey(private)
