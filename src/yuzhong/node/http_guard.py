"""What every request passes: its body's limits, its count in the metrics, and the one form of every refusal."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from yuzhong.node import problems
from yuzhong.node.errors import Busy, NotTaken, Stopped, Unavailable
from yuzhong.node.metrics import SECONDS
from yuzhong.node.problems import MEDIA_TYPE, RETRY_AFTER_S, Problem, problem_of

Endpoint = Callable[[Request], Awaitable[Response]]

log = logging.getLogger("yuzhong.http")


class Guard:
    """Wraps endpoints: whatever happens inside, the sender gets an answer of the stated form."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("yuzhong_http_requests", "Requests answered", ["route", "status"], registry=registry)
        self._seconds = Histogram(
            "yuzhong_http_seconds", "From head to answer", ["route"], buckets=SECONDS, registry=registry
        )

    def exposition(self) -> bytes:
        """What was counted, in Prometheus' text format."""
        return generate_latest(self._registry)

    def watch(self, route: str, endpoint: Endpoint) -> Endpoint:
        """The endpoint with its refusals and faults turned into problems."""

        async def watched(request: Request) -> Response:
            began = time.perf_counter()
            response = await _answer(route, endpoint, request)
            self._requests.labels(route, str(response.status_code)).inc()
            self._seconds.labels(route).observe(time.perf_counter() - began)
            return response

        return watched


async def _answer(route: str, endpoint: Endpoint, request: Request) -> Response:
    try:
        return await endpoint(request)
    except Problem as problem:
        return problem_response(problem)
    except (Busy, Unavailable, Stopped, NotTaken) as error:
        return problem_response(problem_of(error))
    except ClientDisconnect:
        return problem_response(Problem(problems.MALFORMED, "The request ended before its body did."))
    except Exception:
        log.exception("a request failed", extra={"route": route})
        return problem_response(Problem(problems.INTERNAL, "It is noted in the node's log."))


def problem_response(problem: Problem) -> Response:
    """The answer that carries a problem."""
    headers = {}
    retry_after = RETRY_AFTER_S.get(problem.kind)
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    if problem.kind in (problems.TOO_LARGE, problems.TOO_SLOW, problems.CROWDED):
        # What is left of the body is not read.
        headers["connection"] = "close"
    return Response(msgspec.json.encode(problem.body()), problem.kind.status, headers, MEDIA_TYPE)


async def read_body(request: Request, limit: int, seconds: int) -> bytes:
    """The whole body. Raises Problem where it is longer than `limit` bytes, or takes longer than `seconds`."""
    stated = request.headers.get("content-length", "")
    if stated.isascii() and stated.isdecimal() and int(stated[:20]) > limit:
        raise Problem(problems.TOO_LARGE, f"At most {limit} bytes are taken here.", limit=limit)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise Problem(problems.TOO_LARGE, f"At most {limit} bytes are taken here.", limit=limit)
    except TimeoutError as error:
        raise Problem(problems.TOO_SLOW, f"The body did not arrive within {seconds} s.") from error
    return bytes(body)
