"""How units come into being, move, and cease to be outside of trading."""

from __future__ import annotations

from yuzhong.features.holdings import actions
from yuzhong.features.holdings.outcomes import (
    IssueUnitsRejection,
    RetireUnitsRejection,
    TransferUnitsRejection,
    UnitsIssued,
    UnitsRetired,
    UnitsTransferred,
)
from yuzhong.features.holdings.questions import available
from yuzhong.features.holdings.tables import ACCOUNTS
from yuzhong.features.holdings.transactions import IssueUnits, RetireUnits, TransferUnits
from yuzhong.features.holdings.types import AccountKind, AccountStatus, Purpose
from yuzhong.features.instruments import actions as instrument_actions
from yuzhong.features.instruments import questions as instruments
from yuzhong.features.parties.questions import has_role, key_may
from yuzhong.features.parties.types import Permission
from yuzhong.ledger.feature import Context
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State


def issue_units(state: State, tx: IssueUnits, context: Context) -> Outcome:
    """Create units of an instrument and credit them to an account (HOLDINGS-004)."""
    # READ
    instrument = instruments.find(state, tx.instrument)
    account = ACCOUNTS.get(state, tx.account)

    # CHECK, in the order of IssueUnitsRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(IssueUnitsRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if instrument is None:
        return Rejected(IssueUnitsRejection.INSTRUMENT_MUST_EXIST)
    if instrument.issuer != context.party:
        return Rejected(IssueUnitsRejection.SIGNER_MUST_BE_ISSUER)
    if not has_role(state, context.party, instruments.ISSUER_ROLE[instrument.kind]):
        return Rejected(IssueUnitsRejection.ISSUER_MUST_HOLD_ROLE)
    if account is None:
        return Rejected(IssueUnitsRejection.ACCOUNT_MUST_EXIST)
    if account.status is not AccountStatus.OPEN:
        return Rejected(IssueUnitsRejection.ACCOUNT_MUST_BE_OPEN)
    if tx.quantity == 0:
        return Rejected(IssueUnitsRejection.QUANTITY_MUST_BE_POSITIVE)
    if not instruments.may_issue(instrument, tx.quantity):
        return Rejected(IssueUnitsRejection.LIMIT_MUST_NOT_BE_EXCEEDED)

    # From here on the transaction must succeed.
    # WRITE
    instrument_actions.record_issue(state, tx.instrument, tx.quantity)
    actions.credit(state, tx.account, tx.instrument, tx.quantity)

    # EMIT
    return Accepted(UnitsIssued(tx.instrument, tx.account, tx.quantity, tx.reference, by=context.party))


def retire_units(state: State, tx: RetireUnits, context: Context) -> Outcome:
    """Make units on the issuer's own account cease to be (HOLDINGS-005)."""
    # READ
    instrument = instruments.find(state, tx.instrument)
    account = ACCOUNTS.get(state, tx.account)

    # CHECK, in the order of RetireUnitsRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(RetireUnitsRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if instrument is None:
        return Rejected(RetireUnitsRejection.INSTRUMENT_MUST_EXIST)
    if instrument.issuer != context.party:
        return Rejected(RetireUnitsRejection.SIGNER_MUST_BE_ISSUER)
    if account is None:
        return Rejected(RetireUnitsRejection.ACCOUNT_MUST_EXIST)
    if account.owner != context.party:
        return Rejected(RetireUnitsRejection.SIGNER_MUST_OWN_ACCOUNT)
    if account.kind is AccountKind.NOMINEE:
        return Rejected(RetireUnitsRejection.ACCOUNT_MUST_NOT_BE_NOMINEE)
    if tx.quantity == 0:
        return Rejected(RetireUnitsRejection.QUANTITY_MUST_BE_POSITIVE)
    if available(state, tx.account, tx.instrument, Purpose.WITHDRAW) < tx.quantity:
        return Rejected(RetireUnitsRejection.QUANTITY_MUST_BE_AVAILABLE)

    # From here on the transaction must succeed.
    # WRITE
    instrument_actions.record_retirement(state, tx.instrument, tx.quantity)
    actions.debit(state, tx.account, tx.instrument, tx.quantity)

    # EMIT
    return Accepted(UnitsRetired(tx.instrument, tx.account, tx.quantity, tx.reference, by=context.party))


def transfer_units(state: State, tx: TransferUnits, context: Context) -> Outcome:
    """Move free units from the signer's account to another (HOLDINGS-006, HOLDINGS-007)."""
    # READ
    source = ACCOUNTS.get(state, tx.source)
    target = ACCOUNTS.get(state, tx.target)
    instrument = instruments.find(state, tx.instrument)

    # CHECK, in the order of TransferUnitsRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(TransferUnitsRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if source is None:
        return Rejected(TransferUnitsRejection.SOURCE_MUST_EXIST)
    if source.owner != context.party:
        return Rejected(TransferUnitsRejection.SIGNER_MUST_OWN_SOURCE)
    if target is None:
        return Rejected(TransferUnitsRejection.TARGET_MUST_EXIST)
    if target.status is not AccountStatus.OPEN:
        return Rejected(TransferUnitsRejection.TARGET_MUST_BE_OPEN)
    if tx.target == tx.source:
        return Rejected(TransferUnitsRejection.TARGET_MUST_NOT_BE_SOURCE)
    if instrument is None:
        return Rejected(TransferUnitsRejection.INSTRUMENT_MUST_EXIST)
    if tx.quantity == 0:
        return Rejected(TransferUnitsRejection.QUANTITY_MUST_BE_POSITIVE)
    if available(state, tx.source, tx.instrument, Purpose.TRANSFER) < tx.quantity:
        return Rejected(TransferUnitsRejection.QUANTITY_MUST_BE_AVAILABLE)

    # From here on the transaction must succeed.
    # WRITE
    actions.deliver(state, tx.source, tx.target, tx.instrument, tx.quantity, from_held=False)

    # EMIT
    return Accepted(UnitsTransferred(tx.source, tx.target, tx.instrument, tx.quantity, tx.reference, by=context.party))
