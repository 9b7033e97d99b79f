"""Who opens and closes accounts."""

from __future__ import annotations

from dataclasses import replace

from yuzhong.features.holdings.outcomes import (
    AccountClosed,
    AccountOpened,
    CloseAccountRejection,
    OpenAccountRejection,
)
from yuzhong.features.holdings.questions import has_positions
from yuzhong.features.holdings.tables import ACCOUNTS
from yuzhong.features.holdings.transactions import CloseAccount, OpenAccount
from yuzhong.features.holdings.types import Account, AccountKind, AccountStatus, DutyCount
from yuzhong.features.parties.questions import has_role, key_may, party_exists, signer_is
from yuzhong.features.parties.types import Permission, Role
from yuzhong.ledger.feature import Context
from yuzhong.ledger.outcomes import Accepted, Outcome, Rejected
from yuzhong.ledger.state import State


def open_account(state: State, tx: OpenAccount, context: Context) -> Outcome:
    """Open an account with owner, serving member and kind (HOLDINGS-001, HOLDINGS-002)."""
    # READ
    signer = context.party
    is_member = has_role(state, signer, Role.MEMBER)
    is_operator = signer_is(state, context, Role.OPERATOR)
    is_own, is_client = tx.kind is AccountKind.OWN, tx.kind is AccountKind.CLIENT
    known = ACCOUNTS.get(state, tx.account)

    # CHECK, in the order of OpenAccountRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(OpenAccountRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if not (is_member or is_operator):
        return Rejected(OpenAccountRejection.SIGNER_MUST_BE_MEMBER_OR_OPERATOR)
    if known is not None:
        return Rejected(OpenAccountRejection.ACCOUNT_MUST_BE_NEW)
    if not party_exists(state, tx.owner):
        return Rejected(OpenAccountRejection.OWNER_MUST_EXIST)
    if not (is_own or is_member):
        return Rejected(OpenAccountRejection.SIGNER_MUST_BE_MEMBER)
    if is_client and tx.owner == signer:
        return Rejected(OpenAccountRejection.CLIENT_MUST_NOT_BE_SIGNER)
    if not (is_client or tx.owner == signer or (is_own and is_operator)):
        return Rejected(OpenAccountRejection.OWNER_MUST_BE_SIGNER)

    # From here on the transaction must succeed.
    # WRITE
    member = signer if is_client else tx.owner
    ACCOUNTS.put(state, tx.account, row=Account(tx.owner, member, tx.kind, AccountStatus.OPEN, DutyCount(0)))

    # EMIT
    return Accepted(AccountOpened(tx.account, tx.owner, member, tx.kind))


def close_account(state: State, tx: CloseAccount, context: Context) -> Outcome:
    """Close an account that is empty and that no rule needs (HOLDINGS-003)."""
    # READ
    account = ACCOUNTS.get(state, tx.account)

    # CHECK, in the order of CloseAccountRejection
    if not key_may(state, context, Permission.OPERATE):
        return Rejected(CloseAccountRejection.KEY_MUST_BE_ALLOWED_TO_OPERATE)
    if account is None:
        return Rejected(CloseAccountRejection.ACCOUNT_MUST_EXIST)
    if context.party not in (account.owner, account.member):
        return Rejected(CloseAccountRejection.SIGNER_MUST_BE_OWNER_OR_MEMBER)
    if account.status is not AccountStatus.OPEN:
        return Rejected(CloseAccountRejection.ACCOUNT_MUST_BE_OPEN)
    if has_positions(state, tx.account):
        return Rejected(CloseAccountRejection.ACCOUNT_MUST_BE_EMPTY)
    if account.duties > 0:
        return Rejected(CloseAccountRejection.ACCOUNT_MUST_NOT_BE_NEEDED)

    # From here on the transaction must succeed.
    # WRITE
    ACCOUNTS.put(state, tx.account, row=replace(account, status=AccountStatus.CLOSED))

    # EMIT
    return Accepted(AccountClosed(tx.account, by=context.party))
