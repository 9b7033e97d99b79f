"""Table of contents of `trading`."""

from __future__ import annotations

from yuzhong.features.trading.invariants import HeldEqualsOrders, NoCrossedBook, OrderRowsConsistent
from yuzhong.features.trading.outcomes import EVENTS, REJECTIONS
from yuzhong.features.trading.rules.cancel_order import cancel_order
from yuzhong.features.trading.rules.change_phase import GO_ON_UNCROSSING, change_phase, go_on_uncrossing
from yuzhong.features.trading.rules.halt import halt_instrument, resume_instrument
from yuzhong.features.trading.rules.place_order import place_order
from yuzhong.features.trading.rules.replace_order import replace_order
from yuzhong.features.trading.rules.sweep import SWEEP_ORDERS, sweep_orders
from yuzhong.features.trading.tables import BOOKS, ORDERS
from yuzhong.features.trading.transactions import (
    CancelOrder,
    ChangePhase,
    HaltInstrument,
    PlaceOrder,
    ReplaceOrder,
    ResumeInstrument,
)
from yuzhong.ledger.feature import Feature

FEATURE = Feature(
    name="trading",
    rules={
        PlaceOrder: place_order,
        ReplaceOrder: replace_order,
        CancelOrder: cancel_order,
        ChangePhase: change_phase,
        HaltInstrument: halt_instrument,
        ResumeInstrument: resume_instrument,
    },
    events=EVENTS,
    rejections=REJECTIONS,
    tables=(ORDERS, BOOKS),
    due={GO_ON_UNCROSSING: go_on_uncrossing, SWEEP_ORDERS: sweep_orders},
    invariants=(HeldEqualsOrders, NoCrossedBook, OrderRowsConsistent),
)
