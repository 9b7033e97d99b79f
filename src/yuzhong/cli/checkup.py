"""The examinations of `yuzhong doctor`, each a function that tells what it found and, where it matters, what to do."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yuzhong.serving.version import version

GOOD, CARE, MISSING = "ok", "care", "MISSING"
KERNEL_FUNCTIONS = ("RecordCodec", "StateMap", "log_append", "verify_signatures", "cbor_encode", "cbor_decode")
PACKAGES = ("cryptography", "httpx2", "msgspec", "prometheus_client", "starlette", "uvicorn")
SPACE_NEEDED = 256 * 1_048_576
SPACE_ADVISED = 5 * 2**30
SYNCS = 20
SYNC_SLOW_MS = 10
EARLIEST_MS = 1_767_225_600_000
"""2026-01-01: no ledger of this program is older."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    state: str
    """GOOD, CARE (works, but look at it) or MISSING."""
    what: str
    found: str
    advice: str = ""
    """What to do; empty where nothing needs doing."""


def examine(data: Path) -> list[Finding]:
    """Everything, for a node whose data is or will be in that folder."""
    folder = _nearest_folder(data)
    on_folder: tuple[Callable[[Path], Finding], ...] = (_space, _file_system, _sync_speed)
    return [
        Finding(GOOD, "yuzhong", version()),
        _python(),
        _kernels(),
        _packages(),
        _tool(
            "cargo",
            "Rust 1.85 or later",
            "rustup.rs, or your distribution (Debian 13, Ubuntu 25.04: apt install cargo)",
        ),
        _tool("cc", "a C linker", "your distribution (Debian, Ubuntu: apt install gcc libc6-dev)"),
        _cores(),
        _text(),
        *(look(folder) for look in on_folder),
        _clock(),
    ]


def _python() -> Finding:
    found = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info < (3, 11) or sys.implementation.name != "cpython":
        return Finding(
            MISSING, "Python", found, "CPython 3.11 or later is needed; run: make setup PYTHON=/path/to/python3"
        )
    return Finding(GOOD, "Python", found)


def _kernels() -> Finding:
    try:
        module = importlib.import_module("yuzhong._kernels")
    except ImportError as error:
        advice = "In a checkout run: make setup. Elsewhere install a wheel for this machine: pip install yuzhong."
        return Finding(MISSING, "Rust kernels", f"not there: {error}", advice)
    lacking = [name for name in KERNEL_FUNCTIONS if not hasattr(module, name)]
    if lacking:
        return Finding(
            MISSING, "Rust kernels", f"without {', '.join(lacking)}", "They are of another version: make clean setup"
        )
    return Finding(GOOD, "Rust kernels", str(module.__file__))


def _packages() -> Finding:
    lacking = []
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError:
            lacking.append(name)
    if lacking:
        return Finding(MISSING, "Python packages", f"not there: {', '.join(lacking)}", "In a checkout run: make setup")
    return Finding(GOOD, "Python packages", f"{len(PACKAGES)} of {len(PACKAGES)}")


def _tool(name: str, what: str, source: str) -> Finding:
    path = shutil.which(name)
    if path is None and name == "cargo":
        usual = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "bin" / "cargo"
        path = str(usual) if usual.exists() else None
    if path is None:
        return Finding(CARE, name, "not found", f"Only building needs {what}: get it from {source}.")
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(
            CARE, name, f"{path} does not run: {error}", f"Only building needs {what}: get it from {source}."
        )
    return Finding(GOOD, name, said.partition("\n")[0])


def _cores() -> Finding:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    advice = "Signatures are verified on one core while another executes: two are better." if count < 2 else ""
    return Finding(CARE if advice else GOOD, "cores", str(count), advice)


def _text() -> Finding:
    encoding = (getattr(sys.stdout, "encoding", None) or "none").lower()
    if encoding.replace("-", "") != "utf8":
        advice = "Files are UTF-8 in any locale, only what is printed may not be readable: set PYTHONUTF8=1."
        return Finding(CARE, "text output", encoding, advice)
    return Finding(GOOD, "text output", encoding)


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{free / 2**30:.1f} GiB free in {folder}"
    if free < SPACE_NEEDED:
        return Finding(
            MISSING, "disk space", found, "A node stops acknowledging when the disk is full: make room first."
        )
    if free < SPACE_ADVISED:
        return Finding(CARE, "disk space", found, "Orders take about 1 KiB each with their receipts: watch it.")
    return Finding(GOOD, "disk space", found)


def _file_system(folder: Path) -> Finding:
    kind = _mounted(folder)
    if kind in ("tmpfs", "ramfs"):
        advice = (
            "What is written there is gone after a restart of the machine: choose a folder on a disk for a real ledger."
        )
        return Finding(CARE, "file system", f"{kind} (memory)", advice)
    if kind in ("nfs", "nfs4", "cifs", "9p", "fuse.sshfs"):
        return Finding(
            CARE, "file system", kind, "Whether a sync reaches a disk depends on a server: a local disk is safer."
        )
    return Finding(GOOD, "file system", kind or "unknown")


def _sync_speed(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            began = time.perf_counter()
            for _ in range(SYNCS):
                file.write(bytes(4_096))
                file.flush()
                os.fdatasync(file.fileno())
            each_ms = (time.perf_counter() - began) * 1_000 / SYNCS
    except OSError as error:
        return Finding(
            MISSING, "sync", f"{folder}: {error.strerror}", "The data folder must be writable: choose one with --data."
        )
    advice = "Every acknowledgement waits for one: expect slow answers." if each_ms > SYNC_SLOW_MS else ""
    return Finding(CARE if advice else GOOD, "sync", f"{each_ms:.2f} ms each", advice)


def _clock() -> Finding:
    found = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    if time.time_ns() // 1_000_000 < EARLIEST_MS:
        advice = "It is before 2026: set it (e.g. with chrony) before a ledger takes its time from it."
        return Finding(MISSING, "clock", found, advice)
    return Finding(GOOD, "clock", found)


def _nearest_folder(path: Path) -> Path:
    """The folder itself, or the nearest above it that exists."""
    path = path.absolute()
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path


def _mounted(folder: Path) -> str:
    """The type of file system that a folder is on, where /proc tells it."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        place, of = [*line.split(" "), "", ""][1:3]
        place = place.replace("\\040", " ")
        inside = folder.resolve() == Path(place) or Path(place) in folder.resolve().parents
        if inside and len(place) >= len(best):
            best, kind = place, of
    return kind
