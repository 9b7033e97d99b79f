"""The law of settlement, one function a transaction; trades are settled by `actions.settle_trade`."""

from __future__ import annotations

from yuzhong.features.holdings import actions as holdings
from yuzhong.features.holdings.questions import account as find_account
from yuzhong.features.holdings.types import AccountKind, AccountStatus
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.parties.questions import key_may, signer_is
from yuzhong.features.parties.types import Permission, Role
from yuzhong.features.settlement.outcomes import ChargeSet, SetChargeRejection
from yuzhong.features.settlement.tables import CHARGE_SCHEDULES
from yuzhong.features.settlement.transactions import SetCharge
from yuzhong.features.settlement.types import ChargeSchedule
from yuzhong.ledger.feature import Context
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State


def set_charge(state: State, tx: SetCharge, context: Context) -> Outcome:
    """Set the flat charge of orders entered from now on (SETTLEMENT-001, SETTLEMENT-002)."""
    # READ
    terms = instruments.terms(state, tx.instrument)
    account = find_account(state, tx.account)
    before = CHARGE_SCHEDULES.get(state, tx.instrument)

    # CHECK, in the order of SetChargeRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(SetChargeRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not signer_is(state, context, Role.OPERATOR):
        return Rejected(SetChargeRejection.SIGNER_MUST_BE_OPERATOR)
    if terms is None:
        return Rejected(SetChargeRejection.INSTRUMENT_MUST_BE_LISTED)
    if account is None:
        return Rejected(SetChargeRejection.ACCOUNT_MUST_EXIST)
    if account.status is not AccountStatus.OPEN:
        return Rejected(SetChargeRejection.ACCOUNT_MUST_BE_OPEN)
    if account.kind is not AccountKind.OWN:
        return Rejected(SetChargeRejection.ACCOUNT_MUST_BE_OWN)

    # From here on the transaction must succeed.
    # WRITE
    if before is not None:
        holdings.no_longer_keep_open(state, before.account)
    holdings.keep_open(state, tx.account)
    CHARGE_SCHEDULES.put(state, tx.instrument, row=ChargeSchedule(tx.per_order, tx.account))

    # EMIT
    return Accepted(ChargeSet(tx.instrument, tx.per_order, tx.account, by=context.party))
