"""What `parties` remembers."""

from __future__ import annotations

from yuzhong.features.parties.types import Authorization, Party, PartyKey
from yuzhong.ledger.tables import Privacy, Table

PARTIES = Table(
    2561,
    "parties",
    ("party:u64",),
    Party,
    bounded_by="one row a party that the registrar admitted",
    leaves="never: what a party did stays answerable",
)

PARTY_KEYS = Table(
    2562,
    "party_keys",
    ("key:b32",),
    PartyKey,
    bounded_by="KEYS_REGISTERED_MAX a party",
    leaves="never: a key belongs to one party for ever, also when it is revoked",
    privacy=Privacy.BLINDED,
)

AUTHORIZATIONS = Table(
    2563,
    "authorizations",
    ("owner:u64", "member:u64"),
    Authorization,
    bounded_by="AUTHORIZATIONS_MAX an owner",
    leaves="when the owner ends it or its time is over",
    privacy=Privacy.SALTED,
)
