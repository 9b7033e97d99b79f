"""Table of contents of `settlement`."""

from __future__ import annotations

from yuzhong.features.settlement import outcomes, rules, transactions
from yuzhong.features.settlement.tables import CHARGE_SCHEDULES
from yuzhong.ledger.feature import Feature

FEATURE = Feature(
    name="settlement",
    rules={transactions.SetCharge: rules.set_charge},
    events=(outcomes.ChargeSet,),
    rejections=(outcomes.SetChargeRejection,),
    tables=(CHARGE_SCHEDULES,),
)
