"""A node as a process of its own, started by the command that people use."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STOP_S = 30


@dataclass
class Process:
    """A node that listens."""

    url: str
    data: Path
    key_file: Path
    operator: bytes
    """Its public key."""
    popen: subprocess.Popen[str]
    log: Path

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and give the exit code."""
        self.popen.send_signal(how)
        return self.popen.wait(STOP_S)

    def logged(self) -> list[dict[str, object]]:
        """Its log: one JSON object a line."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `yuzhong` with these words to its end."""
    return subprocess.run(
        [sys.executable, "-m", "yuzhong", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=_environment(environment),
    )


@contextmanager
def start(data: Path, *words: str, **environment: str) -> Iterator[Process]:
    """A node on `data` and a free port; killed at the end unless it was stopped."""
    log = data.with_name(data.name + ".log")
    with log.open("a", encoding="utf-8") as errors:
        popen = subprocess.Popen(
            [sys.executable, "-m", "yuzhong", "node", "--json", "--data", str(data), "--listen", "127.0.0.1:0", *words],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=_environment(environment),
        )
    assert popen.stdout is not None
    try:
        line = popen.stdout.readline()
        assert line, log.read_text(encoding="utf-8")
        said = json.loads(line)
        operator = bytes.fromhex(said["operator_public_key"])
        yield Process(said["url"], data, Path(said["operator_key_file"]), operator, popen, log)
    finally:
        popen.kill()
        popen.wait(STOP_S)
        popen.stdout.close()


def _environment(more: dict[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("YUZHONG_")}
    return {**plain, **more}
