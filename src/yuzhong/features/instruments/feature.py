"""Table of contents of `instruments`."""

from __future__ import annotations

from yuzhong.features.instruments import outcomes, rules, transactions
from yuzhong.features.instruments.tables import INSTRUMENTS, PROFILES, SESSIONS, SYMBOLS
from yuzhong.ledger.feature import Feature

FEATURE = Feature(
    name="instruments",
    rules={
        transactions.RegisterProfile: rules.register_profile,
        transactions.RegisterInstrument: rules.register_instrument,
    },
    events=(outcomes.ProfileRegistered, outcomes.InstrumentRegistered),
    rejections=(outcomes.RegisterProfileRejection, outcomes.RegisterInstrumentRejection),
    tables=(INSTRUMENTS, SESSIONS, PROFILES, SYMBOLS),
)
