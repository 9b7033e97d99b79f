"""Decision tables of profiles and instruments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness import (
    ALICE,
    BANK,
    CNY,
    ISSUER,
    OPERATOR,
    SHARE,
    START,
    Ledger,
    Row,
    admission,
    cash_registration,
    features_up_to,
    listed_registration,
    listed_terms,
    market,
)
from yuzhong.features.instruments import questions
from yuzhong.features.instruments.outcomes import (
    InstrumentRegistered,
    ProfileRegistered,
    RegisterInstrumentRejection,
    RegisterProfileRejection,
)
from yuzhong.features.instruments.profiles import REPLAY, SANDBOX_THIN
from yuzhong.features.instruments.transactions import RegisterProfile
from yuzhong.features.instruments.types import (
    Instrument,
    InstrumentId,
    InstrumentKind,
    InstrumentName,
    InstrumentSession,
    InstrumentStatus,
    Phase,
    Profile,
    ProfileId,
    ProfileName,
    ProfileSource,
    Symbol,
    TieRule,
)
from yuzhong.features.parties.types import KeyRole, Role
from yuzhong.ledger.kernels import Kernels
from yuzhong.ledger.numbers import Millis, Money, Units
from yuzhong.ledger.outcomes import ACCEPTED

FEATURES = features_up_to("holdings")

OTHER = InstrumentId(3)


@pytest.fixture
def ledger(kernels: Kernels) -> Ledger:
    """With CNY and SHARE registered."""
    return market(kernels, features=FEATURES)


def test_register_profile_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """INSTRUMENTS-001, INSTRUMENTS-008."""
    trading = ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    known = replace(REPLAY, name=ProfileName(""), source=ProfileSource(""))
    new = replace(known, profile=ProfileId(9))
    code = RegisterProfileRejection
    ledger.decide(
        RegisterProfileRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, OPERATOR, known, key=trading),
            Row(code.SIGNER_MUST_BE_OPERATOR, ISSUER, known),
            Row(code.PROFILE_MUST_BE_NEW, OPERATOR, known),
            Row(code.NAME_MUST_NOT_BE_EMPTY, OPERATOR, new),
            Row(code.SOURCE_MUST_NOT_BE_EMPTY, OPERATOR, replace(new, name=ProfileName("new"))),
        ],
    )


def test_a_profile_is_kept_with_its_source(ledger: Ledger) -> None:
    """INSTRUMENTS-008."""
    (event,) = ledger.do(OPERATOR, SANDBOX_THIN)
    assert event == ProfileRegistered(
        SANDBOX_THIN.profile, SANDBOX_THIN.name, TieRule.SHANGHAI, Millis(0), SANDBOX_THIN.source
    )
    kept = Profile(SANDBOX_THIN.name, SANDBOX_THIN.tie_rule, SANDBOX_THIN.effective_from, SANDBOX_THIN.source)
    assert questions.profile(ledger.state, SANDBOX_THIN.profile) == kept


def test_register_instrument_is_refused_by_the_first_rule_that_it_breaks(ledger: Ledger) -> None:
    """INSTRUMENTS-001, INSTRUMENTS-002, INSTRUMENTS-003, INSTRUMENTS-004, INSTRUMENTS-008."""
    trading = ledger.add_key(OPERATOR, "trading", KeyRole.TRADING)
    terms = replace(listed_terms(), cash=SHARE, tick_value=Money(0), lot_size=Units(0), profile=ProfileId(9))
    new = replace(listed_registration(terms, OTHER, symbol=""), name=InstrumentName(""), limit=Units(0), issuer=ALICE)
    known = replace(new, instrument=SHARE)
    taken = replace(new, symbol=Symbol("CNY"))
    unnamed = replace(new, symbol=Symbol("600002"))
    nothing = replace(unnamed, name=InstrumentName("Other"))
    of_alice = replace(nothing, limit=Units(1))
    listed = replace(of_alice, issuer=ISSUER)
    terms = replace(terms, cash=CNY)
    worthless = replace(listed, terms=terms)
    terms = replace(terms, tick_value=Money(1))
    lotless = replace(listed, terms=terms)
    unruled = replace(listed, terms=replace(terms, lot_size=Units(1)))
    code = RegisterInstrumentRejection
    ledger.decide(
        RegisterInstrumentRejection,
        [
            Row(code.KEY_MUST_BE_ALLOWED_TO_OPERATE, OPERATOR, known, key=trading),
            Row(code.SIGNER_MUST_BE_OPERATOR, ISSUER, known),
            Row(code.INSTRUMENT_MUST_BE_NEW, OPERATOR, known),
            Row(code.SYMBOL_MUST_NOT_BE_EMPTY, OPERATOR, new),
            Row(code.SYMBOL_MUST_BE_NEW, OPERATOR, taken),
            Row(code.NAME_MUST_NOT_BE_EMPTY, OPERATOR, unnamed),
            Row(code.LIMIT_MUST_BE_POSITIVE, OPERATOR, nothing),
            Row(code.ISSUER_MUST_HOLD_ROLE, OPERATOR, of_alice),
            Row(code.TERMS_MUST_FIT_KIND, OPERATOR, replace(listed, terms=None)),
            Row(code.CASH_MUST_BE_CASH_INSTRUMENT, OPERATOR, listed),
            Row(code.TICK_VALUE_MUST_BE_POSITIVE, OPERATOR, worthless),
            Row(code.LOT_SIZE_MUST_BE_POSITIVE, OPERATOR, lotless),
            Row(code.PROFILE_MUST_BE_IN_FORCE, OPERATOR, unruled),
        ],
    )
    cash = cash_registration(BANK, OTHER, "USD")
    ledger.expect(code.TERMS_MUST_FIT_KIND, OPERATOR, replace(cash, terms=listed_terms()))
    ledger.expect(code.ISSUER_MUST_HOLD_ROLE, OPERATOR, replace(cash, issuer=ISSUER))
    ledger.expect(code.ISSUER_MUST_HOLD_ROLE, OPERATOR, replace(unruled, issuer=BANK))
    nowhere = replace(listed_terms(), cash=InstrumentId(99))
    ledger.expect(code.CASH_MUST_BE_CASH_INSTRUMENT, OPERATOR, replace(listed, terms=nowhere))


def test_cash_is_registered_for_a_settlement_bank_and_has_no_session(kernels: Kernels) -> None:
    """INSTRUMENTS-003, INSTRUMENTS-005."""
    ledger = Ledger(kernels, FEATURES, acts=(admission(BANK, Role.SETTLEMENT_BANK),))
    tx = cash_registration()
    (event,) = ledger.do(OPERATOR, tx)
    assert event == InstrumentRegistered(CNY, tx.kind, tx.symbol, tx.name, BANK, tx.limit, tx.decimals, None)
    row = questions.find(ledger.state, CNY)
    assert row == Instrument(tx.kind, tx.symbol, tx.name, BANK, Units(0), tx.limit, tx.decimals, None)
    assert questions.terms(ledger.state, CNY) is None


def test_a_listed_instrument_starts_closed_with_nothing_issued_and_no_price(ledger: Ledger) -> None:
    """INSTRUMENTS-004, INSTRUMENTS-005."""
    row = questions.find(ledger.state, SHARE)
    assert row is not None
    assert (row.kind, row.issued, row.terms) == (InstrumentKind.LISTED, 0, listed_terms())
    assert questions.terms(ledger.state, SHARE) == listed_terms()
    session = questions.session(ledger.state, SHARE)
    assert session == InstrumentSession(Phase.CLOSED, InstrumentStatus.TRADING, None, None, None, None)


def test_a_symbol_of_sixteen_bytes_is_one_of_its_own(ledger: Ledger) -> None:
    """INSTRUMENTS-002."""
    ledger.do(OPERATOR, listed_registration(listed_terms(), OTHER, symbol="榆中水务一"))
    ledger.do(OPERATOR, listed_registration(listed_terms(), InstrumentId(4), symbol="ABCDEFGHIJKLMNOP"))
    ledger.do(OPERATOR, listed_registration(listed_terms(), InstrumentId(5), symbol="ABCDEFGHIJKLMNO"))
    ledger.expect(
        RegisterInstrumentRejection.SYMBOL_MUST_BE_NEW,
        OPERATOR,
        listed_registration(listed_terms(), InstrumentId(6), symbol="ABCDEFGHIJKLMNOP"),
    )


def test_a_profile_counts_from_its_date_on(ledger: Ledger) -> None:
    """INSTRUMENTS-008."""
    date = Millis(START + 1_000)
    later = RegisterProfile(ProfileId(5), ProfileName("later"), TieRule.SHENZHEN, date, ProfileSource("a test"))
    ledger.do(OPERATOR, later)
    tx = listed_registration(replace(listed_terms(), profile=ProfileId(5)), OTHER, symbol="600002")
    ledger.expect(RegisterInstrumentRejection.PROFILE_MUST_BE_IN_FORCE, OPERATOR, tx)
    ledger.wait_until(date - 1)
    ledger.expect(ACCEPTED, OPERATOR, tx)
