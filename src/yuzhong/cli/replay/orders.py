"""From rows to signed transactions, and from receipts back to fills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from yuzhong.cli.opening import LISTED, Market, Trader
from yuzhong.cli.replay.rows import Command
from yuzhong.features.instruments.types import Phase
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.outcomes import AuctionUncrossed, OrderExecuted, PhaseChanged
from yuzhong.features.trading.transactions import CancelOrder, ChangePhase, PlaceOrder, ReplaceOrder
from yuzhong.features.trading.types import Capacity, ClOrdId, Liquidity, OrdType, TimeInForce
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.numbers import Ticks, Units
from yuzhong.ledger.outcomes import ACCEPTED
from yuzhong.ledger.receipts import Receipt


@dataclass(frozen=True, slots=True)
class Fill:
    """One line of the output."""

    command_id: int
    resting_order_id: str
    price_ticks: int
    quantity: int


class Spread:
    """Gives every recorded order to one of the market's traders, in turn, for as long as the order lives."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._by_order: dict[str, Trader] = {}

    def sign(self, command: Command) -> Signed:
        """The row as a transaction, signed by whoever the order belongs to; market control signs the uncrossing."""
        if command.command == "UNCROSS":
            return self._market.operator.sign(ChangePhase(LISTED, Phase.CONTINUOUS))
        traders = self._market.traders
        trader = self._by_order.setdefault(command.order_id, traders[len(self._by_order) % len(traders)])
        return trader.signer.sign(_transaction(command, trader))


def _transaction(command: Command, trader: Trader) -> Any:
    cl_ord_id = ClOrdId(command.order_id)
    if command.command == "CANCEL":
        return CancelOrder(trader.account, cl_ord_id)
    price, quantity = Ticks(command.price_ticks or 0), Units(command.quantity or 0)
    if command.command == "REPLACE":
        return ReplaceOrder(trader.account, cl_ord_id, price, quantity, None)
    return PlaceOrder(
        cl_ord_id,
        trader.account,
        LISTED,
        Side[command.side],
        OrdType.LIMIT,
        price,
        quantity,
        None if command.display_quantity is None else Units(command.display_quantity),
        TimeInForce[command.time_in_force],
        Capacity.PRINCIPAL if trader.owner == trader.signer.party else Capacity.AGENCY,
    )


@dataclass
class Tally:
    """What the receipts said so far."""

    commands: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    fills: list[Fill] = field(default_factory=list)
    auction: AuctionUncrossed | None = None
    published: Command | None = None
    """The recorded UNCROSS row, only to compare with."""
    uncrossing: Command | None = None
    """Set while an uncrossing goes on over several blocks."""
    sample: list[bytes] = field(default_factory=list)
    """Identities of a few transactions, spread over the run."""

    def take(self, command: Command, receipt: Receipt) -> None:
        """Take in a command's own receipt."""
        self.commands += 1
        if self.commands.bit_count() == 1:
            self.sample.append(receipt.identity)
        if receipt.code != ACCEPTED:
            self.refused[receipt.code] += 1
        if command.command == "UNCROSS" and receipt.code == ACCEPTED:
            self.published = self.uncrossing = command
            self._take_auction(command, receipt.events)
            return
        self.fills.extend(
            Fill(command.command_id, event.cl_ord_id, event.last_px, event.last_qty)
            for event in receipt.events
            if isinstance(event, OrderExecuted) and event.liquidity is Liquidity.ADDED
        )

    def take_due(self, receipts: Iterable[Receipt]) -> None:
        """Take in what due work did: later slices of an uncrossing."""
        for receipt in receipts:
            if self.uncrossing is not None:
                self._take_auction(self.uncrossing, receipt.events)

    def _take_auction(self, command: Command, events: tuple[Any, ...]) -> None:
        allocated: dict[tuple[Side, str], tuple[int, int]] = {}
        for event in events:
            if isinstance(event, AuctionUncrossed):
                self.auction = event
            elif isinstance(event, OrderExecuted):
                price, before = allocated.get((event.side, event.cl_ord_id), (event.last_px, 0))
                allocated[event.side, event.cl_ord_id] = (price, before + event.last_qty)
            elif isinstance(event, PhaseChanged):
                self.uncrossing = None
        self.fills.extend(
            Fill(command.command_id, order, price, total) for (_, order), (price, total) in allocated.items()
        )
