"""One block's execution, wherever it is done: in the running node, after a restart, and when a ledger is verified.

It owns a state and the head it stands at. With a second execution beside it (`--kernels both`) every block runs on
both, and a difference stops the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from yuzhong.ledger import header, signatures, transition
from yuzhong.ledger.failures import Stop
from yuzhong.ledger.feature import Feature, Machine, assemble
from yuzhong.ledger.genesis import Genesis
from yuzhong.ledger.header import App, ChainId, Header
from yuzhong.ledger.invariants import Watch
from yuzhong.ledger.kernels import Signed, choose
from yuzhong.ledger.numbers import Hash, Height, Millis
from yuzhong.ledger.transactions import make_batch
from yuzhong.ledger.transition import Applied, Judged
from yuzhong.node import blocks

NO_HEADER = Hash(bytes(32))


@dataclass(frozen=True, slots=True)
class Head:
    """Where a ledger stands: its newest block in short."""

    height: Height
    time: Millis
    identity: Hash
    """Of the block's header."""
    app: App


@dataclass(frozen=True, slots=True)
class Executed:
    """What executing one block gave, encoded as it will be stored."""

    head: Head
    header: Header
    header_bytes: bytes
    app_bytes: bytes
    content: bytes
    receipts: tuple[bytes, ...]
    transactions: Sequence[Judged]
    applied: Applied

    @property
    def first_number(self) -> int:
        """The place in the receipts log of the block's first receipt."""
        return self.head.app.receipts_count - len(self.receipts)


class Execution:
    """A machine and its state, block after block. Not for more than one thread."""

    def __init__(self, machine: Machine, chain_id: ChainId, operator: bytes, twin: Execution | None = None) -> None:
        self.machine = machine
        self.chain_id = chain_id
        self.operator = operator
        self.state = machine.new_state()
        self.head: Head | None = None
        """None until genesis or a snapshot has been taken in."""
        self.current: Judged | None = None
        """The transaction that is being executed: whose fault it is, if something fails now."""
        self.current_place = 0
        self._twin = twin
        self._codecs = blocks.header_codecs(machine.kernels)
        self._context = blocks.header_context(chain_id)

    @property
    def kernels(self) -> str:
        """Which implementations run: `rust`, `python` or `both`."""
        return "both" if self._twin else self.machine.kernels.name

    def begin(self, genesis: Genesis, watch: Watch | None = None) -> Executed:
        """Execute genesis. Raises Stop where one of its acts is refused."""
        applied = transition.apply_genesis(self.machine, self.state, genesis, watch)
        made = self._finish(Height(0), genesis.time, self.machine.genesis.encode(genesis), (), applied)
        if self._twin:
            _compare(made, self._twin.begin(genesis))
        return made

    def execute(
        self, time: Millis, signed: Sequence[Signed], judged: Sequence[Judged], watch: Watch | None = None
    ) -> Executed:
        """Execute the next block. `time` must not be before the last block's.

        Raises whatever breaks in a rule; the state is then no longer good and `current` names the transaction.
        """
        if self.head is None:
            raise Stop("there is no state to execute on")
        if time < self.head.time:
            raise Stop(f"time {time} is before the last block's, {self.head.time}")
        height = Height(self.head.height + 1)
        applied = transition.apply_block(self.machine, self.state, height, time, _Followed(self, judged), watch)
        content = self.machine.batch.encode(make_batch(list(signed)))
        made = self._finish(height, time, content, judged, applied)
        if self._twin:
            _compare(made, self._twin.execute(time, signed, judged))
        return made

    def load(self, rows: list[tuple[bytes, bytes]]) -> None:
        """Take in rows of a snapshot; `loaded` ends it."""
        self.state.map.load(rows)
        if self._twin:
            self._twin.load(rows)

    def loaded(self, head: Head) -> bytes:
        """End of a snapshot's rows: the root they have."""
        root = self.state.seal(head.height)
        self.state.rebuild_indexes()
        self.head = head
        if self._twin and self._twin.loaded(head) != root:
            raise Stop(f"snapshot of height {head.height}: the state roots of the two kernels differ")
        return root

    def _finish(
        self, height: Height, time: Millis, content: bytes, judged: Sequence[Judged], applied: Applied
    ) -> Executed:
        identities = [transaction.identity for transaction in judged]
        root = Hash(self.machine.kernels.log_append(0, (), identities)[2])
        previous = self.head.identity if self.head else NO_HEADER
        made = Header(self.chain_id, height, time, previous, root, header.app_hash(applied.app))
        header_bytes = self._codecs.header.encode(made)
        self.head = Head(height, time, signatures.identity(self.operator, self._context, header_bytes), applied.app)
        encode = self.machine.receipts.receipt.encode
        return Executed(
            head=self.head,
            header=made,
            header_bytes=header_bytes,
            app_bytes=self._codecs.app.encode(applied.app),
            content=content,
            receipts=tuple([encode(receipt) for receipt in applied.receipts]),
            transactions=judged,
            applied=applied,
        )


def make_execution(features: tuple[Feature, ...], kernels: str, chain_id: ChainId, operator: bytes) -> Execution:
    """An execution of these features with `rust`, `python` or `both`. Raises ValueError for anything else."""
    if kernels == "both":
        twin = Execution(assemble(features, choose("python")), chain_id, operator)
        return Execution(assemble(features, choose("rust")), chain_id, operator, twin)
    return Execution(assemble(features, choose(kernels)), chain_id, operator)


class _Followed(Sequence[Judged]):
    """A block's transactions, noting which of them is being executed."""

    def __init__(self, execution: Execution, judged: Sequence[Judged]) -> None:
        self._execution = execution
        self._judged = judged

    def __len__(self) -> int:
        return len(self._judged)

    @overload
    def __getitem__(self, index: int) -> Judged: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Judged]: ...
    def __getitem__(self, index: int | slice) -> Judged | Sequence[Judged]:
        return self._judged[index]

    def __iter__(self) -> Iterator[Judged]:
        execution = self._execution
        for place, judged in enumerate(self._judged):
            execution.current_place, execution.current = place, judged
            yield judged
        execution.current = None


def _compare(ours: Executed, twins: Executed) -> None:
    """Raises Stop where the two kernels differ: one of them is wrong, and nobody can say here which."""
    for place, (mine, other) in enumerate(zip(ours.receipts, twins.receipts, strict=False)):
        if mine != other:
            identity = ours.applied.receipts[place].identity.hex()
            raise Stop(f"block {ours.head.height}: the kernels differ in receipt {place}, of {identity}")
    if ours.head != twins.head:
        raise Stop(f"block {ours.head.height}: the kernels differ: rust {ours.head.app}, python {twins.head.app}")
