"""The demo's market from opening to close: each step a block on the embedded node, each number from its receipts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from yuzhong.cli.demo.participants import FIRST_PRICE, Participant, make_participants
from yuzhong.cli.demo.plan import OPENS_AT, PLAN
from yuzhong.cli.opening import LISTED, Market
from yuzhong.features.instruments.types import Phase
from yuzhong.features.trading import questions as trading
from yuzhong.features.trading.auction import Uncrossing
from yuzhong.features.trading.outcomes import AuctionUncrossed, TradeReported
from yuzhong.features.trading.transactions import ChangePhase, HaltInstrument, ResumeInstrument
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.numbers import Millis, Ticks
from yuzhong.ledger.outcomes import ACCEPTED
from yuzhong.ledger.receipts import Receipt
from yuzhong.node.solo import Node

AUCTION_BLOCKS = 12
CONTINUOUS_BLOCKS = 240
HALT_AFTER = 120
STEP_MS = 1_000

Say = Callable[[str], None]


@dataclass
class Day:
    """What happened so far."""

    node: Node
    market: Market
    say: Say
    time: Millis = OPENS_AT
    last: Ticks = FIRST_PRICE
    transactions: int = 0
    trades: int = 0
    units: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    uncrossed: AuctionUncrossed | None = None
    identities: list[bytes] = field(default_factory=list)
    participants: list[Participant] = field(default_factory=list)

    def block(self, signed: list[Signed], authors: list[Participant] | None = None) -> list[Receipt]:
        """Submit one block, wait until it is on disk, and let everybody learn from the receipts."""
        self.time = Millis(self.time + STEP_MS)
        answers = self.node.submit_block(signed, self.time).result()
        receipts = [answer.receipt for answer in answers]
        self.transactions += len(receipts)
        for receipt in receipts:
            self._take(receipt)
            for participant in authors or ():
                participant.learn(receipt)
        return receipts

    def _take(self, receipt: Receipt) -> None:
        if receipt.code != ACCEPTED:
            self.refused[self.node.machine.code_name(receipt.code)] += 1
        self.identities.append(receipt.identity)
        for event in receipt.events:
            if isinstance(event, TradeReported):
                self.trades += 1
                self.units += event.quantity
                self.last = event.price
            elif isinstance(event, AuctionUncrossed):
                self.uncrossed = event


def play(day: Day) -> None:
    """Open, auction, trade, halt, resume, close."""
    _open(day)
    _auction(day)
    _continuous(day, CONTINUOUS_BLOCKS)
    _control(day, ChangePhase(LISTED, Phase.POST_TRADING))
    _control(day, ChangePhase(LISTED, Phase.CLOSED))
    day.say(f"closed at {price_text(day.last)} after {day.trades:,} trades, {day.units:,} units")


def _open(day: Day) -> None:
    acts = [*day.market.opening()]
    for start in range(0, len(acts), 100):
        part = acts[start : start + 100]
        day.block([signed for _, signed in part])
        day.acts.update(what for what, _ in part)
    for what, count in day.acts.items():
        day.say(f"{what}: {count}")
    day.participants = make_participants(day.market.traders, PLAN.seed)


def _auction(day: Day) -> None:
    _control(day, ChangePhase(LISTED, Phase.PRE_TRADING))
    _control(day, ChangePhase(LISTED, Phase.OPENING_AUCTION))
    day.say("opening call auction: orders gather, nothing trades")
    for number in range(1, AUCTION_BLOCKS + 1):
        signed = [item for participant in day.participants for item in participant.act(FIRST_PRICE, auction=True)]
        day.block(signed, day.participants)
        if number % 4 == 0:
            day.say(f"  indicative price {_indicative(day)}")
    expected = _indicative(day)
    _control(day, ChangePhase(LISTED, Phase.CONTINUOUS))
    if day.uncrossed is None or day.uncrossed.price is None:
        day.say("uncrossed: nothing traded")
        return
    found = day.uncrossed
    day.say(f"uncrossed: {_auction_text(found.price, found.matched, found.unmatched)}; announced was {expected}")


def _continuous(day: Day, blocks: int) -> None:
    day.say("continuous trading")
    for number in range(1, blocks + 1):
        authors = day.participants[number % 3 :: 3]
        signed = [item for participant in authors for item in participant.act(day.last, auction=False)]
        day.block(signed, day.participants)
        if number == HALT_AFTER:
            _halt(day)
        if number % 60 == 0:
            day.say(f"  {day.transactions:,} transactions, {day.trades:,} trades, last {price_text(day.last)}")


def _halt(day: Day) -> None:
    _control(day, HaltInstrument(LISTED))
    before = sum(day.refused.values())
    signed = [item for participant in day.participants[:6] for item in participant.act(day.last, auction=False)]
    day.block(signed, day.participants)
    day.say(
        f"  halted by market control: {sum(day.refused.values()) - before} of {len(signed)} orders refused; resumed"
    )
    _control(day, ResumeInstrument(LISTED))


def _control(day: Day, act: object) -> None:
    receipt = day.block([day.market.operator.sign(act)], day.participants)[0]
    if receipt.code != ACCEPTED:
        raise RuntimeError(f"{type(act).__name__}: {day.node.machine.code_name(receipt.code)}")


def _indicative(day: Day) -> str:
    found: Uncrossing | None = day.node.ask(lambda state: trading.indicative(state, LISTED, day.time))
    return "none" if found is None else _auction_text(found.price, found.matched, found.unmatched)


def _auction_text(price: Ticks | None, matched: int, unmatched: int) -> str:
    return f"{price_text(price)}, matched {matched:,}, unmatched {unmatched:,}"


def price_text(price: Ticks | None) -> str:
    """A price in CNY, from ticks of CNY 0.01."""
    return "none" if price is None else f"CNY {price // 100}.{price % 100:02}"
