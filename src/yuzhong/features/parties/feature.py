"""Table of contents of `parties`."""

from __future__ import annotations

from yuzhong.features.parties import outcomes, transactions
from yuzhong.features.parties.invariants import OwnerKeyStays
from yuzhong.features.parties.rules import admission, authorizations, keys
from yuzhong.features.parties.tables import AUTHORIZATIONS, PARTIES, PARTY_KEYS
from yuzhong.ledger.feature import Feature

FEATURE = Feature(
    name="parties",
    rules={
        transactions.AdmitParty: admission.admit_party,
        transactions.GrantRole: admission.grant_role,
        transactions.EndRole: admission.end_role,
        transactions.AddKey: keys.add_key,
        transactions.RevokeKey: keys.revoke_key,
        transactions.RotateKey: keys.rotate_key,
        transactions.GrantAuthorization: authorizations.grant_authorization,
        transactions.EndAuthorization: authorizations.end_authorization,
    },
    events=(
        outcomes.PartyAdmitted,
        outcomes.RoleGranted,
        outcomes.RoleEnded,
        outcomes.KeyAdded,
        outcomes.KeyRevoked,
        outcomes.KeyRotated,
        outcomes.AuthorizationGranted,
        outcomes.AuthorizationEnded,
        outcomes.AuthorizationExpired,
    ),
    rejections=(
        outcomes.AdmitPartyRejection,
        outcomes.GrantRoleRejection,
        outcomes.EndRoleRejection,
        outcomes.AddKeyRejection,
        outcomes.RevokeKeyRejection,
        outcomes.RotateKeyRejection,
        outcomes.GrantAuthorizationRejection,
        outcomes.EndAuthorizationRejection,
    ),
    tables=(PARTIES, PARTY_KEYS, AUTHORIZATIONS),
    due={authorizations.AUTHORIZATION_EXPIRY: authorizations.expire_authorization},
    invariants=(OwnerKeyStays,),
)
