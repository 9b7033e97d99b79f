"""Replay.

A stored ledger executed again from genesis, signatures, roots, receipts and invariants compared at every block.
"""

from __future__ import annotations

import time

from bench.durable import IN_FLIGHT, PART, verified_a_second
from bench.report import Result
from bench.workload import MIX, loaded
from yuzhong.catalogue import FEATURES
from yuzhong.node import replay as node_replay
from yuzhong.node.disk import Disk
from yuzhong.node.execution import make_execution
from yuzhong.node.segments import SEGMENTS_FOLDER, Segments

ORDERS = 20_000
GOAL = 5_000.0


def replay() -> Result:
    """Orders a second as a restart replays them: signatures verified, every root and receipt compared."""
    with loaded("replay") as load:
        orders = load.orders(ORDERS)
        ceiling = verified_a_second(load.market.operator.chain.context, orders)
        waiting = []
        for start in range(0, len(orders), PART):
            waiting.append(load.node.submit(orders[start : start + PART]))
            if len(waiting) >= IN_FLIGHT:
                waiting.pop(0).result()
        for future in waiting:
            future.result()
        machine, folder, root = load.node.machine, load.folder, load.node.head.app.state_root
    segments = Segments.open(folder / SEGMENTS_FOLDER, Disk(), repair=False)
    if segments is None:
        raise RuntimeError("the ledger that was just written is not there")
    first = segments.read(0)
    genesis, name = node_replay.read_genesis(machine, first)
    execution = make_execution(FEATURES, "rust", name, genesis.operator)
    node_replay.replay_genesis(execution, genesis, first)
    transactions = 0
    began = time.perf_counter()
    for executed in node_replay.replay(execution, segments.blocks(1)):
        transactions += len(executed.transactions)
    seconds = time.perf_counter() - began
    if execution.head is None or execution.head.app.state_root != root:
        raise RuntimeError("the replay gives another root")
    return Result(
        "replay",
        transactions / seconds,
        "transactions/s",
        GOAL,
        True,
        ceiling,
        "batch verification of the same signatures on all cores",
        {"transactions": transactions, "seconds": round(seconds, 2), "mix": MIX},
    )
