"""Records as plain values and back: every registered type, and what a wrong field is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from yuzhong.catalogue import FEATURES
from yuzhong.features.holdings.transactions import TransferUnits
from yuzhong.features.instruments.transactions import RegisterInstrument
from yuzhong.features.instruments.types import InstrumentKind, ListedTerms
from yuzhong.features.parties.transactions import AddKey, AdmitParty
from yuzhong.features.parties.types import Role
from yuzhong.ledger.failures import FormError
from yuzhong.ledger.shapes import Shape, record_shape
from yuzhong.serving import values

RECORDS = [kind for feature in FEATURES for kind in (*feature.rules, *feature.events)]


def largest(shape: Shape) -> Any:
    """The largest value of a shape, for optional ones not None."""
    kind = shape[0]
    if kind in ("int", "bytes"):
        return shape[2] if kind == "int" else b"\xff" * shape[2]
    if kind == "text":
        return "x" * shape[1]
    if kind == "bool":
        return True
    if kind == "enum":
        return list(shape[2].values())[-1]
    if kind == "optional":
        return largest(shape[1])
    if kind == "list":
        return (largest(shape[1]),) * min(shape[2], 3)
    return shape[1](*(largest(field) for _, field in shape[3]))


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_registered_record_goes_through_json_and_back(kind: type[Any]) -> None:
    record = largest(record_shape(kind))
    text = json.dumps(values.to_plain(record))
    assert values.from_plain(kind, json.loads(text)) == record
    assert values.named(record)["name"] == kind.__name__
    assert [name for name, _ in values.describe(kind)] == list(values.to_plain(record))


def test_amounts_are_strings_and_other_numbers_are_numbers() -> None:
    plain = values.to_plain(
        values.from_plain(
            TransferUnits, {"source": 1, "target": 2, "instrument": 3, "quantity": "9007199254740993", "reference": "a"}
        )
    )
    assert plain == {"source": 1, "target": 2, "instrument": 3, "quantity": "9007199254740993", "reference": "a"}


def test_texts_stand_for_anything_as_a_command_line_gives_them() -> None:
    given = {"key": "AB" * 32, "role": "trading", "order_value_max": "500", "expires_at": "none"}
    made = values.from_plain(AddKey, given)
    assert (made.key, made.role.name, made.order_value_max, made.expires_at) == (b"\xab" * 32, "TRADING", 500, None)
    assert values.from_plain(AddKey, {"key": "ab" * 32, "role": 3}).expires_at is None
    terms = {"cash": 1, "tick_value": "1", "tick_size": 1, "lot_size": "100", "profile": 1}
    listed = {
        "instrument": 2,
        "kind": "LISTED",
        "symbol": "600101",
        "name": "n",
        "issuer": 3,
        "limit": 9,
        "decimals": 2,
        "terms": terms,
    }
    made = values.from_plain(RegisterInstrument, listed)
    assert isinstance(made.terms, ListedTerms)
    assert made.kind is InstrumentKind.LISTED
    admitted = {
        "party": 2,
        "kind": "PERSON",
        "name": "",
        "digest": "00" * 32,
        "roles": "MEMBER,investor",
        "key": "00" * 32,
    }
    assert values.from_plain(AdmitParty, admitted).roles == (Role.MEMBER, Role.INVESTOR)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pary": 1}, "AdmitParty: no field 'pary' (did you mean 'party'?)"),
        ({"party": None}, "AdmitParty.party: a whole number is needed, not None"),
        ({"party": True}, "AdmitParty.party: a whole number is needed, not True"),
        ({"party": 1.0}, "AdmitParty.party: a whole number is needed"),
        ({"party": "1_000"}, "AdmitParty.party: a whole number is needed"),
        ({"party": "٣"}, "AdmitParty.party: a whole number is needed"),
        ({"party": -1}, "AdmitParty.party: -1 is not within 0 to"),
        ({"kind": "ORGANIZATION"}, "AdmitParty.kind: no 'ORGANIZATION' (did you mean 'ORGANISATION'?)"),
        ({"kind": 9}, "AdmitParty.kind: no 9"),
        ({"name": "x" * 121}, "AdmitParty.name: at most 120 bytes"),
        ({"name": "a\nb"}, "AdmitParty.name: control characters"),
        ({"name": 5}, "AdmitParty.name: a text is needed"),
        ({"digest": "00"}, "AdmitParty.digest: 32 bytes are needed"),
        ({"digest": "zz"}, "AdmitParty.digest: hex digits"),
        ({"roles": 5}, "AdmitParty.roles: a list is needed"),
        ({"roles": ["BOSS"]}, "AdmitParty.roles[0]: no 'BOSS'"),
        ({"roles": ["MEMBER"] * 9}, "AdmitParty.roles: at most 8"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_takes(changed: dict[str, Any], said: str) -> None:
    good = {"party": 2, "kind": "PERSON", "name": "", "digest": "00" * 32, "roles": [], "key": "00" * 32}
    with pytest.raises(FormError) as refused:
        values.from_plain(AdmitParty, {**good, **changed})
    assert said in str(refused.value)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(FormError, match="field 'kind' is missing"):
        values.from_plain(AdmitParty, {"party": 1})
