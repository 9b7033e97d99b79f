"""A real node as a process on loopback: `yuzhong node`, started, asked whether it is ready, killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "yuzhong", "node")
SETTINGS = {"YUZHONG_SEGMENT_BYTES": "65536", "YUZHONG_SNAPSHOT_BLOCKS": "10", "YUZHONG_LOG_LEVEL": "warning"}
"""Small, so that files are begun and snapshots taken all the time."""
START_S = 30.0
POLL_S = 0.02


class NotStarted(Exception):
    """The node did not become ready; says what it wrote last."""


class Server:
    """One life of a node."""

    def __init__(self, data: Path, log: Path, environment: Mapping[str, str] | None = None) -> None:
        """Start it; `environment` may hold the shim's."""
        self.data = data
        self._log = log
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [*COMMAND, "--data", str(data), "--listen", f"127.0.0.1:{port}"]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env={**(environment or os.environ), **SETTINGS},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def wait_ready(self) -> bool:
        """Wait until it takes transactions; False where it was killed before.

        Raises NotStarted where it gave up by itself.
        """
        until = time.monotonic() + START_S
        while self.is_alive and time.monotonic() < until:
            if self.ready()[0] == 200:
                return True
            time.sleep(POLL_S)
        if self.process.poll() == -signal.SIGKILL:
            return False
        self.kill()
        raise NotStarted(f"the node did not start: {self.last_words()}")

    def ready(self) -> tuple[int, str]:
        """The status of `/ready`, and what it says; 0 where there is no answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=10) as response:
                return response.status, ""
        except urllib.error.HTTPError as error:
            with error:
                return error.code, str(json.loads(error.read()).get("detail", ""))
        except OSError:
            return 0, ""

    def status(self) -> dict[str, Any]:
        """`/v1/status`. Raises OSError."""
        with urllib.request.urlopen(f"{self.url}/v1/status", timeout=10) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def last_words(self) -> str:
        """The last line that it wrote."""
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.process.returncode}, nothing said"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
