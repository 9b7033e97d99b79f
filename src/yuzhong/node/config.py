"""A node's configuration: one TOML file, environment overrides (`YUZHONG_<KEY>`), then what the command line says.

All of it is checked here: an unknown key is refused by name, a value by what it should be.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yuzhong.ledger.genesis import NAME_MAX_BYTES
from yuzhong.ledger.numbers import DAY_MS
from yuzhong.ledger.transactions import BATCH_MAX_BYTES
from yuzhong.node.clock import LAST_MS
from yuzhong.node.errors import NodeError
from yuzhong.node.logs import LEVELS
from yuzhong.node.options import Options
from yuzhong.serving.values import nearest

PREFIX = "YUZHONG_"
DEFAULTS = Options()
KERNELS = ("rust", "python", "both")
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class ConfigError(NodeError):
    """The configuration cannot be used; says which key, where it was set, and what it takes."""


Check = Callable[[Any], Any]
"""Gives the value to use. Raises ValueError, which says what is needed."""


def _number(low: int, high: int) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return check


def _choice(*words: str) -> Check:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return str(value)

    return check


def _switch(value: Any) -> bool:
    value = WORDS.get(value.lower(), value) if isinstance(value, str) else value
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _path(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError("a path")
    return Path(value)


def ledger_name(value: Any) -> str:
    """What a ledger may be called. Raises ValueError, which says what is needed."""
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value.encode()) <= NAME_MAX_BYTES:
        raise ValueError(f"a name of 1 to {NAME_MAX_BYTES} bytes")
    return value


def _listen(value: Any) -> str:
    host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not host or not (port.isascii() and port.isdecimal() and int(port) <= 65_535):
        raise ValueError('address and port, e.g. "127.0.0.1:8765" or "[::1]:8765"')
    return str(value)


def by(check: Check) -> dict[str, Check]:
    """What checks a key's value, as the field's metadata."""
    return {"check": check}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that can be set. A field's name is its key in the file and, in capitals, in the environment."""

    data: Path = field(default=Path("data"), metadata=by(_path))
    """The data folder, made on first use."""
    listen: str = field(default="127.0.0.1:8765", metadata=by(_listen))
    """Address and port; port 0 takes a free one, which the node prints."""
    kernels: str = field(default="rust", metadata=by(_choice(*KERNELS)))
    """Which implementations run; `both` compares every block."""
    log_level: str = field(default="info", metadata=by(_choice(*LEVELS)))
    name: str = field(default="yuzhong", metadata=by(ledger_name))
    """Of a ledger founded now; its chain id adds a hash."""
    genesis: Path | None = field(default=None, metadata=by(_path))
    """A TOML file with the first state's acts; without it the operator is the only party."""
    body_bytes: int = field(default=BATCH_MAX_BYTES, metadata=by(_number(65_536, 16 * 1_048_576)))
    """Largest request body."""
    connections: int = field(default=512, metadata=by(_number(1, 65_536)))
    """Connections at one time; more get 503."""
    request_s: int = field(default=10, metadata=by(_number(1, 600)))
    """How long a client may take to send a request's head, and then its body."""
    keep_alive_s: int = field(default=60, metadata=by(_number(1, 3_600)))
    """How long an idle connection stays open."""
    stop_s: int = field(default=20, metadata=by(_number(1, 600)))
    """How long a stopping node waits for requests under way."""
    rate: int = field(default=20_000, metadata=by(_number(0, 1_000_000)))
    """Transactions a second that one address may send; 0 for no limit.

    The default is above what a node takes in, so no honest sender meets it, and holds off one that only floods.
    """
    driven_step_ms: int = field(default=366 * DAY_MS, metadata=by(_number(1, LAST_MS)))
    """How far one request may move a driven clock, in milliseconds: time never goes back, so a slip lasts for ever."""
    queue_transactions: int = field(default=DEFAULTS.queue_transactions, metadata=by(_number(1, 10_000_000)))
    """Transactions that may wait for a block; more get 429."""
    queue_bytes: int = field(default=DEFAULTS.queue_bytes, metadata=by(_number(1_048_576, 2**40)))
    queue_questions: int = field(default=DEFAULTS.queue_questions, metadata=by(_number(1, 1_000_000)))
    """Questions about rows that may wait; more get 429."""
    question_ms: int = field(default=DEFAULTS.question_ms, metadata=by(_number(10, 600_000)))
    """How long a question waits before it gets 503."""
    slow_write_ms: int = field(default=DEFAULTS.slow_write_ms, metadata=by(_number(10, 600_000)))
    """A write or sync that takes longer makes the node not ready."""
    unsynced_blocks: int = field(default=DEFAULTS.unsynced_blocks, metadata=by(_number(1, 10_000)))
    """How far execution may run ahead of the disk."""
    segment_bytes: int = field(default=DEFAULTS.segment_bytes, metadata=by(_number(65_536, 2**36)))
    """Size of a preallocated segment file."""
    snapshot_transactions: int = field(default=DEFAULTS.snapshot_transactions, metadata=by(_number(1_000, 2**40)))
    """A snapshot is taken when so many transactions were executed since the last, beside the one at every stop."""
    snapshot_blocks: int = field(default=DEFAULTS.snapshot_blocks, metadata=by(_number(10, 2**40)))
    """The same in blocks."""
    snapshots_kept: int = field(default=DEFAULTS.snapshots_kept, metadata=by(_number(2, 100)))
    watch_invariants: bool = field(default=DEFAULTS.watch_invariants, metadata=by(_switch))
    """Check every invariant after each block; a broken one stops the node."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def options(self) -> Options:
        """What the node itself needs of it."""
        names = [option.name for option in dataclasses.fields(Options) if option.name in KEYS]
        return Options(**{name: getattr(self, name) for name in names})


KEYS = {setting.name: setting for setting in dataclasses.fields(Config)}


def load(
    path: Path | None = None, environment: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Config:
    """The configuration from a file, the environment and the command line, each over the last. Raises ConfigError."""
    settings: dict[str, Any] = {}
    if path is not None:
        settings |= _checked(_read(path), str(path))
    variables = os.environ if environment is None else environment
    found = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
    settings |= _checked({name[len(PREFIX) :].lower(): value for name, value in found.items()}, "environment", PREFIX)
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    return Config(**(settings | _checked(given, "command line")))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _checked(given: Mapping[str, Any], source: str, prefix: str = "") -> dict[str, Any]:
    checked = {}
    for name, value in given.items():
        shown = prefix + name.upper() if prefix else name
        if name not in KEYS:
            raise ConfigError(f"{source}: unknown key {shown}{nearest(name, KEYS)}; keys: {', '.join(KEYS)}")
        check: Check = KEYS[name].metadata["check"]
        try:
            checked[name] = check(value)
        except ValueError as error:
            raise ConfigError(f"{source}: {shown} = {value!r}: {error} is needed") from error
    return checked
