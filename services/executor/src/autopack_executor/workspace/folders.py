"""The directories of one run, and the record of which processes it started."""

import contextlib
import itertools
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autopack_executor.workspace import processes
from autopack_executor.workspace.lock import try_shared_lock
from autopack_executor.workspace.short_place import ShortPlace
from autopack_model.canonical import Json
from autopack_model.identity.value import Side
from autopack_rpc.files import remove_tree, write_json

# An identity, so that tests can commit in repositories of their own. A branch is called as git itself calls it unless
# it is told otherwise, as on the machines of continuous integration, and without advice on that. The repository behind
# the tree may belong to another user than the one who runs the tests.
GIT_CONFIG = """\
[user]
\tname = Autopack
\temail = autopack@localhost
[init]
\tdefaultBranch = master
[safe]
\tdirectory = *
"""

SIDE_FOLDERS = ("b", "h")
"""The names of the folders of the base and the head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRecord:
    """A process that was started as the leader of a group of its own, with its ``processes.start_time``."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who works on a run. ``token`` begins the marker of every process of the run; ``slot`` names its workspaces."""

    run_id: str
    repository: str
    slot: str
    token: str
    pid: int
    started: str
    children: tuple[ChildRecord, ...]

    def document(self) -> dict[str, Json]:
        """The JSON form."""
        return {
            "run_id": self.run_id,
            "repository": self.repository,
            "slot": self.slot,
            "token": self.token,
            "pid": self.pid,
            "started": self.started,
            "children": [{"pid": child.pid, "started": child.started} for child in self.children],
        }

    @staticmethod
    def from_document(document: object) -> "Owner":
        """The owner that ``document`` describes. Raises ValueError when it is not one."""
        if not isinstance(document, dict):
            raise ValueError("not an object")
        try:
            return Owner(
                run_id=_text(document, "run_id"),
                repository=_text(document, "repository"),
                slot=_text(document, "slot"),
                token=_text(document, "token"),
                pid=_number(document, "pid"),
                started=_text(document, "started"),
                children=tuple(
                    ChildRecord(pid=_number(child, "pid"), started=_text(child, "started"))
                    for child in document["children"]
                ),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"field {error} is missing or of another type") from error


def _text(document: Mapping[str, object], key: str) -> str:
    value = document[key]
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _number(document: Mapping[str, object], key: str) -> int:
    value = document[key]
    if not isinstance(value, int):
        raise TypeError(key)
    return value


class SideFolders:
    """The directories of one side: ``tree`` (made by the checkout), ``tmp``, ``home`` and ``pyc`` of the child, and
    ``out`` for what the executor and the recorder write. ``short_tmp`` stands for ``tmp`` where there is no namespace.
    """

    def __init__(self, workspace: "Workspace", directory: Path, place: ShortPlace) -> None:
        self.workspace = workspace
        self.directory = directory
        self.short_tmp = place.folder(workspace.owner.slot, directory.name)
        self._place = place
        self.tree = directory / "tree"
        self.out = directory / "out"

    def prepare(self) -> None:
        """Make the directories. ``tree`` is left to the checkout."""
        self.out.mkdir(parents=True, exist_ok=True)
        self.renew()

    def renew(self) -> None:
        """Empty what a child may have written outside of the tree, so that the next one finds nothing of it."""
        for name in ("tmp", "home", "pyc"):
            remove_tree(self.directory / name)
            (self.directory / name).mkdir()
        (self.directory / "home" / ".gitconfig").write_text(GIT_CONFIG)
        (self.directory / "pyc" / "tmp").mkdir()  # where the bytecode of what lies in TMPDIR goes
        self._place.renew(self.short_tmp)


class Workspace:
    """One run's directories and its owner file."""

    def __init__(self, *, owner_file: Path, directory: Path, owner: Owner, place: ShortPlace) -> None:
        self.owner = owner
        self.left = False
        self._owner_file = owner_file
        self._guard = threading.Lock()
        self._numbers = itertools.count(1)
        self._holding = contextlib.ExitStack()
        base, head = (SideFolders(self, directory / name, place) for name in SIDE_FOLDERS)
        # A third side takes the place of the one whose code it has: what was installed for that fits.
        self._sides = {Side.BASE: base, Side.HEAD: head, Side.CROSS: head, Side.REVERSE: base}

    @property
    def sides(self) -> tuple[SideFolders, ...]:
        """Base, then head."""
        return self._sides[Side.BASE], self._sides[Side.HEAD]

    def side(self, side: Side) -> SideFolders:
        """The folders of one side."""
        return self._sides[side]

    def hold(self, lock: Path) -> bool:
        """Share the lock on the file ``lock`` until the run is over, so that nobody drops what it stands for; False
        where it is just being dropped, or there is none.
        """
        descriptor = try_shared_lock(lock)
        if descriptor is None:
            return False
        self._holding.callback(os.close, descriptor)
        return True

    def release(self) -> None:
        """Give back what was held."""
        self._holding.close()

    def leave(self) -> None:
        """See ``ports.Workspace.leave``: the owner file stays when the run is over."""
        self.left = True

    def prepare(self) -> None:
        """Record the owner first, then make the directories: whatever exists has an owner."""
        write_json(self._owner_file, self.owner.document())
        for side in self.sides:
            side.prepare()

    def next_marker(self) -> str:
        """A marker that no other child has; it begins with the run's token."""
        return f"{self.owner.token}-{next(self._numbers)}."

    @contextlib.contextmanager
    def services(self) -> Iterator[str]:
        """A marker for what is to live until the end of the block, and is killed then."""
        marker = self.next_marker()
        try:
            yield marker
        finally:
            processes.kill_marked(marker)

    def record_child(self, pid: int) -> None:
        """Remember a started child for whoever cleans up after this process was killed."""
        child = ChildRecord(pid=pid, started=processes.start_time(pid) or "")
        with self._guard:
            self.owner = replace(self.owner, children=(*self.owner.children, child))
            write_json(self._owner_file, self.owner.document())
