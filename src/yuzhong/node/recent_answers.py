"""Answers that are on disk but not yet in the index of receipts, so many of them as memory is set aside for."""

from __future__ import annotations

from collections import OrderedDict

from yuzhong.node.waiting import Answer


class RecentAnswers:
    """Answers by identity, in the order of their blocks. Its owner guards it with a lock; `get` needs none."""

    def __init__(self, capacity: int) -> None:
        self.dropped_up_to = -1
        """The newest block of which an answer was dropped for lack of room; -1 for none."""
        self._capacity = capacity
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, identity: bytes) -> Answer | None:
        """The answer, if it is kept."""
        return self._answers.get(identity)

    def keep(self, identity: bytes, answer: Answer) -> None:
        """Keep one more; where there is no room the oldest goes."""
        self._answers[identity] = answer
        if len(self._answers) > self._capacity:
            _, dropped = self._answers.popitem(last=False)
            self.dropped_up_to = max(self.dropped_up_to, dropped.height)

    def forget_up_to(self, height: int) -> None:
        """The index has everything up to that block."""
        while self._answers:
            identity = next(iter(self._answers))
            if self._answers[identity].height > height:
                break
            del self._answers[identity]
