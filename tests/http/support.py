"""A node in this process, reached through ASGI: its client, its operator, and what a bad request must leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from yuzhong.client import Chain, Client, SeededSigner, Signer, SigningKey
from yuzhong.features.parties.transactions import AdmitParty
from yuzhong.features.parties.types import NO_DIGEST, PartyKind, PartyName, Role
from yuzhong.ledger.numbers import KeyId, PartyId
from yuzhong.ledger.sequences import KEY_WINDOWS
from yuzhong.node import server
from yuzhong.node.config import Config, load
from yuzhong.node.http import make_app
from yuzhong.node.keyfile import KEY_FILE
from yuzhong.node.solo import Node

URL = "http://127.0.0.1"


@dataclass
class Served:
    """A node behind its HTTP application."""

    node: Node
    config: Config
    http: TestClient
    client: Client
    operator: Signer

    def state(self) -> tuple[int, bytes, int]:
        """Height, state root and number of receipts: what a refused request must not change."""
        app = self.node.head.app
        return self.node.head.height, app.state_root, app.receipts_count

    def rows(self) -> dict[bytes, bytes]:
        """Every row of the state but the log's edge, which each receipt moves, by packed key."""

        def every(state: Any) -> dict[bytes, bytes]:
            return dict(state.map.scan(b"", b"\xff" * 64, 1_000_000))

        edge = (2).to_bytes(2, "big")
        return {key: value for key, value in self.node.ask(every).items() if key != edge}

    def window(self, key: KeyId) -> bytes:
        """The packed key of the row that holds a key's used sequences."""
        return KEY_WINDOWS.pack(key)

    def post(self, body: bytes, media: str = "application/cose", path: str = "/v1/transactions") -> Any:
        """The raw answer to a body."""
        return self.http.post(path, content=body, headers={"content-type": media})

    def stranger(self, chain: Chain | None = None) -> SeededSigner:
        """A signer whose key nobody registered."""
        return SeededSigner(chain or self.client.chain, 9, "stranger")


def admit(party: int, name: str = "Member", key: KeyId | None = None) -> AdmitParty:
    """An act that works once for each party; its key follows from the number unless one is given."""
    key = key or key_of(party).key_id
    return AdmitParty(PartyId(party), PartyKind.ORGANISATION, PartyName(name), NO_DIGEST, (Role.MEMBER,), key)


def key_of(party: int) -> SigningKey:
    """The key with which that party is admitted."""
    return SigningKey.from_seed(party.to_bytes(32, "big"))


@contextmanager
def serve(folder: Path, **settings: Any) -> Iterator[Served]:
    """A node on a new data folder."""
    config = load(overrides={"data": folder / "data", "segment_bytes": 1_048_576} | settings, environment={})
    node = server.open_node(config)
    try:
        with TestClient(make_app(node, config), base_url=URL, raise_server_exceptions=False) as http:
            client = Client(URL, http=http, machine=node.machine)
            operator = client.signer(SigningKey.load(config.data / KEY_FILE), party=1)
            yield Served(node, config, http, client, operator)
    finally:
        node.stop()


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The answer is an RFC 9457 problem of that kind; gives its members."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:yuzhong:problem:{code}"
    assert body["title"]
    assert body["detail"]
    return body
