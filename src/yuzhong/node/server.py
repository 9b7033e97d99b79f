"""A node as a process: opened, served over HTTP, and stopped in good order on SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator

import h11
import msgspec
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from yuzhong.catalogue import FEATURES
from yuzhong.node import problems
from yuzhong.node.config import Config, ConfigError
from yuzhong.node.founding import default_genesis, genesis_from_file
from yuzhong.node.http import make_app
from yuzhong.node.http_guard import problem_response
from yuzhong.node.problems import MEDIA_TYPE, Problem
from yuzhong.node.solo import Node

SWITCH_S = 0.0005
"""How long one thread may keep the others waiting.

An order's answer crosses four threads; whoever computes meanwhile must let them through sooner than after the 5 ms that
are Python's default.
"""

log = logging.getLogger("yuzhong.http")


def open_node(config: Config) -> Node:
    """The node that a configuration describes, founded on first use.

    Raises what `Node.open` raises, and ConfigError.
    """
    genesis = genesis_from_file(config.genesis, config.name) if config.genesis else default_genesis(config.name)
    return Node.open(config.data, features=FEATURES, genesis=genesis, kernels=config.kernels, options=config.options)


def run(config: Config, on_ready: Callable[[Node, str], None]) -> int:
    """Serve until a signal comes; the exit code. `on_ready` gets the node and its URL."""
    listener = bind(config)
    sys.setswitchinterval(SWITCH_S)
    with contextlib.closing(listener):
        node = open_node(config)
        try:
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            make_server(node, config, lambda: on_ready(node, f"http://{shown}:{port}")).run(sockets=[listener])
        finally:
            node.stop()
    return 1 if node.failure else 0


def bind(config: Config) -> socket.socket:
    """The socket to listen on. Raises ConfigError where the address cannot be had."""
    host, port = config.address
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ConfigError(f"cannot listen on {config.listen}: {error.strerror}") from error
    return listener


def make_server(node: Node, config: Config, on_started: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """A server for that node, with the configuration's limits. `on_started` is called once it listens."""
    return NodeServer(
        node,
        on_started,
        uvicorn.Config(
            make_app(node, config),
            http=type("Protocol", (PatientProtocol,), {"head_s": config.request_s, "most": config.connections}),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=config.keep_alive_s,
            timeout_graceful_shutdown=config.stop_s,
            h11_max_incomplete_event_size=32_768,
        ),
    )


class NodeServer(uvicorn.Server):
    """Ends on a signal without dying of it, and when the node has failed."""

    def __init__(self, node: Node, on_started: Callable[[], None], config: uvicorn.Config) -> None:
        super().__init__(config)
        self._node = node
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT as the wish to stop; a second one does not wait for requests under way."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, *_: object) -> None:
        """Note the wish to stop."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Whether to end now."""
        if self._node.failure is not None and not self.should_exit:
            log.error("the node has failed: %s", self._node.failure)
            return True
        return await super().on_tick(counter)


async def crowded(scope: Scope, receive: Receive, send: Send) -> None:
    """The application of connections beyond the limit."""
    problem = Problem(problems.CROWDED, "Close connections that are not needed, or try again.")
    await problem_response(problem)(scope, receive, send)


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with our refusals, which closes a connection on which no whole request head arrives in time."""

    head_s = 10
    most = 512
    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base class has it
        super().connection_made(transport)
        if len(self.connections) > self.most:
            self.app = crowded
        self._waits = self.loop.call_later(self.head_s, self._give_up)

    def data_received(self, data: bytes) -> None:
        if self._waits is None and self._is_idle():
            self._waits = self.loop.call_later(self.head_s, self._give_up)
        super().data_received(data)
        if self._waits is not None and not self._is_idle():
            self._waits.cancel()
            self._waits = None

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        body = msgspec.json.encode(Problem(problems.MALFORMED, msg).body())
        headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(body))), ("connection", "close")]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waits is not None:
            self._waits.cancel()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _give_up(self) -> None:
        self._waits = None
        if self._is_idle() and not self.transport.is_closing():
            self.transport.close()
