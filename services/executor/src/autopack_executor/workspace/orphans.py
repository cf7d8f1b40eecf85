"""Cleans up what executors left that did not live to do it themselves."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.workspace import processes
from autopack_executor.workspace.folders import SIDE_FOLDERS, Owner
from autopack_executor.workspace.home import Home, read_owner
from autopack_executor.workspace.lock import try_lock
from autopack_model.errors import AutopackError
from autopack_rpc.files import remove_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a sweep did: the runs that it ended and cleared, and for each run or path that it could not clear, why.
    Both sorted.
    """

    swept: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def sweep(
    home: Home,
    forget_worktree: Callable[[Path, Path], None],
    record_end: Callable[[str], None] = lambda run_id: None,
) -> Sweep:
    """End and clear every run whose owner is dead. A run with a living owner is never touched, and of two sweeps at
    once each run is cleared by one.

    ``forget_worktree`` gets the repository and the path of each worktree that is left; an AutopackError from it
    leaves that run for the next sweep, and so does one from ``record_end``, which gets the run's name when nothing else
    of it is left.
    """
    swept, problems = [], []
    for directory in sorted(home.runs.iterdir()):
        lock = try_lock(directory / "lock")
        if lock is None:
            continue
        try:
            owner = read_owner(directory)
            if owner is not None:
                _end(owner)
                _clear(home, owner, forget_worktree)
                record_end(owner.run_id)
                swept.append(owner.run_id)
            _release_slots(home, directory.name)
            remove_tree(directory)
        except (AutopackError, OSError) as error:
            problems.append((directory.name, str(error)))
        finally:
            os.close(lock)
    problems.extend((str(path), "cannot be deleted; delete it by hand") for path in home.empty_trash())
    return Sweep(swept=tuple(swept), problems=tuple(sorted(problems)))


def _end(owner: Owner) -> None:
    for child in owner.children:
        # A number alone may be another process by now; number and start time together are never reused.
        if child.started and processes.start_time(child.pid) == child.started:
            processes.kill_group(child.pid, signal.SIGKILL)
    processes.kill_marked(owner.token)


def _clear(home: Home, owner: Owner, forget_worktree: Callable[[Path, Path], None]) -> None:
    slot = home.slots / owner.slot
    if not slot.is_symlink() or slot.readlink() != Path(owner.run_id):
        return  # killed while it closed: the slot was free already, and may be another run's by now
    repository = Path(owner.repository)
    for side in SIDE_FOLDERS:
        tree = home.workspaces / owner.slot / side / "tree"
        if tree.exists() and repository.exists():
            forget_worktree(repository, tree)
    home.discard_slot(owner.slot)


def _release_slots(home: Home, run_id: str) -> None:
    """Free the slots of a run whose lock we hold. Its folders go first: a slot with something in it is never free."""
    for slot in sorted(home.slots.iterdir()):
        if slot.is_symlink() and slot.readlink() == Path(run_id):
            home.discard_slot(slot.name)
            slot.unlink()
