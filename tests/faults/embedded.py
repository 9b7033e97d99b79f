"""A node inside of a small program, to be watched operation by operation.

`python -m tests.faults.embedded DATA TRACE TURNS` opens the node with small segments and frequent snapshots, submits,
stops the node, and does so again as often as told. What it prints, one line of JSON each, is every receipt that the
node tells of, when it is opened and when it acknowledges, with how long the trace was by then.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random

from tests.faults.market import OPERATOR, Operator
from yuzhong.catalogue import FEATURES
from yuzhong.client.keys import SigningKey
from yuzhong.client.signing import Chain, Signer
from yuzhong.features.parties.transactions import AdmitParty
from yuzhong.features.parties.types import NO_DIGEST, PartyKind, PartyName, Role
from yuzhong.ledger.genesis import Clock, Genesis
from yuzhong.ledger.numbers import Millis
from yuzhong.ledger.receipts import Receipt
from yuzhong.ledger.transactions import Protected
from yuzhong.node.options import Options
from yuzhong.node.solo import Node

OPTIONS = Options(segment_bytes=16_384, snapshot_blocks=6)
BLOCKS = 20
KEY = SigningKey.from_seed(bytes(range(32)))


def make_genesis(block_key: Protected) -> Genesis:
    """A ledger with an operator who may admit others."""
    roles = (Role.OPERATOR, Role.REGISTRAR, Role.MARKET_CONTROL)
    act = AdmitParty(OPERATOR, PartyKind.ORGANISATION, PartyName("Operator"), NO_DIGEST, roles, KEY.key_id)
    return Genesis("embedded", Clock.SYSTEM, Millis(1_000), block_key, (act,))


def operator_of(node: Node, first_sequence: int) -> Operator:
    """The operator of that node's ledger."""
    chain = Chain(node.machine.body, node.chain_id)
    return Operator(Signer(chain, OPERATOR, KEY, first_sequence=first_sequence), Random(first_sequence))


def main() -> None:
    """Run it."""
    folder, trace, turns = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    for _ in range(turns):
        with Node.open(folder, features=FEATURES, genesis=make_genesis, options=OPTIONS) as node:
            known = sum(tell_receipts(node, height, trace) for height in range(1, node.head.height + 1))
            operator = operator_of(node, 1 + 1_000 * known)
            for block in range(BLOCKS):
                for answer in node.submit(operator.admit(1 + block % 5)).result():
                    tell(answer.receipt, answer.height, answer.position, trace)


def tell_receipts(node: Node, height: int, trace: Path) -> int:
    """What anybody may ask of a node that runs; how many there are."""
    stored = node.block(height).receipts
    for position, data in enumerate(stored):
        tell(node.machine.receipts.receipt.decode(data), height, position, trace)
    return len(stored)


def tell(receipt: Receipt, height: int, position: int, trace: Path) -> None:
    """Somebody knows of it now."""
    told = {"identity": receipt.identity.hex(), "height": height, "position": position, "code": receipt.code}
    sys.stdout.write(json.dumps({**told, "at": trace.stat().st_size}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
