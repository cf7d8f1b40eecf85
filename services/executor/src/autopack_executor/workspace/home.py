"""The executor's state directory: everything it keeps between and during runs, scoped by run.

::

    side/                  mount point: the one path at which each side sees its own workspace
    workspaces/<slot>/{b,h}/    tree, tmp, home, pyc and out of the two sides of the run that owns the slot
    slots/<slot>           symbolic link to the run id that owns the slot
    runs/<run_id>/         lock (flock, held by the living owner) and owner.json
    environments/          virtual environments made by setup commands
    pycache/<key>/         bytecode of interpreters and installed packages, by environment
    sources/<key>/         repositories that were sent as bundles or cloned from URLs (``sources``)
    patches/               patches that were sent (``patches``)
    .autonomous_runs/      what runs of those leave for people
    locks/  trash/  cache/

TMPDIR has a short name of its own elsewhere (``short_place``).

The slot numbers are small and used again, so that one gate after the other works at the same paths: where the two
sides cannot have one path, a baseline measured at ``workspaces/00/b`` is still a baseline for the next run.
"""

import contextlib
import json
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

from autopack_executor.errors import ExecutorError
from autopack_executor.workspace import processes
from autopack_executor.workspace.folders import SIDE_FOLDERS, Owner, SideFolders, Workspace
from autopack_executor.workspace.lock import try_lock
from autopack_executor.workspace.short_place import ShortPlace
from autopack_model.errors import BadRequest
from autopack_model.identity.value import check_run_id
from autopack_rpc.files import remove_tree

MAX_SLOTS = 10_000
OWNER_FILE = "owner.json"


class Home:
    """The state directory at ``root`` (created when missing, readable by the user alone)."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.mount_point = self.root / "side"
        self.workspaces = self.root / "workspaces"
        self.slots = self.root / "slots"
        self.runs = self.root / "runs"
        self.environments = self.root / "environments"
        self.pycache = self.root / "pycache"
        self.sources = self.root / "sources"
        self.patches = self.root / "patches"
        self.locks = self.root / "locks"
        self.trash = self.root / "trash"
        self.cache = self.root / "cache"
        self.short_place = ShortPlace(self.root)
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (
            self.mount_point,
            self.workspaces,
            self.slots,
            self.runs,
            self.environments,
            self.pycache,
            self.sources,
            self.patches,
            self.locks,
            self.trash,
            self.cache,
        ):
            directory.mkdir(exist_ok=True)
        self._open_sides: dict[Path, SideFolders] = {}
        self._guard = threading.Lock()

    @contextlib.contextmanager
    def open_run(self, run_id: str, repository: Path) -> Iterator[Workspace]:
        """The workspace of one run, from here on owned by this process, and cleared away on exit.

        ``repository`` is recorded for whoever must clean up after a killed executor. Raises InvalidValue for a bad
        run id, BadRequest when the run is being executed, ExecutorError when a killed executor left it behind and
        nobody swept it yet.
        """
        directory = self.runs / check_run_id(run_id)
        lock = self._claim(run_id, directory)
        try:
            slot = self._take_slot(run_id)
            workspace = Workspace(
                owner_file=directory / OWNER_FILE,
                directory=self.workspaces / slot,
                owner=Owner(
                    run_id=run_id,
                    repository=str(repository),
                    slot=slot,
                    token=secrets.token_hex(16),
                    pid=os.getpid(),
                    started=processes.start_time(os.getpid()) or "",
                    children=(),
                ),
                place=self.short_place,
            )
            try:
                workspace.prepare()
                with self._registered(workspace):
                    yield workspace
            finally:
                processes.kill_marked(workspace.owner.token)
                workspace.release()
                # Without its owner file the run is over, and no sweep will report it as left behind.
                if not workspace.left:
                    (directory / OWNER_FILE).unlink(missing_ok=True)
                self.discard_slot(slot)
                (self.slots / slot).unlink()
                if not workspace.left:
                    remove_tree(directory)
        finally:
            os.close(lock)

    def side_folders(self, worktree: Path) -> SideFolders:
        """The open workspace whose tree is ``worktree``. Raises ExecutorError when there is none: worktrees belong at
        ``Workspace.side(...).tree``.
        """
        with self._guard:
            workspace = self._open_sides.get(worktree)
        if workspace is None:
            raise ExecutorError(
                f"{worktree} is not the tree of an open run; check out at the path that the run's workspace names",
                subject=str(worktree),
            )
        return workspace

    def discard_slot(self, slot: str) -> None:
        """Take the folders of the run that has ``slot`` out of the way, as far as there are any."""
        self.short_place.remove(*(self.short_place.folder(slot, side) for side in SIDE_FOLDERS))
        self.discard(self.workspaces / slot)

    def discard(self, path: Path) -> None:
        """Take ``path`` out of the way at once, and delete it as far as possible.

        What cannot be deleted now stays in ``trash`` for ``empty_trash``.
        """
        if not path.exists():
            return
        aside = self.trash / secrets.token_hex(8)
        path.rename(aside)
        with contextlib.suppress(OSError):  # the workspace is free; empty_trash tries again and reports
            remove_tree(aside)

    def empty_trash(self) -> tuple[Path, ...]:
        """Delete what earlier runs could not, and return what still cannot be deleted, sorted."""
        left = []
        for path in sorted(self.trash.iterdir()):
            try:
                remove_tree(path)
            except OSError:
                left.append(path)
        return tuple(left)

    def _claim(self, run_id: str, directory: Path) -> int:
        """Own the run's directory. A sweeper may remove the directory between two steps; then the next try succeeds."""
        for _ in range(100):
            directory.mkdir(exist_ok=True)
            lock = try_lock(directory / "lock")
            if lock is None:
                if directory.exists() and (directory / OWNER_FILE).exists():
                    break
                continue
            if not (directory / OWNER_FILE).exists():
                return lock
            os.close(lock)
            raise ExecutorError(
                f"run {run_id} was left behind by an executor that was killed; start again so that it is cleaned up",
                subject=run_id,
            )
        raise BadRequest(
            f"run {run_id} is being executed already; wait for it or choose another run id", subject=run_id
        )

    def _take_slot(self, run_id: str) -> str:
        for number in range(MAX_SLOTS):
            slot = f"{number:02d}"
            try:
                (self.slots / slot).symlink_to(run_id)
            except FileExistsError:
                continue
            return slot
        raise ExecutorError(f"all {MAX_SLOTS} slots of {self.root} are taken; wait for a run to end", subject=run_id)

    @contextlib.contextmanager
    def _registered(self, workspace: Workspace) -> Iterator[None]:
        with self._guard:
            self._open_sides.update({side.tree: side for side in workspace.sides})
        try:
            yield
        finally:
            with self._guard:
                for side in workspace.sides:
                    self._open_sides.pop(side.tree, None)


def read_owner(directory: Path) -> Owner | None:
    """The owner of the run at ``directory``; None when it has none: it was being opened or closed.

    Raises ExecutorError when there is an owner file that this version does not understand.
    """
    try:
        content = (directory / OWNER_FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Owner.from_document(json.loads(content))
    except ValueError as error:
        raise ExecutorError(
            f"{directory / OWNER_FILE} is not understood ({error}); a newer version may have written it: use that one, "
            "or delete the directory when nothing of the run is left",
            subject=directory.name,
        ) from error
