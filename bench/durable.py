"""Signed, durable orders a second through an embedded node.

Verified, ordered, executed, appended, synced, receipted.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import Future

from bench.report import Result
from bench.workload import MIX, SIGNERS, Load, loaded
from yuzhong.features.trading.outcomes import OrderExecuted
from yuzhong.ledger.kernels import Signed, verify_signatures
from yuzhong.ledger.outcomes import ACCEPTED
from yuzhong.node.waiting import Answer

ORDERS = 24_000
PART = 250
IN_FLIGHT = 16
GOAL = 4_000.0


def durable() -> Result:
    """The median over slices of 4,000 orders; the ceiling verifies the same bytes in batches on both cores."""
    with loaded("durable") as load:
        orders = load.orders(ORDERS)
        ceiling = verified_a_second(load.market.operator.chain.context, orders)
        syncs = _syncs(load)
        answers, moments = _send(load, orders)
        syncs = _syncs(load) - syncs
    rates = [4_000 / (moments[end] - moments[end - 4_000]) for end in range(4_000, ORDERS + 1, 4_000)]
    fills = sum(isinstance(event, OrderExecuted) for answer in answers for event in answer.receipt.events) / 2
    signers = len({protected for protected, _, _ in orders})
    return Result(
        "durable",
        statistics.median(rates),
        "orders/s",
        GOAL,
        True,
        ceiling,
        "batch verification of the same signatures on all cores",
        {
            "signers": signers,
            "fills_per_order": round(fills / ORDERS, 3),
            "accepted": round(sum(answer.receipt.code == ACCEPTED for answer in answers) / ORDERS, 3),
            "syncs": syncs,
            "orders": ORDERS,
            "mix": MIX,
            "kernels": "rust codec, tree, log, signatures; Python trading rules",
            "traders": SIGNERS,
        },
    )


def verified_a_second(context: bytes, orders: list[Signed]) -> float:
    """Signatures verified a second, a thousand a call, the median of several calls."""
    rates = []
    for start in range(0, min(len(orders), 10_000), 1_000):
        part = orders[start : start + 1_000]
        began = time.perf_counter()
        verdicts, _ = verify_signatures(context, part)
        rates.append(len(part) / (time.perf_counter() - began))
        if any(verdicts):
            raise RuntimeError("a signature of the load does not verify")
    return statistics.median(rates)


def _send(load: Load, orders: list[Signed]) -> tuple[list[Answer], list[float]]:
    """All answers, and when each order was acknowledged, with the start at index 0."""
    moments = [time.perf_counter()]
    answers: list[Answer] = []
    waiting: list[Future[list[Answer]]] = []
    for start in range(0, len(orders), PART):
        waiting.append(load.node.submit(orders[start : start + PART]))
        while len(waiting) >= IN_FLIGHT:
            _take(waiting, answers, moments)
    while waiting:
        _take(waiting, answers, moments)
    return answers, moments


def _take(waiting: list[Future[list[Answer]]], answers: list[Answer], moments: list[float]) -> None:
    got = waiting.pop(0).result()
    answers.extend(got)
    moments.extend([time.perf_counter()] * len(got))


def _syncs(load: Load) -> int:
    value = load.node.metrics.registry.get_sample_value("yuzhong_sync_seconds_count")
    return int(value or 0)
