"""A disk that forgets: from a folder as it was and the trace of what was done to it, what a power cut may leave.

What was synced is there. Of what was not, every sector of 512 bytes is old or new by itself, sizes and names lag
behind in any way that a journal allows, and no two files wait for each other. It is stricter than one file system
alone: what passes here relies on nothing but what POSIX promises.

- *Contents*: a sector holds what it held after some number of the writes to it since the last sync. Sizes (growing,
  cutting off, allocation) happen in order, up to some point, whatever became of the sectors.
- *Names*: creating, renaming, removing are each whole or not at all; those that touch a name in common happen in
  order, up to some point; others in any order. Syncing a folder makes those in it last, syncing a file makes only its
  contents last.
- *A sync that failed* leaves a chance part of what it was to write; the rest no later sync will write either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.disk_files import File
from tests.faults.trace import CREATED, EMPTIED, Event, Op


class Unsupported(Exception):
    """The program did something to a watched file that the model knows nothing of, so no cut of it can be made."""


@dataclass(eq=False, slots=True)
class Folder:
    """A folder's names: those that last, and those that the program sees."""

    lasting: dict[str, Folder | File] = field(default_factory=dict)
    now: dict[str, Folder | File] = field(default_factory=dict)


Place = tuple[Folder, str]


@dataclass(frozen=True, slots=True)
class Names:
    """A change of names that is not synced yet: whole or not at all."""

    at: int
    gone: tuple[Place, ...]
    come: tuple[tuple[Folder, str, Folder | File], ...]

    def places(self) -> list[tuple[int, str]]:
        """The names that it touches, in a form that can be compared."""
        places = [*self.gone, *((folder, name) for folder, name, _ in self.come)]
        return [(id(folder), name) for folder, name in places]

    def happen(self) -> None:
        """Make it last."""
        for folder, name in self.gone:
            folder.lasting.pop(name, None)
        for folder, name, node in self.come:
            folder.lasting[name] = node


class DiskModel:
    """One watched folder, from before the program began."""

    def __init__(self, root: Path, random: Random, at: Path | None = None) -> None:
        """Take in the folder as it lies there: all of that lasts. `at` is where it lay when the trace was written."""
        self._root = (at or root).resolve()
        self._random = random
        self._files: dict[int, File] = {}
        """By inode, from the opening that made the number known."""
        self._pending: list[Names] = []
        self.mapped: list[str] = []
        """Files that were written through shared mappings, which the trace does not see."""
        self.top = self._take_in(root, {})

    def play(self, events: Iterable[Event]) -> None:
        """Do again what was done. Raises Unsupported."""
        for event in events:
            self._play_one(event)

    def after_cut(self) -> dict[str, bytes | None]:
        """Path below the root to contents (None: a folder), as a power cut may leave them. Then the model is spent."""
        for chain in _chains(self._pending):
            for change in chain[: _how_many(len(chain), self._random)]:
                change.happen()
        left: dict[str, bytes | None] = {}
        contents: dict[int, bytes] = {}
        for path, node in _walk(self.top, "", lasting=True):
            if isinstance(node, File) and id(node) not in contents:
                contents[id(node)] = node.after_cut(self._random)
            left[path] = contents[id(node)] if isinstance(node, File) else None
        return left

    def as_seen(self) -> dict[str, bytes | None]:
        """Path below the root to contents (None: a folder), as the program sees them: what lies on the real disk."""
        return {
            path: node.now() if isinstance(node, File) else None for path, node in _walk(self.top, "", lasting=False)
        }

    def _take_in(self, folder: Path, seen: dict[int, File]) -> Folder:
        taken = Folder()
        for path in sorted(folder.iterdir()):
            node: Folder | File
            node = self._take_in(path, seen) if path.is_dir() else seen.setdefault(path.stat().st_ino, _file_of(path))
            taken.lasting[path.name] = taken.now[path.name] = node
        return taken

    def _play_one(self, event: Event) -> None:
        if event.op is Op.UNSUPPORTED:
            raise Unsupported(f"{event.path} {event.other}".strip())
        if event.op is Op.MAP:
            self.mapped.append(event.path.removeprefix(f"{self._root}/"))
        elif event.op is Op.OPEN:
            self._open(event)
        elif event.op in (Op.SYNC_FOLDER, Op.SYNC_ALL):
            self._sync(event)
        elif event.inode:
            self._change_file(event)
        else:
            self._change_names(event)

    def _change_file(self, event: Event) -> None:
        file = self._files.get(event.inode)
        if file is None:
            raise Unsupported(f"{event.op.name} on a file that was opened unseen")
        if event.op is Op.WRITE:
            file.write(event.at, event.first, event.data)
        elif event.op is Op.SIZE:
            file.resize(event.at, event.first)
        elif event.op is Op.ALLOCATE:
            file.grow(event.at, event.first + event.second)
        elif event.op is Op.ZERO:
            inside = max(0, min(event.second, file.size - event.first))
            file.write(event.at, event.first, bytes(inside))
        elif event.op is Op.SYNC:
            file.sync(event.first)
        else:
            file.fail_sync(self._random)

    def _open(self, event: Event) -> None:
        folder, name = self._place(event.path)
        if event.first == CREATED:
            self._files[event.inode] = File()
            self._put(event.at, (), (folder, name, self._files[event.inode]))
            return
        file = folder.now[name]
        if not isinstance(file, File):
            raise Unsupported(f"{event.path} is opened as a file and is none")
        self._files[event.inode] = file
        if event.first == EMPTIED:
            file.resize(event.at, 0)

    def _change_names(self, event: Event) -> None:
        folder, name = self._place(event.path)
        if event.op is Op.MKDIR:
            self._put(event.at, (), (folder, name, Folder()))
        elif event.op in (Op.UNLINK, Op.RMDIR):
            self._put(event.at, ((folder, name),))
        elif event.op is Op.LINK:
            self._put(event.at, (), (*self._place(event.other), folder.now[name]))
        elif event.op is Op.RENAME:
            self._put(event.at, ((folder, name),), (*self._place(event.other), folder.now[name]))

    def _put(self, at: int, gone: tuple[Place, ...], *come: tuple[Folder, str, Folder | File]) -> None:
        for folder, name in gone:
            del folder.now[name]
        for folder, name, node in come:
            folder.now[name] = node
        self._pending.append(Names(at, gone, come))

    def _sync(self, event: Event) -> None:
        """A folder's names, everything, or a file that was opened for reading only."""
        if event.op is Op.SYNC_ALL:
            for file in self._files.values():
                file.sync(event.first)
            self._last([change for change in self._pending if change.at < event.first])
            return
        node = self._node(event.path)
        if isinstance(node, File):
            node.sync(event.first)
            return
        last: list[Names] = []
        for chain in _chains(self._pending):
            ours = [place for place, change in enumerate(chain) if change.at < event.first and _touches(change, node)]
            if ours:
                last += chain[: ours[-1] + 1]
        self._last(sorted(last, key=lambda change: change.at))

    def _last(self, changes: list[Names]) -> None:
        for change in changes:
            change.happen()
        done = {id(change) for change in changes}
        self._pending = [change for change in self._pending if id(change) not in done]

    def _node(self, path: str) -> Folder | File:
        node: Folder | File = self.top
        for name in Path(path).relative_to(self._root).parts:
            if not isinstance(node, Folder):
                raise Unsupported(f"{path} lies below a file")
            node = node.now[name]
        return node

    def _place(self, path: str) -> Place:
        parent = self._node(str(Path(path).parent))
        if not isinstance(parent, Folder):
            raise Unsupported(f"{path} lies below a file")
        return parent, Path(path).name


def write_image(image: dict[str, bytes | None], root: Path) -> None:
    """Lay an image out as a folder, whose files only this user can read."""
    root.mkdir(parents=True)
    for path, content in sorted(image.items()):
        if content is None:
            (root / path).mkdir(mode=0o700)
        else:
            (root / path).write_bytes(content)
            (root / path).chmod(0o600)


def _file_of(path: Path) -> File:
    content = path.read_bytes()
    return File(bytearray(content), [], len(content))


def _how_many(count: int, random: Random) -> int:
    return random.choice((0, count, random.randint(0, count)))


def _touches(change: Names, folder: Folder) -> bool:
    return any(place[0] is folder for place in (*change.gone, *change.come))


def _chains(changes: list[Names]) -> list[list[Names]]:
    """Changes of names that must keep their order among themselves, because they touch a name in common."""
    chain_of: dict[tuple[int, str], list[Names]] = {}
    for change in changes:
        parts = {id(part): part for part in (chain_of.get(place, []) for place in change.places())}
        merged = sorted([other for part in parts.values() for other in part] + [change], key=lambda other: other.at)
        for other in merged:
            for place in other.places():
                chain_of[place] = merged
    return list({id(chain): chain for chain in chain_of.values()}.values())


def _walk(folder: Folder, below: str, *, lasting: bool) -> Iterable[tuple[str, Folder | File]]:
    for name, node in (folder.lasting if lasting else folder.now).items():
        yield below + name, node
        if isinstance(node, Folder):
            yield from _walk(node, f"{below}{name}/", lasting=lasting)
