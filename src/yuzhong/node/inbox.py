"""Where transactions wait to be put into a block, and where those who sent them wait for the answer.

A transaction that is sent again while the first copy still waits, or is not yet in the index of receipts, shares its
answer. Only so many answers are kept for that: `dropped_up_to` says where the index must have come before it is known
again what is a copy of what.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.numbers import Millis
from yuzhong.ledger.transition import GOOD, Judged
from yuzhong.node.errors import Busy, Stopped
from yuzhong.node.receipt_index import NOT_USED
from yuzhong.node.recent_answers import RecentAnswers
from yuzhong.node.waiting import Answer, DrivenBlock, Limits, Question, Submission, Waiting, check_sizes


class Inbox:
    """The queue between gateways and executor.

    `capacity` is how many transactions may wait, `size_max` how many bytes of them, `questions_max` how many
    questions; `answers_max` is how many answers are kept until the index has them.
    """

    def __init__(self, capacity: int, size_max: int, questions_max: int, answers_max: int) -> None:
        self._capacity = capacity
        self._size_max = size_max
        self._questions_max = questions_max
        self._size = 0
        self._in_blocks = 0
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._transactions: deque[Waiting] = deque()
        self._blocks: deque[DrivenBlock] = deque()
        self._questions: deque[Question] = deque()
        self._unanswered: dict[bytes, Waiting] = {}
        self._answered = RecentAnswers(answers_max)
        self._open: dict[int, Submission] = {}
        self._closed: str | None = None

    def __len__(self) -> int:
        """How many transactions wait."""
        return len(self._transactions) + self._in_blocks

    # What gateways call.

    def submit(self, signed: Sequence[Signed], judged: Sequence[Judged]) -> Future[list[Answer]]:
        """Queue transactions.

        Raises Busy where there is no room for all of them, NotTaken for what no block can hold, Stopped.
        """
        check_sizes(signed)
        submission = Submission(len(signed))
        with self._lock:
            self._check_open()
            fresh: dict[int | bytes, Waiting] = {}
            shared: list[tuple[Waiting | Answer, int]] = []
            size = 0
            for place, (item, one) in enumerate(zip(signed, judged, strict=True)):
                authentic = one.verdict == GOOD and one.body is not None
                known = (self._known(one.identity) or fresh.get(one.identity)) if authentic else None
                if known is None:
                    waiting = fresh[one.identity if authentic else place] = Waiting(item, one, submission, place)
                    size += waiting.size
                else:
                    shared.append((known, place))
            if not self._has_room(len(fresh), size):
                raise Busy(f"{len(self._transactions)} transactions wait already")
            self._take_in(submission, fresh, shared, size)
            settled = self._settled(submission)
            self._news.notify()
        _deliver(settled)
        return submission.future

    def submit_block(
        self, time: Millis, signed: Sequence[Signed], judged: Sequence[Judged], note_time: Callable[[Millis], None]
    ) -> Future[list[Answer]]:
        """Queue a whole block, waiting for room. `note_time` is called in the order of blocks and may refuse."""
        check_sizes(signed)
        submission = Submission(len(signed))
        items = [
            Waiting(item, one, submission, place) for place, (item, one) in enumerate(zip(signed, judged, strict=True))
        ]
        size = sum(item.size for item in items)
        with self._lock:
            while self._closed is None and self._blocks and not self._has_room(len(items), size):
                self._room.wait()
            self._check_open()
            note_time(time)
            self._blocks.append(DrivenBlock(time, items, submission))
            self._size += size
            self._in_blocks += len(items)
            self._open[id(submission)] = submission
            self._news.notify()
        return submission.future

    def ask(self, ask: Callable[[], Any]) -> Future[Any]:
        """Queue a question; one that is cancelled is not asked. Raises Busy, Stopped."""
        future: Future[Any] = Future()
        with self._lock:
            self._check_open()
            if len(self._questions) >= self._questions_max:
                raise Busy(f"{len(self._questions)} questions wait already")
            self._questions.append(Question(ask, future))
            self._news.notify()
        return future

    def find(self, identity: bytes) -> Answer | None:
        """The answer to a transaction that is on disk but not yet in the index of receipts."""
        return self._answered.get(identity)

    @property
    def dropped_up_to(self) -> int:
        """The newest block of which an answer was dropped before the index had it, for lack of room; -1 for none."""
        return self._answered.dropped_up_to

    # What the executor calls.

    def wait(self, timeout: float | None) -> bool:
        """Wait until there is something, or the inbox is closed; False where the time passed first."""
        with self._lock:
            return self._news.wait_for(self._has_news, timeout)

    def take_question(self) -> Question | None:
        """The next question."""
        with self._lock:
            return self._questions.popleft() if self._questions else None

    def take(self, limits: Limits) -> list[Waiting]:
        """The next block's transactions, within its limits; at least one, if any waits."""
        taken: list[Waiting] = []
        cost = size = 0
        with self._lock:
            queue = self._transactions
            while queue and len(taken) < limits.transactions:
                first = queue[0]
                if taken and (cost + first.cost > limits.cost or size + first.size > limits.size):
                    break
                cost, size = cost + first.cost, size + first.size
                taken.append(queue.popleft())
            self._size -= size
        return taken

    def take_block(self) -> DrivenBlock | None:
        """The next whole block."""
        with self._lock:
            if not self._blocks:
                return None
            block = self._blocks.popleft()
            self._size -= sum(waiting.size for waiting in block.waiting)
            self._in_blocks -= len(block.waiting)
            self._room.notify_all()
            return block

    @property
    def has_transactions(self) -> bool:
        """Whether a transaction waits."""
        return bool(self._transactions)

    @property
    def questions(self) -> int:
        """How many questions wait."""
        return len(self._questions)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is taken in."""
        return self._closed is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not (self._transactions or self._blocks or self._questions)

    # What comes back.

    def answer(
        self, answered: Iterable[tuple[Waiting, Answer]], empty: Iterable[Submission] = (), *, is_indexed: bool = False
    ) -> None:
        """Give answers to all who wait for them; `empty` are blocks of no transactions that are on disk.

        `is_indexed`: the answers come from the index of receipts and need not be kept until it has them.
        """
        settled: list[Submission] = []
        with self._lock:
            for waiting, answer in answered:
                identity = waiting.judged.identity
                was_known = self._end_waiting(waiting)
                # One that used up no sequence may be sent again and fare better, e.g. once its key is registered.
                if was_known and not is_indexed and answer.receipt.code not in NOT_USED:
                    self._answered.keep(identity, answer)
                for submission, place in waiting.askers:
                    submission.answers[place] = answer
                    submission.left -= 1
                    settled += self._settled(submission)
                waiting.askers = []
            for submission in empty:
                settled += self._settled(submission)
        _deliver(settled)

    def refuse(self, waiting: Waiting, refusal: Exception) -> None:
        """All who wait for this transaction get `refusal`, once the others that they sent with it are on disk."""
        settled: list[Submission] = []
        with self._lock:
            self._end_waiting(waiting)
            for submission, _ in waiting.askers:
                submission.refusal = refusal
                submission.left -= 1
                settled += self._settled(submission)
            waiting.askers = []
        _deliver(settled)

    def forget_up_to(self, height: int) -> None:
        """The answers of blocks up to that height are found in the index of receipts from now on."""
        with self._lock:
            self._answered.forget_up_to(height)

    def close(self, reason: str) -> None:
        """Take in nothing more."""
        with self._lock:
            if self._closed is None:
                self._closed = reason
            self._news.notify_all()
            self._room.notify_all()

    def fail_all(self, reason: str) -> None:
        """Everybody who still waits gets Stopped."""
        with self._lock:
            futures: list[Future[Any]] = [submission.future for submission in self._open.values()]
            questions = [question.future for question in self._questions]
            futures += [future for future in questions if future.set_running_or_notify_cancel()]
            self._open.clear()
            self._questions.clear()
            self._transactions.clear()
            self._blocks.clear()
            self._unanswered.clear()
        for future in futures:
            future.set_exception(Stopped(reason))

    def _check_open(self) -> None:
        if self._closed is not None:
            raise Stopped(self._closed)

    def _has_room(self, count: int, size: int) -> bool:
        return len(self) + count <= self._capacity and self._size + size <= self._size_max

    def _has_news(self) -> bool:
        return not self.is_empty or self._closed is not None

    def _take_in(
        self,
        submission: Submission,
        fresh: dict[int | bytes, Waiting],
        shared: list[tuple[Waiting | Answer, int]],
        size: int,
    ) -> None:
        self._transactions.extend(fresh.values())
        self._size += size
        for key, waiting in fresh.items():
            if isinstance(key, bytes):
                self._unanswered[key] = waiting
        for known, place in shared:
            if isinstance(known, Waiting):
                known.askers.append((submission, place))
            else:
                submission.answers[place] = known
                submission.left -= 1
        self._open[id(submission)] = submission

    def _known(self, identity: bytes) -> Waiting | Answer | None:
        return self._unanswered.get(identity) or self._answered.get(identity)

    def _end_waiting(self, waiting: Waiting) -> bool:
        """Whether it was the copy whose answer the others share."""
        identity = waiting.judged.identity
        if self._unanswered.get(identity) is not waiting:
            return False
        del self._unanswered[identity]
        return True

    def _settled(self, submission: Submission) -> list[Submission]:
        """The submission where nothing of it is missing any more, which is then no longer open."""
        if submission.left or self._open.pop(id(submission), None) is None:
            return []
        return [submission]


def _deliver(settled: Iterable[Submission]) -> None:
    """Give what came of them to those who wait; outside the lock, since a future calls back."""
    for submission in settled:
        if submission.refusal is not None:
            submission.future.set_exception(submission.refusal)
        else:
            submission.future.set_result([answer for answer in submission.answers if answer is not None])
