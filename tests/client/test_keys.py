"""Keys and signatures that the kernels accept, files that only their owner reads, seeds that make the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from yuzhong.catalogue import FEATURES
from yuzhong.client import Chain, KeyFileError, SeededSigner, Signer, SigningKey
from yuzhong.client.keys import ALGORITHMS, P256_ORDER, read_public_key
from yuzhong.client.signing import identity, to_batch, to_cose
from yuzhong.features.parties.transactions import RevokeKey
from yuzhong.ledger import signatures, transition
from yuzhong.ledger.feature import assemble
from yuzhong.ledger.header import ChainId
from yuzhong.ledger.kernels import choose, verify_signatures
from yuzhong.ledger.transition import GOOD

MACHINE = assemble(FEATURES, choose("rust"))
CHAIN = Chain(MACHINE.body, ChainId("yuzhong-0123456789abcdef"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_a_signer_signs_is_judged_good_on_its_chain_and_on_no_other(algorithm: str) -> None:
    signer = Signer(CHAIN, 7, SigningKey.generate(algorithm))
    signed = [signer.sign(RevokeKey(signer.key_id)) for _ in range(3)]
    judged = transition.judge(MACHINE, CHAIN.chain_id or ChainId(""), signed)
    assert [one.verdict for one in judged] == [GOOD] * 3
    assert [one.body.sequence for one in judged if one.body] == [1, 2, 3]
    assert [one.identity for one in judged] == [identity(CHAIN, one) for one in signed]
    assert {one.key for one in judged} == {signer.key_id}
    assert len({one.body.salt for one in judged if one.body}) == 3
    elsewhere = transition.judge(MACHINE, ChainId("yuzhong-0123456789abcdee"), signed)
    assert GOOD not in [one.verdict for one in elsewhere]


@given(message=st.binary(max_size=200))
def test_p256_signatures_never_have_the_larger_s(message: bytes) -> None:
    key = SigningKey.from_seed(bytes(32), "p256")
    assert int.from_bytes(key.sign(message)[32:], "big") <= P256_ORDER // 2
    structure = signatures.sig_structure(key.protected, b"aad", message)
    verdicts, _ = verify_signatures(b"aad", [(key.protected, message, key.sign(structure))])
    assert verdicts == bytes([GOOD])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_seeded_signer_makes_the_same_bytes_each_time(algorithm: str) -> None:
    def signed() -> list[tuple[bytes, bytes, bytes]]:
        signer = SeededSigner(CHAIN, 7, "seed", algorithm)
        return [signer.sign(RevokeKey(signer.key_id)) for _ in range(3)]

    assert signed() == signed()
    assert signed()[0] != SeededSigner(CHAIN, 7, "other", algorithm).sign(
        RevokeKey(SigningKey.from_seed(bytes(32)).key_id)
    )


def test_a_signer_waits_for_the_chain_id(tmp_path: Path) -> None:
    chain = Chain(MACHINE.body)
    signer = SeededSigner(chain, 7, "seed")
    with pytest.raises(ValueError, match="chain id"):
        signer.sign(RevokeKey(signer.key_id))
    chain.chain_id = CHAIN.chain_id
    assert signer.sign(RevokeKey(signer.key_id))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_file_is_for_its_owner_and_is_never_overwritten(tmp_path: Path, algorithm: str) -> None:
    key, path = SigningKey.generate(algorithm), tmp_path / "own.key"
    key.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SigningKey.load(path).public == key.public
    with pytest.raises(KeyFileError, match="never overwritten"):
        SigningKey.generate().save(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        SigningKey.load(path)


def test_other_files_and_other_keys_are_refused(tmp_path: Path) -> None:
    def pem(name: str, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Path:
        path = tmp_path / name
        path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path.chmod(0o600)
        return path

    with pytest.raises(KeyFileError, match="secp384r1"):
        SigningKey.load(pem("p384", ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(KeyFileError, match="no Ed25519 or P-256 key"):
        SigningKey.load(pem("rsa", rsa.generate_private_key(65_537, 2_048)))
    empty = tmp_path / "empty"
    empty.touch(0o600)
    with pytest.raises(KeyFileError, match="no private key"):
        SigningKey.load(empty)
    with pytest.raises(KeyFileError, match="No such file"):
        SigningKey.load(tmp_path / "none")
    with pytest.raises(KeyFileError, match="No such file"):
        SigningKey.generate().save(tmp_path / "no" / "folder")


def test_a_key_shows_its_public_part_only() -> None:
    key = SigningKey.from_seed(bytes(range(32)))
    assert repr(key) == f"SigningKey(ed25519, {key.public.hex()})"
    assert bytes(range(32)).hex() not in repr(vars(key))
    assert read_public_key(f" {key.public.hex()}\n") == key.public
    for wrong in ("", "00", "zz" * 32, "00" * 31):
        with pytest.raises(KeyFileError):
            read_public_key(wrong)
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey.from_seed(b"short")
    with pytest.raises(ValueError, match="none of ed25519, p256"):
        SigningKey.from_seed(bytes(32), "rsa")


def test_containers_hold_what_was_signed() -> None:
    signer = SeededSigner(CHAIN, 7, "seed")
    signed = [signer.sign(RevokeKey(signer.key_id)) for _ in range(4)]
    message = signatures.decode_signed(to_cose(signed[0]))
    assert (message.protected, message.payload, message.signature) == signed[0]
    batch = MACHINE.batch.decode(to_batch(MACHINE.batch, signed))
    assert batch.signed() == signed
    assert len(batch.keys) == 1
