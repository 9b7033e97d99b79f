"""The shim sees everything that a program does to the folder it watches, and makes fail what it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.faults.disk_model import DiskModel, Unsupported
from tests.faults.preload import NoShim, Watch, build_shim
from tests.faults.trace import Op, read_trace

try:
    build_shim()
except NoShim as error:
    pytest.skip(str(error), allow_module_level=True)

BUSY = """
import os, random, shutil, sqlite3, sys, threading
from pathlib import Path
root = Path(sys.argv[1]); os.chdir(root)
chance = random.Random(int(sys.argv[2]))
kept = Path("kept"); fd = os.open("kept", os.O_RDWR); copy = os.dup(fd)
os.pwrite(copy, b"dup", 1); os.lseek(fd, 5, 0); os.write(fd, b"write")
os.writev(fd, [b"ve", b"ctor"]); os.pwritev(fd, [b"at", b"place"], 40)
os.posix_fallocate(fd, 0, 9_000); os.ftruncate(fd, 8_192); os.truncate("kept", 8_000)
if os.fork() == 0:
    os.pwrite(fd, b"child", 100); os._exit(0)
os.wait()
folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
os.mkdir("made", dir_fd=folder)
inner = os.open("made/file", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=folder)
os.write(inner, b"inner"); os.fsync(inner); os.close(inner)
os.rename("made", "renamed"); os.replace("renamed/file", "renamed/other")
os.link("renamed/other", "linked"); os.fsync(folder)
with open("appended", "ab") as file: file.write(b"one"); file.flush(); file.write(b"two")
with open("appended", "r+b") as file: file.seek(1); file.write(b"N")
Path("text").write_text("x" * 100_000); Path("text").write_text("y")
shutil.copyfile("text", "copied"); shutil.copytree("renamed", "tree")
os.unlink("linked"); os.mkdir("empty"); os.rmdir("empty"); shutil.rmtree("tree")
def scribble(name):
    own = random.Random(name)
    fd = os.open(name, os.O_RDWR | os.O_CREAT)
    for _ in range(200):
        os.pwrite(fd, own.randbytes(own.randrange(2_000)), own.randrange(50_000))
        if own.random() < 0.05: os.fdatasync(fd)
        if own.random() < 0.05: os.ftruncate(fd, own.randrange(50_000))
threads = [threading.Thread(target=scribble, args=(f"thread{n}",)) for n in range(4)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
for _ in range(300):
    name, other = f"f{chance.randrange(8)}", f"f{chance.randrange(8)}"
    act = chance.randrange(4)
    if act == 0: Path(name).write_bytes(chance.randbytes(chance.randrange(3_000)))
    elif Path(name).exists() and act == 1: os.rename(name, other)
    elif Path(name).exists() and act == 2: os.remove(name)
    elif Path(name).exists():
        with open(name, "r+b") as file: file.seek(chance.randrange(3_000)); file.write(chance.randbytes(700))
base = sqlite3.connect("base.sqlite"); base.execute("CREATE TABLE t (a, b)")
base.executemany("INSERT INTO t VALUES (?, ?)", [(n, "x" * n) for n in range(500)]); base.commit(); base.close()
"""


def run(script: str, watch: Watch, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(watch.root), *map(str, arguments)],
        env=watch.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def on_disk(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    root = tmp_path / "root"
    root.mkdir()
    (root / "kept").write_bytes(b"kept from before")
    return Watch(root.resolve(), tmp_path / "trace")


@pytest.mark.parametrize("seed", range(5))
def test_from_the_trace_the_model_knows_every_byte_on_the_disk(watch: Watch, seed: int) -> None:
    assert watch.trace is not None
    model = DiskModel(watch.root, Random(seed))
    done = run(BUSY, watch, seed)
    assert done.returncode == 0, done.stderr
    model.play(read_trace(watch.trace))
    seen, real = model.as_seen(), on_disk(watch.root)
    assert sorted(seen) == sorted(real)
    assert [name for name in seen if seen[name] != real[name]] == []
    assert len(real) > 10


def test_syncs_of_files_and_folders_are_written_down_and_other_files_are_not(watch: Watch, tmp_path: Path) -> None:
    script = f"""
import os, sys
os.chdir(sys.argv[1])
for path in ("new", {str(tmp_path / "outside")!r}):
    fd = os.open(path, os.O_RDWR | os.O_CREAT); os.write(fd, b"x"); os.fdatasync(fd); os.fsync(fd)
os.fsync(os.open(".", os.O_RDONLY))
"""
    assert watch.trace is not None
    assert run(script, watch).returncode == 0
    assert [event.op for event in read_trace(watch.trace)] == [Op.OPEN, Op.WRITE, Op.SYNC, Op.SYNC, Op.SYNC_FOLDER]


def test_with_broken_syncs_none_is_written_down_and_all_are_answered_with_success(watch: Watch) -> None:
    assert watch.trace is not None
    done = run(BUSY, Watch(watch.root, watch.trace, break_sync=True), 0)
    assert done.returncode == 0, done.stderr
    ops = [event.op for event in read_trace(watch.trace)]
    assert Op.WRITE in ops
    assert not {Op.SYNC, Op.SYNC_FOLDER, Op.SYNC_ALL} & set(ops)


def test_a_process_dies_in_place_of_the_operation_it_was_told(watch: Watch) -> None:
    script = "import os, sys; os.chdir(sys.argv[1]); [os.mkdir(f'd{n}') for n in range(9)]"
    assert watch.trace is not None
    done = run(script, Watch(watch.root, watch.trace, die_before=(Op.MKDIR, 4)))
    assert done.returncode == -signal.SIGKILL
    assert sorted(path.name for path in watch.root.iterdir()) == ["d0", "d1", "d2", "kept"]
    assert [event.op for event in read_trace(watch.trace)] == [Op.MKDIR] * 3


def test_while_the_flag_is_there_what_it_says_fails_and_a_full_disk_takes_a_part_first(
    watch: Watch, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    flag.write_text("28 write allocate name")
    script = """
import os, sys
os.chdir(sys.argv[1])
fd = os.open("kept", os.O_RDWR)
def error(act, *args):
    try: return act(*args)
    except OSError as error: return error.errno
print(os.pwrite(fd, b"12345678", 0), error(os.pwrite, fd, b"1", 0), error(os.posix_fallocate, fd, 0, 99))
print(error(os.mkdir, "d"), error(os.open, "n", os.O_CREAT | os.O_WRONLY), os.fdatasync(fd))
os.unlink(sys.argv[2]); print(os.pwrite(fd, b"12345678", 0), os.mkdir("d"))
"""
    done = run(script, Watch(watch.root, watch.trace, flag=flag), flag)
    assert done.stdout.split() == "4 28 28 28 28 None 8 None".split(), done.stderr
    flag.write_text("5 sync")
    failing = "import os, sys; os.fsync(os.open(sys.argv[1] + '/kept', os.O_RDWR))"
    assert "Errno 5" in run(failing, Watch(watch.root, watch.trace, flag=flag)).stderr


@pytest.mark.parametrize(
    ("act", "name"),
    [
        ("os.open('kept', os.O_RDWR | os.O_DSYNC)", "O_DSYNC"),
        ("os.symlink('kept', 'link')", "symbolic link"),
        ("os.rename('kept', '../gone')", "across the root"),
        ("ctypes.CDLL(None).fopen(b'kept', b'w')", "fopen"),
    ],
)
def test_what_cannot_be_followed_is_said(watch: Watch, act: str, name: str) -> None:
    assert watch.trace is not None
    model = DiskModel(watch.root, Random(0))
    assert run(f"import ctypes, os, sys; os.chdir(sys.argv[1]); {act}", watch).returncode == 0
    with pytest.raises(Unsupported, match=name):
        model.play(read_trace(watch.trace))


def test_a_shared_mapping_for_writing_is_named(watch: Watch) -> None:
    assert watch.trace is not None
    model = DiskModel(watch.root, Random(0))
    act = "import mmap, os, sys; mmap.mmap(os.open(sys.argv[1] + '/kept', os.O_RDWR), 4)"
    assert run(act, watch).returncode == 0
    model.play(read_trace(watch.trace))
    assert model.mapped == ["kept"]
