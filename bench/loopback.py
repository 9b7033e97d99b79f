"""Orders a second over HTTP on loopback in batches; client and node share the cores."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from bench.durable import verified_a_second
from bench.report import Result
from bench.served import served
from bench.workload import MIX, SIGNERS
from yuzhong.client import Client, Receipt
from yuzhong.client.signing import identity

ORDERS = 12_000
BATCH = 500
CONNECTIONS = 4
GOAL = 2_000.0


def loopback() -> Result:
    """The median over rounds of 2,000 orders, sent over a few connections at once."""
    with served("loopback") as node:
        orders = node.orders(ORDERS)
        ceiling = verified_a_second(node.client.chain.context, orders)
        rates = []
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            clients = [Client(node.url) for _ in range(CONNECTIONS)]
            for start in range(0, ORDERS, BATCH * CONNECTIONS):
                parts = [orders[at : at + BATCH] for at in range(start, start + BATCH * CONNECTIONS, BATCH)]
                began = time.perf_counter()
                answers = [one for got in pool.map(lambda c, part: c.submit_many(part), clients, parts) for one in got]
                rates.append(len(answers) / (time.perf_counter() - began))
                if not all(isinstance(answer, Receipt) for answer in answers):
                    raise RuntimeError(f"an order was not answered with a receipt: {answers}")
            for client in clients:
                client.close()
        last = node.client.receipt(identity(node.client.chain, orders[-1]).hex())
        if last is None:
            raise RuntimeError("the last order's receipt is not found")
    return Result(
        "loopback",
        statistics.median(rates),
        "orders/s",
        GOAL,
        True,
        ceiling,
        "batch verification of the same signatures on all cores",
        {"batch": BATCH, "connections": CONNECTIONS, "orders": ORDERS, "signers": SIGNERS, "mix": MIX},
    )
