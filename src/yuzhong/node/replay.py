"""Executing stored blocks again, and saying exactly where they differ from what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields

from yuzhong.ledger import transition
from yuzhong.ledger.failures import FormError, InvalidBlock
from yuzhong.ledger.feature import Machine
from yuzhong.ledger.genesis import Genesis
from yuzhong.ledger.header import PROTOCOL_VERSION, App, ChainId, Header, chain_id
from yuzhong.ledger.invariants import Watch
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.outcomes import AdmissionRejection
from yuzhong.ledger.receipts import Receipt
from yuzhong.ledger.transition import GOOD, Judged
from yuzhong.node import blocks
from yuzhong.node.blocks import HeaderCodecs, StoredBlock
from yuzhong.node.execution import Executed, Execution

JUDGED_AT_ONCE = 2_048
"""Transactions verified together, over as many blocks as it takes."""
BLOCKS_AT_ONCE = 256

VERDICTS = (
    "GOOD",
    "HEADER_MUST_BE_CANONICAL",
    "KEY_MUST_BE_VALID",
    "SIGNATURE_MUST_BE_64_BYTES",
    "SIGNATURE_S_MUST_BE_LOW",
    "SIGNATURE_MUST_VERIFY",
)


Decoded = tuple[StoredBlock, Header, App, list[Signed]]


@dataclass(frozen=True, slots=True)
class Read:
    """A stored block taken apart, its signatures judged."""

    stored: StoredBlock
    header: Header
    app: App
    signed: list[Signed]
    judged: list[Judged]


def read_blocks(machine: Machine, ledger: ChainId, stored: Iterable[StoredBlock]) -> Iterator[Read]:
    """Decode blocks after genesis and verify their transactions' signatures, many blocks at once.

    Raises InvalidBlock.
    """
    before: Future[list[Read]] | None = None
    # One group is verified, which needs no interpreter lock, while the one before it is executed.
    with ThreadPoolExecutor(1, "yuzhong-verify") as ahead:
        for group in _groups(machine, stored):
            now = ahead.submit(_judged, machine, ledger, group)
            if before is not None:
                yield from before.result()
            before = now
        if before is not None:
            yield from before.result()


def _groups(machine: Machine, stored: Iterable[StoredBlock]) -> Iterator[list[Decoded]]:
    codecs = blocks.header_codecs(machine.kernels)
    group: list[Decoded] = []
    count = 0
    for block in stored:
        group.append((block, *_decode(machine, codecs, block)))
        count += len(group[-1][3])
        if count >= JUDGED_AT_ONCE or len(group) >= BLOCKS_AT_ONCE:
            yield group
            group, count = [], 0
    if group:
        yield group


def read_genesis(machine: Machine, block: StoredBlock) -> tuple[Genesis, ChainId]:
    """The genesis record of the block at height 0 and the name it gives the ledger. Raises InvalidBlock."""
    header, _ = decode_header(blocks.header_codecs(machine.kernels), block)
    try:
        genesis: Genesis = machine.genesis.decode(block.content)
    except FormError as error:
        raise InvalidBlock("genesis", "canonical bytes", error, "height 0") from error
    name = chain_id(genesis.name, block.content)
    if header.chain_id != name:
        raise InvalidBlock("chain_id", header.chain_id, name, "height 0")
    return genesis, name


def replay_genesis(execution: Execution, genesis: Genesis, block: StoredBlock, watch: Watch | None = None) -> Executed:
    """Execute genesis and compare it with the stored block. Raises InvalidBlock."""
    executed = execution.begin(genesis, watch)
    header, app = decode_header(blocks.header_codecs(execution.machine.kernels), block)
    compare(execution.machine, block, header, app, executed)
    return executed


def replay(execution: Execution, stored: Iterable[StoredBlock], watch: Watch | None = None) -> Iterator[Executed]:
    """Execute stored blocks on top of the execution's head, each compared with what is stored. Raises InvalidBlock."""
    for read in read_blocks(execution.machine, execution.chain_id, stored):
        _check_signatures(execution.machine, read)
        _check_time(execution, read)
        executed = execution.execute(read.header.time, read.signed, read.judged, watch)
        compare(execution.machine, read.stored, read.header, read.app, executed)
        yield executed


def compare(machine: Machine, stored: StoredBlock, header: Header, app: App, executed: Executed) -> None:
    """Raise InvalidBlock naming the first field in which a stored block and its execution differ, receipts first."""
    where = f"height {stored.height}"
    if stored.receipts != executed.receipts:
        _compare_receipts(machine, stored, executed, where)
    _compare_fields(app, executed.head.app, where)
    _compare_fields(header, executed.header, where)


def decode_header(codecs: HeaderCodecs, block: StoredBlock) -> tuple[Header, App]:
    """A stored block's header and result.

    Raises InvalidBlock for another protocol version, or bytes of no canonical form.
    """
    where = f"height {block.height}"
    try:
        header, app = codecs.header_of(block), codecs.app_of(block)
    except FormError as error:
        raise InvalidBlock("header", "canonical bytes", error, where) from error
    if app.protocol_version != PROTOCOL_VERSION:
        only = f"{PROTOCOL_VERSION}, the only one this program executes"
        raise InvalidBlock("protocol version", app.protocol_version, only, where)
    if header.height != block.height:
        raise InvalidBlock("height", header.height, block.height, where)
    return header, app


def _decode(machine: Machine, codecs: HeaderCodecs, block: StoredBlock) -> tuple[Header, App, list[Signed]]:
    header, app = decode_header(codecs, block)
    try:
        signed: list[Signed] = machine.batch.decode(block.content).signed()
    except (FormError, IndexError) as error:
        raise InvalidBlock("transactions", "a batch", error, f"height {block.height}") from error
    return header, app, signed


def _judged(machine: Machine, ledger: ChainId, group: list[Decoded]) -> list[Read]:
    judged = transition.judge(machine, ledger, [item for *_, signed in group for item in signed])
    reads, at = [], 0
    for block, header, app, signed in group:
        reads.append(Read(block, header, app, signed, judged[at : at + len(signed)]))
        at += len(signed)
    return reads


def _check_signatures(machine: Machine, read: Read) -> None:
    """A signature that fails here but is not what the stored receipt refused was changed after the fact."""
    first = len(read.stored.receipts) - len(read.judged)
    for place, transaction in enumerate(read.judged):
        if transaction.verdict != GOOD and first >= 0:
            where = _transaction(read.stored.height, place, transaction)
            receipt = _decode_receipt(machine, read.stored.receipts[first + place], where)
            if receipt.code != int(AdmissionRejection.SIGNATURE_MUST_VERIFY):
                raise InvalidBlock("signature", VERDICTS[GOOD], VERDICTS[transaction.verdict], where)


def _check_time(execution: Execution, read: Read) -> None:
    if execution.head and read.header.time < execution.head.time:
        found = f"{execution.head.time} in the block before"
        raise InvalidBlock("time", read.header.time, found, f"height {read.stored.height}")


def _compare_receipts(machine: Machine, stored: StoredBlock, executed: Executed, where: str) -> None:
    due_count = executed.applied.due_count
    for place, (theirs, ours) in enumerate(zip(stored.receipts, executed.receipts, strict=False)):
        if theirs != ours:
            if place >= due_count:
                where = _transaction(stored.height, place - due_count, executed.transactions[place - due_count])
            else:
                where = f"{where}, due work {place}"
            _compare_fields(_decode_receipt(machine, theirs, where), executed.applied.receipts[place], where)
    raise InvalidBlock("receipts", len(stored.receipts), len(executed.receipts), where)


def _compare_fields(claimed: Header | App | Receipt, found: Header | App | Receipt, where: str) -> None:
    for field in fields(claimed):
        theirs, ours = getattr(claimed, field.name), getattr(found, field.name)
        if theirs != ours:
            raise InvalidBlock(field.name, _readable(theirs), _readable(ours), where)


def _decode_receipt(machine: Machine, data: bytes, where: str) -> Receipt:
    try:
        receipt: Receipt = machine.receipts.receipt.decode(data)
    except FormError as error:
        raise InvalidBlock("receipt", "canonical bytes", error, where) from error
    return receipt


def _transaction(height: int, place: int, transaction: Judged) -> str:
    return f"height {height}, transaction {place} ({transaction.identity.hex()})"


def _readable(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
