"""What can be set about a node's running; none of it changes what a ledger says."""

from __future__ import annotations

from dataclasses import dataclass

from yuzhong.ledger.transactions import BATCH_MAX, BATCH_MAX_BYTES
from yuzhong.node.segments import SEGMENT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Limits and intervals, with defaults that suit a small server."""

    queue_transactions: int = 20_000
    """How many transactions may wait for a block; more are refused as Busy."""
    queue_bytes: int = 64 * 1_048_576
    queue_questions: int = 1_000
    """How many questions about the state may wait; more are refused as Busy."""
    question_ms: int = 5_000
    """How long a question waits for its answer before it is refused as Unavailable."""
    answers_kept: int = 50_000
    """How many answers are kept in memory until the index of receipts has them.

    Past these, what might be a copy of an older transaction is refused as Unavailable until the index has caught up.
    """
    block_transactions: int = BATCH_MAX
    block_cost_units: int = 4_000
    """The sum of the cost weights of a block's signatures."""
    block_bytes: int = BATCH_MAX_BYTES - 4_096
    unsynced_blocks: int = 64
    """How far execution may run ahead of the disk."""
    segment_bytes: int = SEGMENT_BYTES
    retry_ms: int = 200
    """How often a disk in trouble is tried again."""
    slow_write_ms: int = 3_000
    """A write or sync that takes longer counts as trouble."""
    give_up_ms: int = 5_000
    """How long a node that is stopping goes on trying."""
    snapshot_transactions: int = 500_000
    """A snapshot is taken when so many transactions were executed since the last, beside the one at every stop."""
    snapshot_blocks: int = 100_000
    snapshots_kept: int = 2
    watch_invariants: bool = False
    """Check every invariant after each block; a broken one stops the node."""
