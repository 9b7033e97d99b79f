"""Checking a proof file: from the operator's public key down to the one row or event that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yuzhong.ledger import header, proofs, signatures
from yuzhong.ledger.failures import FormError, InvalidBlock
from yuzhong.ledger.feature import Machine
from yuzhong.ledger.header import PROTOCOL_VERSION, Header
from yuzhong.ledger.kernels import verify_signatures
from yuzhong.ledger.merkle_log import verify_inclusion
from yuzhong.ledger.receipts import Verdict
from yuzhong.ledger.shapes import record_shape
from yuzhong.ledger.tables import Privacy
from yuzhong.ledger.twins.merkle_log import leaf_hash, node_hash
from yuzhong.serving import proof_files, values
from yuzhong.serving.proof_files import Committed, ReceiptProof, RowProof, ShownLeaf

BLIND_BYTES = 16


@dataclass(frozen=True, slots=True)
class ShownRow:
    """What a row proof shows."""

    table: str
    key: dict[str, Any]
    row: Any
    """The decoded row; None where the proof is that there is none."""


@dataclass(frozen=True, slots=True)
class ShownReceipt:
    """What a receipt proof shows."""

    identity: bytes
    code: int
    code_name: str
    number: int
    events: tuple[tuple[int, Any], ...]
    """Number (from 1) and record of each event shown."""
    hidden: int
    """How many events are not shown."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A proof that holds: what it shows, and of which block."""

    header: Header
    shown: ShownRow | ShownReceipt

    def to_plain(self) -> dict[str, Any]:
        """For JSON and for people."""
        about = {"chain_id": self.header.chain_id, "height": self.header.height, "time": self.header.time}
        shown = self.shown
        if isinstance(shown, ShownRow):
            row = None if shown.row is None else values.to_plain(shown.row)
            return {
                "kind": "row",
                **about,
                "table": shown.table,
                "key": shown.key,
                "exists": row is not None,
                "row": row,
            }
        return {
            "kind": "receipt",
            **about,
            "identity": shown.identity.hex(),
            "code": shown.code,
            "code_name": shown.code_name,
            "number": shown.number,
            "events": [{"number": number, **values.named(event)} for number, event in shown.events],
            "hidden_events": shown.hidden,
        }


def check_proof(text: str | bytes, operator_public_key: bytes, machine: Machine) -> Checked:
    """Verify everything that a proof file says.

    The machine only tells how keys, rows and events are written. Raises FormError where the file or a part of it has
    not its one form, InvalidBlock where parts do not fit together; both name the field.
    """
    proof = proof_files.read(text)
    signed = _check_header(proof.committed, operator_public_key, machine)
    if isinstance(proof, RowProof):
        return Checked(signed, _check_row(proof, machine))
    return Checked(signed, _check_receipt(proof, machine))


def _check_header(committed: Committed, operator: bytes, machine: Machine) -> Header:
    message = signatures.decode_signed(committed.signed_header)
    if message.protected != signatures.protected_header(operator):
        raise InvalidBlock("header key", operator.hex(), signatures.public_key(message.protected).hex())
    signed: Header = machine.kernels.codec(record_shape(Header)).decode(message.payload)
    context = signatures.HEADER_CONTEXT + signed.chain_id.encode()
    verdicts, _ = verify_signatures(context, [(message.protected, message.payload, message.signature)])
    if verdicts[0] != 0:
        raise InvalidBlock("header signature", "one that verifies", f"verdict {verdicts[0]}")
    if committed.app.protocol_version != PROTOCOL_VERSION:
        only = f"{PROTOCOL_VERSION}, the only one this program knows"
        raise InvalidBlock("app.protocol_version", committed.app.protocol_version, only)
    found = header.app_hash(committed.app)
    if found != signed.app_hash:
        raise InvalidBlock("app", signed.app_hash.hex(), found.hex())
    return signed


def _check_row(proof: RowProof, machine: Machine) -> ShownRow:
    table = {table.name: table for table in machine.tables}.get(proof.table)
    if table is None:
        raise FormError(
            f"table: there is no {proof.table!r}{values.nearest(proof.table, (t.name for t in machine.tables))}"
        )
    packed = proof_files.pack_key(table, proof.key)
    proofs.verify_row(proof.committed.app.state_root, packed, proof.value, proof.proof)
    row = None
    if proof.value is not None:
        body = proof.value[BLIND_BYTES:] if table.privacy is Privacy.BLINDED else proof.value
        row = machine.kernels.codec(record_shape(table.row)).decode(body)
    return ShownRow(table.name, dict(proof.key), row)


def _check_receipt(proof: ReceiptProof, machine: Machine) -> ShownReceipt:
    app = proof.committed.app
    first = proof.leaves[0] if proof.leaves else None
    if not isinstance(first, ShownLeaf):
        raise FormError("leaves: the first, the verdict, must be shown")
    hashes = [leaf_hash(leaf.blind + leaf.content) if isinstance(leaf, ShownLeaf) else leaf for leaf in proof.leaves]
    try:
        verify_inclusion(_root(hashes), proof.number, app.receipts_count, proof.path, app.receipts_root)
    except InvalidBlock as error:
        field = {"index": "number", "root": "receipts root"}.get(error.field, error.field)
        raise InvalidBlock(field, error.expected, error.found, f"receipt {proof.number}") from error
    verdict: Verdict = machine.receipts.verdict.decode(first.content)
    events = tuple(
        (place, machine.receipts.event.decode(leaf.content))
        for place, leaf in enumerate(proof.leaves)
        if place > 0 and isinstance(leaf, ShownLeaf)
    )
    hidden = len(proof.leaves) - 1 - len(events)
    return ShownReceipt(verdict.identity, verdict.code, machine.code_name(verdict.code), proof.number, events, hidden)


def _root(hashes: Sequence[bytes]) -> bytes:
    """The root of an RFC 9162 tree over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    middle = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(_root(hashes[:middle]), _root(hashes[middle:]))
