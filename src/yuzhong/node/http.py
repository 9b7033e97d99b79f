"""The node over HTTP: routes and their forms. `make_app` serves any running node, embedded ones too.

Refusals are RFC 9457 problems with a stable `code`. A transaction that was ordered is answered with 200 and its
receipt, also where the ledger rejected it: a rejection is an answer, numbered and provable, and a batch may hold both.
"""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yuzhong.ledger import header, signatures
from yuzhong.ledger.failures import FormError
from yuzhong.ledger.header import PROTOCOL_VERSION
from yuzhong.ledger.shapes import record_shape
from yuzhong.ledger.tables import Privacy
from yuzhong.node import blocks, problems
from yuzhong.node.config import Config
from yuzhong.node.disclosure import shows_public_rows_only
from yuzhong.node.gateway import MESSAGE_MAX_BYTES, Gateway, receipt_place
from yuzhong.node.http_guard import Guard, problem_response, read_body
from yuzhong.node.problems import Problem
from yuzhong.node.prove import committed, read_key, receipt_proof
from yuzhong.node.solo import Node, ProvedRow
from yuzhong.serving import checkpoint, proof_files, values
from yuzhong.serving.checkpoint import Checkpoint
from yuzhong.serving.proof_files import RowProof
from yuzhong.serving.version import version

COSE = "application/cose"
CBOR = "application/cbor"
JSON = "application/json"
PROJECTED_WAIT_S = 2.0
_IDENTITY = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{1,15}")
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


def make_app(node: Node, config: Config | None = None) -> Starlette:
    """The application of one node."""
    config = config or Config()
    guard = Guard()
    serves = Serves(node, Gateway(node, config.rate, config.driven_step_ms), guard, config)
    get = [
        ("/v1/status", serves.status),
        ("/v1/genesis", serves.genesis),
        ("/v1/receipts/{identity}", serves.receipt),
        ("/v1/rows/{table}", serves.row),
        ("/v1/rows/{table}/{key:path}", serves.row),
        ("/v1/proofs/rows/{table}", serves.row_proof),
        ("/v1/proofs/rows/{table}/{key:path}", serves.row_proof),
        ("/v1/proofs/receipts/{identity}", serves.receipt_proof),
        ("/checkpoint", serves.checkpoint),
        ("/tile/{path:path}", serves.tile),
        ("/health", serves.health),
        ("/ready", serves.ready),
        ("/metrics", serves.metrics),
    ]
    post = [("/v1/transactions", serves.transaction), ("/v1/batches", serves.batch)]
    # Routes are tried in this order: what is asked most stands first.
    routes = [Route(path, guard.watch(path, endpoint), methods=["POST"]) for path, endpoint in post]
    routes += [Route(path, guard.watch(path, endpoint), methods=["GET"]) for path, endpoint in get]
    return Starlette(routes=routes, exception_handlers={HTTPException: _not_routed})


async def _not_routed(request: Request, error: Exception) -> Response:
    kind = problems.METHOD if isinstance(error, HTTPException) and error.status_code == 405 else problems.NOT_FOUND
    response = problem_response(Problem(kind, f"{request.method} {request.url.path}"))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


class Serves:
    """What each route does."""

    def __init__(self, node: Node, gateway: Gateway, guard: Guard, config: Config) -> None:
        self._node = node
        self._gateway = gateway
        self._guard = guard
        self._config = config
        self._codecs = blocks.header_codecs(node.machine.kernels)
        self._origin = checkpoint.origin(node.chain_id)
        self._checkpoint = (-1, "")
        self._version = version()

    # Transactions.

    async def transaction(self, request: Request) -> Response:
        """One COSE_Sign1, answered with its receipt once that is on disk."""
        _check_media(request, COSE)
        time_ms = _time(request)
        body = await read_body(request, min(MESSAGE_MAX_BYTES, self._config.body_bytes), self._config.request_s)
        return _json(await self._gateway.submit_one(body, _address(request), time_ms))

    async def batch(self, request: Request) -> Response:
        """A batch, answered with a receipt or a problem for each transaction."""
        _check_media(request, CBOR)
        time_ms = _time(request)
        body = await read_body(request, self._config.body_bytes, self._config.request_s)
        answers = await self._gateway.submit_batch(body, _address(request), time_ms)
        results = [{"problem": one.body()} if isinstance(one, Problem) else {"receipt": one} for one in answers]
        return _json({"results": results})

    # What stands on the ledger.

    async def status(self, _: Request) -> Response:
        """Where the ledger stands, and how the node runs."""
        node, head = self._node, self._node.head
        return _json(
            {
                "chain_id": node.chain_id,
                "height": head.height,
                "time": head.time,
                "app_hash": header.app_hash(head.app).hex(),
                "state_root": head.app.state_root.hex(),
                "receipts_count": head.app.receipts_count,
                "receipts_root": head.app.receipts_root.hex(),
                "protocol_version": PROTOCOL_VERSION,
                "clock": node.genesis.clock.name.lower(),
                "kernels": node.kernels,
                "version": self._version,
                "operator_key": signatures.public_key(node.genesis.operator).hex(),
                "checkpoint_key": checkpoint.verifier_key(self._origin, node.key.public),
            }
        )

    async def genesis(self, _: Request) -> Response:
        """The first state's acts, readable and as the bytes whose hash ends the chain id."""
        genesis = self._node.genesis
        return _json(
            {
                "chain_id": self._node.chain_id,
                "name": genesis.name,
                "clock": genesis.clock.name.lower(),
                "time": genesis.time,
                "operator": genesis.operator.hex(),
                "acts": [values.named(act) for act in genesis.acts],
                "cbor": base64.b64encode(self._node.machine.genesis.encode(genesis)).decode(),
            }
        )

    async def receipt(self, request: Request) -> Response:
        """What everybody who knows the identity may learn of a receipt.

        Whoever has the signed transaction sends it again for the rest.
        """
        answer = await asyncio.to_thread(self._node.receipt, _identity(request))
        if answer is None:
            raise Problem(problems.RECEIPT_NOT_FOUND, "No receipt with this identity is on disk.")
        return _json(receipt_place(self._node.machine.code_name, answer))

    async def row(self, request: Request) -> Response:
        """A row of a public table, from the newest block."""
        fields, proved = await self._prove_row(request)
        head = self._codecs.header_of(proved.block)
        row = None if proved.value is None else self._decode_row(proved.key, proved.value)
        about = {"table": request.path_params["table"], "key": fields, "row": row}
        return _json(about | {"height": head.height, "time": head.time})

    async def row_proof(self, request: Request) -> Response:
        """A proof file for a row of a public table, or for its absence where that shows no row but public ones."""
        fields, proved = await self._prove_row(request)
        table = request.path_params["table"]
        if not shows_public_rows_only(proved.proof, self._node.machine.tables):
            raise Problem(
                problems.PRIVATE,
                f"{table}: there is no such row, but the proof of that would show rows of others. Ask the operator: "
                "`yuzhong ledger prove` on the data folder gives it.",
            )
        ends_in = committed(self._codecs.app_of(proved.block), proved.block)
        return Response(
            proof_files.write(RowProof(ends_in, table, fields, proved.value, proved.proof)), media_type=JSON
        )

    async def receipt_proof(self, request: Request) -> Response:
        """A proof file for a receipt, its verdict shown and its events hidden."""
        text = await asyncio.to_thread(self._receipt_proof, _identity(request))
        return Response(text, media_type=JSON)

    # The receipts log.

    async def checkpoint(self, _: Request) -> Response:
        """The log's head as a signed note."""
        app = self._node.projected.head.app
        if self._checkpoint[0] != app.receipts_count:
            note = Checkpoint(self._origin, app.receipts_count, app.receipts_root)
            self._checkpoint = app.receipts_count, checkpoint.sign(note, self._node.key.public, self._node.key.sign)
        return Response(
            self._checkpoint[1], media_type="text/plain; charset=utf-8", headers={"cache-control": "no-store"}
        )

    async def tile(self, request: Request) -> Response:
        """A tile, as C2SP tlog-tiles has it."""
        found = await asyncio.to_thread(self._node.tiles.serve, request.url.path[1:])
        if found is None:
            raise Problem(problems.NOT_FOUND, "There is no such tile.")
        return Response(found, media_type="application/octet-stream", headers=_FOR_EVER)

    # How the node is.

    async def health(self, _: Request) -> Response:
        """That the process answers."""
        return _json({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        """Whether it takes transactions; 503 with the reason where not."""
        status = self._node.status()
        if not status.ready:
            raise Problem(problems.UNAVAILABLE, status.reason or "not ready")
        return _json({"status": "ready", "height": status.height, "waiting": status.waiting})

    async def metrics(self, _: Request) -> Response:
        """Prometheus' text format."""
        self._node.status()
        text = self._node.metrics.exposition() + self._guard.exposition()
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _prove_row(self, request: Request) -> tuple[dict[str, int | str], ProvedRow]:
        key = request.path_params.get("key", "")
        name = request.path_params["table"]
        try:
            packed, fields = read_key(self._node.machine, name, key.split("/") if key else [])
        except FormError as error:
            raise Problem(problems.NOT_FOUND, str(error)) from error
        table = {table.name: table for table in self._node.machine.tables}[name]
        if table.privacy is not Privacy.PUBLIC:
            raise Problem(problems.PRIVATE, f"{name}: the operator proves such rows with `yuzhong ledger prove`.")
        return fields, await asyncio.to_thread(self._node.prove_row, packed)

    def _decode_row(self, packed: bytes, value: bytes) -> dict[str, Any]:
        number = int.from_bytes(packed[:2], "big")
        table = {table.number: table for table in self._node.machine.tables}[number]
        return values.to_plain(self._node.machine.kernels.codec(record_shape(table.row)).decode(value))

    def _receipt_proof(self, identity: bytes) -> str:
        node = self._node
        answer = node.receipt(identity)
        if answer is None:
            raise Problem(problems.RECEIPT_NOT_FOUND, "No receipt with this identity is on disk.")
        if not node.wait_projected(answer.height, PROJECTED_WAIT_S):
            raise Problem(problems.UNAVAILABLE, "The receipts log's tiles have not come so far yet.")
        synced = node.projected
        path = node.tiles.inclusion_proof(answer.number, synced.head.app.receipts_count)
        ends_in = committed(synced.head.app, synced.block)
        return proof_files.write(receipt_proof(node.machine, ends_in, answer.number, answer.receipt, (), path))


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type=JSON)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _check_media(request: Request, wanted: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        raise Problem(problems.MEDIA, f"The body must be {wanted}, not {given or 'of no stated type'}.", accept=wanted)


def _time(request: Request) -> int | None:
    given = request.query_params.get("time_ms")
    if given is None:
        return None
    if not _TIME.fullmatch(given):
        raise Problem(problems.MALFORMED, "time_ms: milliseconds since 1970 are needed")
    return int(given)


def _identity(request: Request) -> bytes:
    given = request.path_params["identity"]
    if not _IDENTITY.fullmatch(given):
        raise Problem(problems.MALFORMED, "An identity is 64 lower-case hex digits.")
    return bytes.fromhex(given)
