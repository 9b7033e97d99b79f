"""Table of contents of `holdings`."""

from __future__ import annotations

from yuzhong.features.holdings import outcomes, transactions
from yuzhong.features.holdings.invariants import HeldWithinTotal, UnitsConserved
from yuzhong.features.holdings.rules import accounts, units
from yuzhong.features.holdings.tables import ACCOUNTS, POSITIONS
from yuzhong.ledger.feature import Feature

FEATURE = Feature(
    name="holdings",
    rules={
        transactions.OpenAccount: accounts.open_account,
        transactions.CloseAccount: accounts.close_account,
        transactions.IssueUnits: units.issue_units,
        transactions.RetireUnits: units.retire_units,
        transactions.TransferUnits: units.transfer_units,
    },
    events=(
        outcomes.AccountOpened,
        outcomes.AccountClosed,
        outcomes.UnitsIssued,
        outcomes.UnitsRetired,
        outcomes.UnitsTransferred,
    ),
    rejections=(
        outcomes.OpenAccountRejection,
        outcomes.CloseAccountRejection,
        outcomes.IssueUnitsRejection,
        outcomes.RetireUnitsRejection,
        outcomes.TransferUnitsRejection,
    ),
    tables=(ACCOUNTS, POSITIONS),
    invariants=(UnitsConserved, HeldWithinTotal),
)
