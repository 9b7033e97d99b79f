"""Signing keys: Ed25519, and P-256 with s never above n/2, kept in PEM files that only their owner can read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from yuzhong.client.errors import ClientError
from yuzhong.ledger import signatures

ALGORITHMS = ("ed25519", "p256")
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PEM_MAX_BYTES = 4_096


class KeyFileError(ClientError):
    """A key file cannot be used as it is."""


class SigningKey:
    """A private key in memory; it never shows its secret."""

    def __init__(self, private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        public = private.public_key()
        if isinstance(private, Ed25519PrivateKey):
            self.algorithm = "ed25519"
            self.public = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
            """The raw public key: 32 bytes, or 33 (P-256, compressed)."""
        elif isinstance(private.curve, ec.SECP256R1):
            self.algorithm = "p256"
            self.public = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        else:
            raise KeyFileError(f"the key is of curve {private.curve.name}; Ed25519 or P-256 is needed")
        self.protected = signatures.protected_header(self.public)
        """The COSE protected header."""
        self.key_id = signatures.key_id(self.protected)
        """The key's name on the ledger."""

    def __repr__(self) -> str:
        return f"SigningKey({self.algorithm}, {self.public.hex()})"

    @staticmethod
    def generate(algorithm: str = "ed25519") -> SigningKey:
        """A new random key."""
        return SigningKey.from_seed(os.urandom(32), algorithm)

    @staticmethod
    def from_seed(seed: bytes, algorithm: str = "ed25519") -> SigningKey:
        """The key that these 32 bytes make: the same each time, for demos, replays and tests. Raises ValueError."""
        if len(seed) != 32:
            raise ValueError(f"a seed has 32 bytes, not {len(seed)}")
        if algorithm == "ed25519":
            return SigningKey(Ed25519PrivateKey.from_private_bytes(seed))
        if algorithm == "p256":
            wide = hashlib.sha512(b"yuzhong/p256-seed/1" + seed).digest()
            secret = int.from_bytes(wide, "big") % (P256_ORDER - 1) + 1
            return SigningKey(ec.derive_private_key(secret, ec.SECP256R1()))
        raise ValueError(f"{algorithm!r} is none of {', '.join(ALGORITHMS)}")

    @staticmethod
    def load(path: Path | str) -> SigningKey:
        """The key in a PEM file. Raises KeyFileError where it is missing, open to others, or holds no such key."""
        path = Path(path)
        try:
            mode = path.stat().st_mode
            data = path.read_bytes()[:PEM_MAX_BYTES]
        except OSError as error:
            raise KeyFileError(f"{path}: {error.strerror}") from error
        if mode & 0o077:
            raise KeyFileError(f"{path} can be read by others; set its mode to 600: chmod 600 {path}")
        try:
            private = load_pem_private_key(data, password=None)
        except (ValueError, TypeError) as error:
            raise KeyFileError(f"{path} holds no private key in PEM without a password") from error
        if not isinstance(private, Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyFileError(f"{path} holds no Ed25519 or P-256 key")
        return SigningKey(private)

    def save(self, path: Path | str) -> None:
        """Write the key to a new file that only its owner can read. Raises KeyFileError where there is one already."""
        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError as error:
            raise KeyFileError(f"{path} is there already; a key file is never overwritten") from error
        except OSError as error:
            raise KeyFileError(f"{path}: {error.strerror}") from error

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes that sign `message`."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(message)
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        # Of the two values of s that verify, only the smaller is taken: nobody can give a signature a second form.
        return r.to_bytes(32, "big") + min(s, P256_ORDER - s).to_bytes(32, "big")


def read_public_key(text: str) -> bytes:
    """A public key from hex (32 bytes Ed25519, 33 bytes compressed P-256). Raises KeyFileError."""
    try:
        key = bytes.fromhex(text.strip())
        signatures.protected_header(key)
    except ValueError as error:
        raise KeyFileError("a public key is 64 hex digits (Ed25519) or 66 (P-256, compressed)") from error
    return key
