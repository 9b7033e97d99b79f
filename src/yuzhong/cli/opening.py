"""How a market comes to be.

Parties admitted, accounts opened, cash and units issued, all by the signed acts of those whose business it is.

The replay of order flow, the demo and the benchmarks open their markets with it; every key and salt derives from a
seed, so that two runs give the same ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from yuzhong.client.signing import Chain, SeededSigner, Signer
from yuzhong.features.holdings.transactions import IssueUnits, OpenAccount
from yuzhong.features.holdings.types import AccountId, AccountKind, Reference
from yuzhong.features.instruments.transactions import RegisterInstrument, RegisterProfile
from yuzhong.features.instruments.types import (
    Decimals,
    InstrumentId,
    InstrumentKind,
    InstrumentName,
    ListedTerms,
    Symbol,
)
from yuzhong.features.parties.transactions import AdmitParty, GrantAuthorization
from yuzhong.features.parties.types import NO_DIGEST, PartyKind, PartyName, Role, Scope
from yuzhong.features.settlement.transactions import SetCharge
from yuzhong.ledger.genesis import Clock, Genesis
from yuzhong.ledger.kernels import Signed
from yuzhong.ledger.numbers import Hash, Millis, Money, PartyId, Units
from yuzhong.ledger.transactions import Protected

CASH = InstrumentId(1)
LISTED = InstrumentId(2)
OPERATOR, BANK, ISSUER, FIRST_MEMBER = PartyId(1), PartyId(2), PartyId(3), PartyId(11)
FIRST_INVESTOR = 101
VENUE_ACCOUNT = AccountId(1)
FOR_EVER = Millis(2**48 - 1)


@dataclass(frozen=True)
class MarketPlan:
    """What market to open."""

    seed: str
    investors: int
    profile: RegisterProfile
    cash_symbol: str
    symbol: str
    name: str
    decimals: int
    terms: ListedTerms
    cash_each: Units
    """In the cash instrument's smallest unit, for each account."""
    units_each: Units
    charge: Money
    members: int = 2
    nominee_accounts: int = 1
    agency: bool = True
    """Whether every other investor lets its member sign its orders."""


@dataclass(frozen=True)
class Trader:
    """Who signs orders for an account: its owner, or its member under the owner's authorization."""

    account: AccountId
    owner: PartyId
    signer: Signer


@dataclass(frozen=True)
class Market:
    """An opened market's people, with their keys."""

    plan: MarketPlan
    operator: Signer
    bank: Signer
    issuer: Signer
    members: tuple[Signer, ...]
    investors: tuple[Signer, ...]
    traders: tuple[Trader, ...]
    """Every account that trades: the investors', then the members' nominee accounts."""

    def opening(self) -> Iterator[tuple[str, Signed]]:
        """What each act is for, and the act signed, in an order in which none is refused."""
        yield from self._parties()
        yield from self._instruments()
        yield from self._accounts()

    def _parties(self) -> Iterator[tuple[str, Signed]]:
        plan = self.plan
        yield "settlement bank admitted", self._admit(self.bank, "Settlement bank 结算银行", Role.SETTLEMENT_BANK)
        yield "issuer admitted", self._admit(self.issuer, f"Issuer of {plan.symbol}", Role.ISSUER)
        for number, member in enumerate(self.members, start=1):
            yield "members admitted", self._admit(member, f"Member {number} 会员{number}", Role.MEMBER)
        for investor in self.investors:
            yield "investors admitted", self._admit(investor, "", Role.INVESTOR)
        for number, investor in enumerate(self.investors):
            if plan.agency and number % 2:
                member = self.members[number % len(self.members)]
                grant = GrantAuthorization(member.party, Scope.PLACE_ORDERS, None, FOR_EVER)
                yield "authorizations granted by owners to members", investor.sign(grant)

    def _instruments(self) -> Iterator[tuple[str, Signed]]:
        plan, operator = self.plan, self.operator
        yield "rule profile registered", operator.sign(plan.profile)
        cash_name = InstrumentName(f"{plan.cash_symbol} on account")
        most = Units(2**61)
        yield (
            "cash instrument registered",
            operator.sign(
                RegisterInstrument(
                    CASH, InstrumentKind.CASH, Symbol(plan.cash_symbol), cash_name, BANK, most, Decimals(2), None
                )
            ),
        )
        yield (
            "listed instrument registered",
            operator.sign(
                RegisterInstrument(
                    LISTED,
                    InstrumentKind.LISTED,
                    Symbol(plan.symbol),
                    InstrumentName(plan.name),
                    ISSUER,
                    most,
                    Decimals(plan.decimals),
                    plan.terms,
                )
            ),
        )

    def _accounts(self) -> Iterator[tuple[str, Signed]]:
        plan = self.plan
        yield "venue account opened", self.operator.sign(OpenAccount(VENUE_ACCOUNT, OPERATOR, AccountKind.OWN))
        yield "charge set", self.operator.sign(SetCharge(LISTED, plan.charge, VENUE_ACCOUNT))
        members = {member.party: member for member in self.members}
        for number, trader in enumerate(self.traders):
            nominee = trader.owner in members
            member = members[trader.owner] if nominee else self.members[number % len(self.members)]
            kind = AccountKind.NOMINEE if nominee else AccountKind.CLIENT
            yield "accounts opened", member.sign(OpenAccount(trader.account, trader.owner, kind))
        for trader in self.traders:
            yield (
                "deposits credited",
                self.bank.sign(IssueUnits(CASH, trader.account, plan.cash_each, Reference("deposit"))),
            )
        for trader in self.traders:
            yield (
                "units issued",
                self.issuer.sign(IssueUnits(LISTED, trader.account, plan.units_each, Reference("placement"))),
            )

    def _admit(self, signer: Signer, name: str, role: Role) -> Signed:
        kind = PartyKind.ORGANISATION if name else PartyKind.PERSON
        digest = (
            NO_DIGEST if name else Hash(hashlib.sha256(f"{self.plan.seed}/person/{signer.party}".encode()).digest())
        )
        return self.operator.sign(AdmitParty(signer.party, kind, PartyName(name), digest, (role,), signer.key_id))


def make_market(plan: MarketPlan, chain: Chain, operator: Signer | None = None) -> Market:
    """The people of a market, with keys that follow from the plan's seed. The chain may learn its id later.

    `operator` signs for party 1 of a ledger that is there already.
    """

    def sign(party: PartyId, seed: str) -> SeededSigner:
        return SeededSigner(chain, party, seed)

    members = tuple(sign(PartyId(FIRST_MEMBER + n), f"{plan.seed}/member/{n}") for n in range(plan.members))
    investors = tuple(sign(PartyId(FIRST_INVESTOR + n), f"{plan.seed}/investor/{n}") for n in range(plan.investors))
    traders = [
        Trader(AccountId(1_000 + n), investor.party, members[n % len(members)] if plan.agency and n % 2 else investor)
        for n, investor in enumerate(investors)
    ]
    nominees = [
        Trader(AccountId(900 + n), members[n % len(members)].party, members[n % len(members)])
        for n in range(plan.nominee_accounts)
    ]
    return Market(
        plan,
        operator=operator or sign(OPERATOR, f"{plan.seed}/operator"),
        bank=sign(BANK, f"{plan.seed}/bank"),
        issuer=sign(ISSUER, f"{plan.seed}/issuer"),
        members=members,
        investors=investors,
        traders=(*traders, *nominees),
    )


def market_genesis(name: str, clock: Clock, time: Millis, block_key: Protected, operator: Signer) -> Genesis:
    """A genesis with one act: the operator is there, and may admit others."""
    roles = (Role.OPERATOR, Role.REGISTRAR, Role.MARKET_CONTROL)
    act = AdmitParty(
        OPERATOR, PartyKind.ORGANISATION, PartyName("Operator 运营机构"), NO_DIGEST, roles, operator.key_id
    )
    return Genesis(name, clock, time, block_key, (act,))
