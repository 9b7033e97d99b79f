"""Clients that submit to a node, single transactions and small batches at the same time, and remember every answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from random import Random

import httpx2

from tests.faults.found import Acknowledged
from tests.faults.market import Operator, machine
from yuzhong.client import Busy, Client, NotReady, Problem, Unreachable
from yuzhong.client.replies import Receipt, ReceiptPlace
from yuzhong.ledger import signatures
from yuzhong.ledger.kernels import Signed

CLIENTS = 3
BATCH = 20
TIMEOUT_S = 30.0
PAUSE_S = 0.05
"""Before a client that was refused tries again."""


def acknowledgement(receipt: ReceiptPlace) -> Acknowledged:
    """What a client may count on from now on."""
    return Acknowledged(bytes.fromhex(receipt.identity), receipt.height, receipt.position, receipt.code)


class Load:
    """So many clients, each on its own thread and connection. They end when the node is gone or `stop` is called."""

    def __init__(self, url: str, operator: Operator, random: Random, clock: Callable[[], int]) -> None:
        """`clock` says how far things are when an answer has come: the trace's length, say."""
        self.acknowledged: list[tuple[int, Acknowledged]] = []
        self.unanswered: list[Signed] = []
        """Sent, and nobody knows what became of them."""
        self.problems: list[Problem] = []
        """Refusals that say neither that too much waits nor that the disk is in trouble."""
        self.client = open_client(url)
        self.operator = operator
        self._clock = clock
        self._stopping = threading.Event()
        sizes = [1] + [random.randint(2, BATCH) for _ in range(CLIENTS - 1)]
        self._threads = [threading.Thread(target=self._run, args=(size,), daemon=True) for size in sizes]

    def start(self, first: Sequence[Signed] = ()) -> None:
        """Send these once more, and then new ones without end."""
        if first:
            self._send(list(first))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until every client has its last answer, or knows that none comes."""
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self.client.close()

    def _run(self, size: int) -> None:
        while not self._stopping.is_set() and self._send(self.operator.admit(size)):
            pass

    def _send(self, signed: list[Signed]) -> bool:
        """Whether the node is still there."""
        try:
            answers = self.client.submit_many(signed) if len(signed) > 1 else [self.client.submit(signed[0])]
        except Unreachable:
            self.unanswered += signed
            return False
        except (Busy, NotReady):
            self.unanswered += signed
            time.sleep(PAUSE_S)
            return True
        except Problem as problem:
            self.problems.append(problem)
            return False
        now = self._clock()
        self.acknowledged += [(now, acknowledgement(answer)) for answer in answers if isinstance(answer, Receipt)]
        self.problems += [answer for answer in answers if isinstance(answer, Problem)]
        return True


def open_client(url: str) -> Client:
    """A client for plain HTTP on loopback, which needs no certificates."""
    return Client(url, http=httpx2.Client(base_url=url, timeout=TIMEOUT_S, verify=False), machine=machine())


def identity_of(signed: Signed, chain_id: str) -> str:
    """A transaction's identity in hex."""
    return signatures.identity(signed[0], signatures.TRANSACTION_CONTEXT + chain_id.encode(), signed[1]).hex()
