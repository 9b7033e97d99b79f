"""Proof files made from a data folder alone, of the newest block or of any past one.

Nothing is written; a node may be running on it. The past is made again: from the newest good snapshot at or below the
height (or from genesis) every block is executed anew and compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from yuzhong.ledger import receipts
from yuzhong.ledger.failures import FormError
from yuzhong.ledger.feature import Feature, Machine, assemble
from yuzhong.ledger.header import App
from yuzhong.ledger.kernels import choose
from yuzhong.ledger.merkle_log import inclusion_path
from yuzhong.ledger.outcomes import AdmissionRejection
from yuzhong.ledger.receipts import Receipt
from yuzhong.node import blocks, header_signatures, replay
from yuzhong.node.blocks import StoredBlock
from yuzhong.node.disk import Disk
from yuzhong.node.errors import NodeError
from yuzhong.node.execution import Execution, make_execution
from yuzhong.node.snapshots import SNAPSHOTS_FOLDER, SnapshotDamaged, Snapshots
from yuzhong.node.synced_floor import open_to_read
from yuzhong.serving import proof_files, values
from yuzhong.serving.proof_files import Committed, ReceiptProof, RowProof


class NotProvable(NodeError):
    """What was asked to be proved is not there; says what is missing."""


class Prover:
    """Proofs from one data folder. Raises NoLedger where it holds none, Damaged where its files are."""

    def __init__(self, folder: Path, features: tuple[Feature, ...], kernels: str = "rust") -> None:
        segments = open_to_read(folder)
        self.machine: Machine = assemble(features, choose("python" if kernels == "python" else "rust"))
        self.last_height = segments.last_height
        self._features = features
        self._kernels = kernels
        self._segments = segments
        self._snapshots = Snapshots(folder / SNAPSHOTS_FOLDER, Disk())
        self._codecs = blocks.header_codecs(self.machine.kernels)

    def prove_row(self, table_name: str, key: Sequence[str], height: int | None = None) -> RowProof:
        """That a row is there, or is not, in the state of a block.

        Raises NotProvable, FormError for a key, InvalidBlock from replay.
        """
        packed, fields = read_key(self.machine, table_name, key)
        block = self._block(height)
        state_map = self._execution_at(block.height).state.map
        return RowProof(self._committed(block), table_name, fields, state_map.get(packed), state_map.prove(packed))

    def prove_receipt(self, identity: bytes, events: Sequence[int] = (), height: int | None = None) -> ReceiptProof:
        """That a receipt stands in the log of a block, these of its events (from 1) in clear. Raises NotProvable."""
        block = self._block(height)
        found: tuple[int, Receipt] | None = None
        entries: list[bytes] = []
        for stored in takewhile(lambda stored: stored.height <= block.height, self._segments.blocks()):
            for receipt in map(self.machine.receipts.receipt.decode, stored.receipts):
                # The last word on an identity is the receipt whose transaction used up its sequence.
                if receipt.identity == identity and (
                    found is None or _used_sequence(receipt.code) > _used_sequence(found[1].code)
                ):
                    found = len(entries), receipt
                entries.append(receipts.receipt_root(self.machine.receipts, receipt))
        if found is None:
            raise NotProvable(f"there is no receipt {identity.hex()} up to height {block.height}")
        number, receipt = found
        return receipt_proof(
            self.machine, self._committed(block), number, receipt, events, inclusion_path(entries, number)
        )

    def _block(self, height: int | None) -> StoredBlock:
        try:
            return self._segments.read(self.last_height if height is None else height)
        except KeyError as error:
            raise NotProvable(f"there is no block {height}; the newest is {self.last_height}") from error

    def _committed(self, block: StoredBlock) -> Committed:
        return committed(self._codecs.app_of(block), block)

    def _execution_at(self, height: int) -> Execution:
        first = self._segments.read(0)
        genesis, name = replay.read_genesis(self.machine, first)

        def fresh() -> Execution:
            return make_execution(self._features, self._kernels, name, genesis.operator)

        for start in self._snapshots.heights():
            if start > height:
                continue
            execution = fresh()
            try:
                signed_header = self._snapshots.load(start, execution)
            except SnapshotDamaged:
                continue
            block = self._segments.read(start)
            if block.signed_header == signed_header:
                header_signatures.check(block, execution)
                return self._replayed(execution, start, height)
        execution = fresh()
        header_signatures.check(first, execution)
        replay.replay_genesis(execution, genesis, first)
        return self._replayed(execution, 0, height)

    def _replayed(self, execution: Execution, start: int, height: int) -> Execution:
        wanted = takewhile(lambda block: block.height <= height, self._segments.blocks(start + 1))
        for _ in replay.replay(execution, header_signatures.verified(wanted, execution)):
            pass
        return execution


def _used_sequence(code: int) -> bool:
    not_used = [
        refusal for refusal in AdmissionRejection if refusal is not AdmissionRejection.TRANSACTION_MUST_NOT_BE_EXPIRED
    ]
    return code not in not_used


def committed(app: App, block: StoredBlock) -> Committed:
    """What a proof against that block ends in."""
    return Committed(block.signed_header, app)


def receipt_proof(
    machine: Machine, ends_in: Committed, number: int, receipt: Receipt, events: Sequence[int], path: Sequence[bytes]
) -> ReceiptProof:
    """The proof of a receipt with some of its events shown. Raises NotProvable for an event that it has not."""
    try:
        shown = proof_files.shown_leaves(machine.receipts, receipt, events)
    except IndexError as error:
        raise NotProvable(str(error)) from error
    return ReceiptProof(ends_in, number, shown, tuple(path))


def read_key(machine: Machine, table_name: str, key: Sequence[str]) -> tuple[bytes, dict[str, int | str]]:
    """A row's packed key and its fields by name, from decimal numbers and hex. Raises FormError."""
    tables = {table.name: table for table in machine.tables}
    table = tables.get(table_name)
    if table is None:
        raise FormError(
            f"there is no table {table_name!r}{values.nearest(table_name, tables)}; tables: {', '.join(tables)}"
        )
    if len(key) != len(table.key):
        raise FormError(
            f"a key of table {table_name} has the fields {', '.join(table.key) or '(none)'}; {len(key)} were given"
        )
    fields: dict[str, int | str] = {}
    for given, (name, kind) in zip(key, (field.split(":") for field in table.key), strict=True):
        if kind.startswith("b"):
            fields[name] = given.lower()
        elif given.isascii() and given.isdecimal() and len(given) <= 20:
            fields[name] = int(given)
        else:
            raise FormError(f"key.{name}: a whole number is needed, not {given!r}")
    return proof_files.pack_key(table, fields), fields
