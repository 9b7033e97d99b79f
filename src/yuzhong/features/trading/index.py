"""What is found without reading every order's row: price queues, and an order by its owner's own id for it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from yuzhong.features.instruments.types import InstrumentId
from yuzhong.features.settlement.types import Side
from yuzhong.features.trading.types import ClOrdId, Order, OrderNumber
from yuzhong.ledger.numbers import Millis, PartyId, Ticks

OrderKey = tuple[InstrumentId, OrderNumber]


class Quantity(NamedTuple):
    """What orders have left, and how much of it they show."""

    leaves: int
    shown: int


@dataclass(slots=True)
class Level:
    """The open orders at one price."""

    price: Ticks
    queue: list[tuple[int, OrderNumber]] = field(default_factory=list)
    """Rank and number, first in line first."""
    quantities: dict[Millis | None, Quantity] = field(default_factory=dict)
    """By the time at which the orders expire."""


@dataclass(slots=True)
class PriceQueues:
    """One side of a book."""

    order: list[int] = field(default_factory=list)
    """A sort key for each level, best price first."""
    levels: dict[int, Level] = field(default_factory=dict)
    """By sort key."""


class OrderIndex:
    """Follows the orders' rows, forwards and (when a transaction is undone) backwards."""

    def __init__(self) -> None:
        self._sides: dict[tuple[InstrumentId, Side], PriceQueues] = {}
        self._by_cl_ord_id: dict[tuple[PartyId, ClOrdId], OrderKey] = {}

    def change(self, key: OrderKey, old: Order | None, new: Order | None) -> None:
        """Take note that the order at `key` was `old` and is now `new`."""
        if old is None and new is not None:
            self._by_cl_ord_id[new.owner, new.cl_ord_id] = key
        elif new is None and old is not None:
            del self._by_cl_ord_id[old.owner, old.cl_ord_id]
        if old is not None and old.closed_at is None:
            if new is not None and new.closed_at is None and new.rank == old.rank and new.price == old.price:
                self._count(self._level(key, new), old, new)
                return
            self._leave(key, old)
        if new is not None and new.closed_at is None:
            self._join(key, new)

    def find(self, owner: PartyId, cl_ord_id: ClOrdId) -> OrderKey | None:
        """The order that the owner calls so, open or closed."""
        return self._by_cl_ord_id.get((owner, cl_ord_id))

    def best(self, instrument: InstrumentId, side: Side) -> Level | None:
        """The level with the best price; None where no order is open on that side."""
        queues = self._sides.get((instrument, side))
        return queues.levels[queues.order[0]] if queues and queues.order else None

    def levels(self, instrument: InstrumentId, side: Side) -> Iterator[Level]:
        """One side's levels, best price first."""
        queues = self._sides.get((instrument, side))
        if queues:
            yield from (queues.levels[position] for position in queues.order)

    def _level(self, key: OrderKey, order: Order) -> Level:
        return self._sides[key[0], order.side].levels[_position(order)]

    def _join(self, key: OrderKey, order: Order) -> None:
        place = (key[0], order.side)
        queues = self._sides.get(place) or self._sides.setdefault(place, PriceQueues())
        position = _position(order)
        level = queues.levels.get(position)
        if level is None:
            level = queues.levels[position] = Level(order.price)
            insort(queues.order, position)
        insort(level.queue, (order.rank, key[1]))
        self._count(level, None, order)

    def _leave(self, key: OrderKey, order: Order) -> None:
        queues = self._sides[key[0], order.side]
        position = _position(order)
        level = queues.levels[position]
        del level.queue[bisect_left(level.queue, (order.rank, key[1]))]
        self._count(level, order, None)
        if not level.queue:
            del queues.levels[position]
            del queues.order[bisect_left(queues.order, position)]

    def _count(self, level: Level, old: Order | None, new: Order | None) -> None:
        for order, sign in ((old, -1), (new, 1)):
            if order is not None:
                leaves, shown = level.quantities.get(order.expires_at, (0, 0))
                now = Quantity(leaves + sign * order.leaves_qty, shown + sign * order.shown_qty)
                if now.leaves:
                    level.quantities[order.expires_at] = now
                else:
                    del level.quantities[order.expires_at]


def _position(order: Order) -> int:
    """Sorts a side's prices, best first: the highest bid, the lowest offer."""
    return -order.price if order.side is Side.BUY else order.price
