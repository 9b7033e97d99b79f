"""Checkpoints are C2SP's, byte for byte, and nothing else is taken for one."""

from __future__ import annotations

import base64

import pytest

from yuzhong.client import SigningKey
from yuzhong.ledger.failures import FormError, InvalidBlock
from yuzhong.ledger.header import ChainId
from yuzhong.serving import checkpoint
from yuzhong.serving.checkpoint import Checkpoint

KEY = SigningKey.from_seed(bytes(range(32)))
HEAD = Checkpoint("yuzhong-0123456789abcdef", 20_852_163, bytes(range(32)))
NOTE = checkpoint.sign(HEAD, KEY.public, KEY.sign)

# The example of C2SP's tlog-checkpoint; its public key is not published, so it is only parsed.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
# A verifier key and a note from the documentation of Go's golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""


def test_a_signed_checkpoint_verifies_and_says_what_was_signed() -> None:
    assert checkpoint.verify(NOTE, KEY.public) == HEAD
    assert NOTE.startswith(
        "yuzhong-0123456789abcdef\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— yuzhong-"
    )


def test_the_published_example_is_read() -> None:
    head, text, signatures = checkpoint.parse(EXAMPLE)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert text == head.text()
    assert signatures[0][0] == "example.com/behind-the-sofa"
    assert len(signatures[0][1]) == 68


def test_key_ids_and_verifier_keys_are_those_of_gos_note_package() -> None:
    name, key_id, encoded = GO_KEY.split("+", 2)
    public = base64.b64decode(encoded)[1:]
    assert checkpoint.key_id(name, public).hex() == key_id
    assert checkpoint.verifier_key(name, public) == GO_KEY
    signature = base64.b64decode(GO_NOTE.rsplit(" ", 1)[1])
    assert signature[:4].hex() == key_id


def test_other_keys_signatures_are_passed_over() -> None:
    witness = SigningKey.from_seed(bytes(32))
    line = NOTE.splitlines()[-1].replace("yuzhong-0123456789abcdef", "witness.example")
    assert checkpoint.verify(NOTE + line + "\n", KEY.public) == HEAD
    with pytest.raises(InvalidBlock, match="signature differs"):
        checkpoint.verify(NOTE, witness.public)


@pytest.mark.parametrize("place", range(0, len(NOTE) - 1, 7))
def test_a_note_with_any_character_changed_does_not_verify(place: int) -> None:
    changed = NOTE[:place] + ("A" if NOTE[place] != "A" else "B") + NOTE[place + 1 :]
    with pytest.raises((FormError, InvalidBlock)):
        checkpoint.verify(changed, KEY.public, HEAD.origin)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (NOTE.replace("20852163", "020852163"), "leading zeros"),
        (NOTE.replace("20852163", "-1"), "decimal"),
        (NOTE.replace("20852163", "٢"), "decimal"),
        (NOTE.replace("AAECAwQF", "AAECAwQ"), "base64"),
        (NOTE.replace("Hh8=", "Hh9="), "canonical base64"),
        (NOTE.replace("\n\n", "\n"), "empty line"),
        (NOTE.replace("— ", "- "), "em dash"),
        (NOTE.rstrip("\n"), "empty line"),
        (NOTE + "\n" * 20_000, "at most"),
        (NOTE.replace("\n", "\r\n"), "control"),
        (NOTE + "— x AAAA\n", "longer than its key id"),
        ("", "empty line"),
    ],
)
def test_what_is_no_checkpoint_is_told_why(changed: str, said: str) -> None:
    with pytest.raises(FormError, match=said):
        checkpoint.verify(changed, KEY.public)


def test_a_name_with_spaces_or_pluses_becomes_an_origin_that_a_note_can_carry() -> None:
    origin = checkpoint.origin(ChainId("渝中 a+b-0123456789abcdef"))
    assert origin == "%E6%B8%9D%E4%B8%AD%20a%2Bb-0123456789abcdef"
    assert (
        checkpoint.verify(checkpoint.sign(Checkpoint(origin, 0, bytes(32)), KEY.public, KEY.sign), KEY.public).size == 0
    )
    with pytest.raises(FormError, match="space or a plus"):
        checkpoint.sign(Checkpoint("a b", 0, bytes(32)), KEY.public, KEY.sign)
