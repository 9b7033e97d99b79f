"""The thread that orders and executes: it alone touches the state.

It cuts a block when nothing more waits or a block is full, at most one a millisecond, and when due work's time has
come; between blocks it answers questions about the state, once everything executed is on disk.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from yuzhong.ledger import due, sequences
from yuzhong.ledger.invariants import Watch
from yuzhong.ledger.numbers import Millis
from yuzhong.ledger.outcomes import RULE_FAILED
from yuzhong.ledger.transition import GOOD
from yuzhong.node.clock import SystemTime
from yuzhong.node.errors import Unavailable
from yuzhong.node.execution import Executed, Execution
from yuzhong.node.health import Health
from yuzhong.node.inbox import Inbox
from yuzhong.node.metrics import Metrics
from yuzhong.node.waiting import Answer, Limits, Question, Submission, Waiting
from yuzhong.node.writer import Made, Writer

IDLE_CHECK_MS = 500
"""How often an idle node looks at its clock."""

log = logging.getLogger("yuzhong.node")


class Executor(threading.Thread):
    """Takes from the inbox, gives to the writer."""

    def __init__(
        self,
        execution: Execution,
        inbox: Inbox,
        writer: Writer,
        health: Health,
        metrics: Metrics,
        limits: Limits,
        clock: SystemTime | None,
        *,
        find: Callable[[bytes], Answer | None],
        after_block: Callable[[Executed], None],
        watch: Watch | None,
    ) -> None:
        """`clock` is None where time is driven.

        `find` gives the first answer to a transaction that is on the ledger; it raises Unavailable where it cannot
        know.
        """
        super().__init__(name="yuzhong-executor", daemon=True)
        self._execution = execution
        self._inbox = inbox
        self._writer = writer
        self._health = health
        self._metrics = metrics
        self._limits = limits
        self._clock = clock
        self._find = find
        self._after_block = after_block
        self._watch = watch
        self._due: Millis | None = due.next_time(execution.state)

    def run(self) -> None:
        try:
            while not (self._inbox.is_closed and self._inbox.is_empty):
                self._turn()
        except Unavailable as error:
            self._health.fail(str(error))
        except BaseException as error:
            reason = self._place_of(error)
            log.exception("the node stops", extra={"reason": reason})
            self._health.fail(reason)
        finally:
            self._inbox.close(self._health.failure or "the node has stopped")
            self._writer.finish()

    def _turn(self) -> None:
        self._inbox.wait(self._patience())
        self._answer_questions()
        if self._clock is None:
            self._driven_block()
        else:
            self._system_block(self._clock)

    def _patience(self) -> float | None:
        """How long to wait for something to do, in seconds."""
        if self._clock is None:
            return None
        wait_ms = IDLE_CHECK_MS
        if self._due is not None:
            wait_ms = min(wait_ms, max(0, self._due - self._clock.now()))
        return wait_ms / 1_000

    def _system_block(self, clock: SystemTime) -> None:
        now = clock.now()
        if not self._inbox.has_transactions and (self._due is None or self._due > now):
            return
        last = self._execution.head.time if self._execution.head else now
        block_time = clock.next_time(last)
        waiting = self._first_time_only(self._inbox.take(self._limits))
        if waiting or (self._due is not None and self._due <= block_time):
            self._execute(block_time, waiting, None)

    def _driven_block(self) -> None:
        block = self._inbox.take_block()
        if block is not None:
            self._execute(block.time, block.waiting, block.submission)

    def _execute(self, block_time: Millis, waiting: Sequence[Waiting], submission: Submission | None) -> None:
        began = time.perf_counter()
        signed = [one.signed for one in waiting]
        executed = self._execution.execute(block_time, signed, [one.judged for one in waiting], self._watch)
        self._due = due.next_time(self._execution.state)
        self._metrics.execute_seconds.observe(time.perf_counter() - began)
        self._count(executed)
        self._writer.put(Made(executed, waiting, submission))
        self._after_block(executed)

    def _first_time_only(self, taken: list[Waiting]) -> list[Waiting]:
        """Answer those that are on the ledger already with their first receipt; return the others."""
        fresh: list[Waiting] = []
        for waiting in taken:
            try:
                answer = self._find(waiting.judged.identity) if self._looks_used(waiting) else None
            except Unavailable as error:
                self._inbox.refuse(waiting, error)
                continue
            if answer is None:
                fresh.append(waiting)
            else:
                self._inbox.answer([(waiting, answer)], is_indexed=True)
        return fresh

    def _looks_used(self, waiting: Waiting) -> bool:
        judged = waiting.judged
        if judged.verdict != GOOD or judged.body is None:
            return False
        window = sequences.KEY_WINDOWS.get(self._execution.state, judged.key)
        if window is None or judged.body.sequence > window.highest:
            return False
        return sequences.check(window, judged.body.sequence) is not None

    def _answer_questions(self) -> None:
        """Answer those that wait now; what comes meanwhile waits for the next block."""
        head = self._execution.head
        count = self._inbox.questions
        if not count or head is None:
            return
        is_synced = self._writer.wait_synced(head.height)
        for _ in range(count):
            question = self._inbox.take_question()
            if question is None:
                return
            if not question.future.set_running_or_notify_cancel():
                continue
            if is_synced:
                _answer(question)
            else:
                question.future.set_exception(Unavailable("the newest blocks are not on disk yet"))

    def _count(self, executed: Executed) -> None:
        metrics = self._metrics
        metrics.blocks.inc()
        metrics.queue_length.set(len(self._inbox))
        for code, count in Counter(receipt.code for receipt in executed.applied.receipts).items():
            metrics.count_receipts(self._execution.machine.code_name, code, count)
        for place, receipt in enumerate(executed.applied.receipts):
            if receipt.code == RULE_FAILED:
                fields = {"height": executed.head.height, "position": place, "identity": receipt.identity.hex()}
                log.error("a rule failed after its checks", extra=fields)

    def _place_of(self, error: BaseException) -> str:
        height = self._execution.head.height + 1 if self._execution.head else 0
        current = self._execution.current
        where = f"block {height}"
        if current is not None:
            where += f", transaction {self._execution.current_place} ({current.identity.hex()})"
        return f"{where}: {type(error).__name__}: {error}"


def _answer(question: Question) -> None:
    try:
        answer = question.ask()
    except BaseException as error:
        question.future.set_exception(error)
        if not isinstance(error, Exception):
            # A kernel's panic: the state can no longer be trusted.
            raise
    else:
        question.future.set_result(answer)
