"""A client of one node over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import httpx2

from yuzhong.catalogue import FEATURES
from yuzhong.client import replies
from yuzhong.client.errors import Busy, ClientError, NotReady, Problem, Unreachable
from yuzhong.client.keys import SigningKey
from yuzhong.client.replies import Receipt, ReceiptPlace
from yuzhong.client.signing import VALID_MS, Chain, Signer, to_batch, to_cose
from yuzhong.ledger.feature import Machine, assemble
from yuzhong.ledger.header import ChainId
from yuzhong.ledger.kernels import Signed, choose
from yuzhong.ledger.transactions import BATCH_MAX
from yuzhong.serving.proof_checks import Checked, check_proof

TIMEOUT_S = 30.0
COSE = {"content-type": "application/cose"}
CBOR = {"content-type": "application/cbor"}


class Client:
    """Talks to a node.

    Every method raises Unreachable where no answer comes, and Problem (Busy, NotReady) where the node refuses.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = TIMEOUT_S,
        http: httpx2.Client | None = None,
        machine: Machine | None = None,
    ) -> None:
        """`http` takes the place of a connection, e.g. in tests; `machine` says how records are written."""
        self.url = url.rstrip("/")
        self.machine = machine or assemble(FEATURES, choose("rust"))
        self._http = http or httpx2.Client(base_url=self.url, timeout=timeout_s)
        self._chain: Chain | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    @property
    def chain(self) -> Chain:
        """The node's ledger, as signing needs it."""
        if self._chain is None:
            self._chain = Chain(self.machine.body, ChainId(self.status()["chain_id"]))
        return self._chain

    def signer(self, key: SigningKey, party: int, *, valid_ms: int = VALID_MS) -> Signer:
        """A signer for this ledger that goes on after the highest sequence that the key has used."""
        return Signer(self.chain, party, key, first_sequence=self.next_sequence(key), valid_ms=valid_ms)

    def next_sequence(self, key: SigningKey) -> int:
        """The number after the highest that the ledger says this key has used; 1 for a key that it does not know."""
        row = self.row("key_windows", key.key_id.hex())["row"]
        return int(row["highest"]) + 1 if row else 1

    def submit(self, signed: Signed, *, time_ms: int | None = None) -> Receipt:
        """Send one transaction and wait until its receipt is on disk.

        `time_ms` only where the ledger's clock is driven.
        """
        return replies.receipt(self._post("/v1/transactions", to_cose(signed), COSE, time_ms))

    def submit_many(self, signed: Sequence[Signed], *, time_ms: int | None = None) -> list[Receipt | Problem]:
        """Send transactions in batches of up to 1,000, each judged alone; the answers in the same order."""
        answers: list[Receipt | Problem] = []
        for start in range(0, len(signed), BATCH_MAX):
            data = to_batch(self.machine.batch, signed[start : start + BATCH_MAX])
            results = self._post("/v1/batches", data, CBOR, time_ms)["results"]
            answers += [_result(one) for one in results]
        return answers

    def receipt(self, identity: str) -> ReceiptPlace | None:
        """What the node tells everybody of the receipt of that identity (hex); None where there is none."""
        given = self._get(f"/v1/receipts/{identity}", absent="receipt-not-found")
        return None if given is None else replies.receipt_place(given)

    def status(self) -> dict[str, Any]:
        """The ledger's id, height, roots, and how the node runs."""
        return dict(self._get("/v1/status"))

    def genesis(self) -> dict[str, Any]:
        """The first state's acts."""
        return dict(self._get("/v1/genesis"))

    def row(self, table: str, *key: int | str) -> dict[str, Any]:
        """A row of a public table: `row` is None where there is none. Key fields as numbers or hex."""
        return dict(self._get("/v1/rows/" + "/".join((table, *map(str, key)))))

    def prove_row(self, table: str, *key: int | str) -> str:
        """A proof file for a row of a public table, or for its absence where that shows no row but public ones."""
        return self._text("/v1/proofs/rows/" + "/".join((table, *map(str, key))))

    def prove_receipt(self, identity: str) -> str:
        """A proof file for a receipt, its verdict shown."""
        return self._text(f"/v1/proofs/receipts/{identity}")

    def check_proof(self, text: str, operator_public_key: bytes) -> Checked:
        """Verify a proof file, here and with nothing of what the node says."""
        return check_proof(text, operator_public_key, self.machine)

    def checkpoint(self) -> str:
        """The receipts log's head as a signed note."""
        return self._text("/checkpoint")

    def _get(self, path: str, absent: str | None = None) -> Any:
        try:
            return self._request("GET", path).json()
        except Problem as problem:
            if absent is not None and problem.code == absent:
                return None
            raise

    def _text(self, path: str) -> str:
        return self._request("GET", path).text

    def _post(self, path: str, content: bytes, headers: dict[str, str], time_ms: int | None) -> Any:
        params = None if time_ms is None else {"time_ms": str(time_ms)}
        return self._request("POST", path, content=content, headers=headers, params=params).json()

    def _request(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            response = self._http.request(method, path, **request)
        except httpx2.InvalidURL as error:
            raise ClientError(f"{self.url}: {error}") from error
        except httpx2.HTTPError as error:
            raise Unreachable(f"{self.url}: no answer: {str(error) or type(error).__name__}") from error
        if response.status_code >= 400:
            raise _refusal(response)
        return response


def _result(one: dict[str, Any]) -> Receipt | Problem:
    return replies.receipt(one["receipt"]) if "receipt" in one else _problem(one["problem"])


def _refusal(response: httpx2.Response) -> Problem:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or "code" not in body:
        text = response.text[:200]
        return Problem(response.status_code, "no-problem", f"HTTP status {response.status_code}", text)
    problem = _problem(body)
    retry_after = response.headers.get("retry-after", "")
    problem.retry_after = int(retry_after) if retry_after.isdecimal() else None
    return problem


def _problem(body: dict[str, Any]) -> Problem:
    status = int(body.get("status", 0))
    kind = {429: Busy, 503: NotReady}.get(status, Problem)
    return kind(status, str(body.get("code", "")), str(body.get("title", "")), str(body.get("detail", "")), body)
