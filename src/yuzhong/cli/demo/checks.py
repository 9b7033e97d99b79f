"""What the demo proves at its end, from the data folder alone: replay equals, receipts proved, units conserved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from yuzhong.catalogue import FEATURES
from yuzhong.features.holdings import questions as holdings
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.instruments.types import InstrumentId
from yuzhong.ledger.failures import InvalidBlock
from yuzhong.ledger.state import State
from yuzhong.node.prove import Prover
from yuzhong.node.verify import verify_ledger
from yuzhong.serving import proof_files
from yuzhong.serving.proof_checks import ShownReceipt, check_proof


@dataclass(frozen=True)
class Check:
    """One thing that was proved, in words with its figures. What does not hold raises instead."""

    name: str
    found: str


def replay_equals(data: Path, state_root: str) -> Check:
    """Everything executed again from the log, signatures and invariants too.

    Raises InvalidBlock where anything differs.
    """
    report = verify_ledger(data, FEATURES)
    if report.state_root != state_root:
        raise InvalidBlock("state root", state_root, report.state_root)
    found = f"{report.blocks:,} blocks, {report.signatures:,} signatures, the same root {report.state_root[:16]}…"
    return Check("replay equals", found)


def receipts_proved(data: Path, operator_public_key: bytes, identities: Sequence[bytes]) -> Check:
    """A proof file for each of these, checked with the operator's public key alone.

    Raises InvalidBlock where one fails.
    """
    prover = Prover(data, FEATURES)
    for identity in identities:
        text = proof_files.write(prover.prove_receipt(identity))
        shown = check_proof(text, operator_public_key, prover.machine).shown
        if not isinstance(shown, ShownReceipt) or shown.identity != identity:
            raise InvalidBlock("identity", identity.hex(), shown)
    return Check("receipts proved", f"{len(identities)} receipts, each with nothing but the operator's public key")


def conservation_holds(ask: Callable[[Callable[[State], Counter[InstrumentId]]], Counter[InstrumentId]]) -> Check:
    """Units issued less units held, summed anew over every position of each instrument.

    Raises InvalidBlock unless all are 0.
    """
    left = ask(_issued_less_held)
    for instrument, difference in left.items():
        if difference:
            raise InvalidBlock(f"units of instrument {instrument}", 0, difference)
    return Check("conservation holds", f"{len(left)} instruments: what was issued is what accounts hold, to the unit")


def _issued_less_held(state: State) -> Counter[InstrumentId]:
    left: Counter[InstrumentId] = Counter()
    for number, instrument in instruments.every(state):
        left[number] += instrument.issued
    for _, number, position in holdings.every_position(state):
        left[number] -= position.total
    return left
