"""Detached worktrees: made, verified and removed without a trace in the repository."""

import os
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autopack_git.command import Git
from autopack_git.errors import GitFailed, SubmoduleUnavailable
from autopack_git.layout import Layout
from autopack_git.lock import repository_lock
from autopack_git.removal import remove_directory
from autopack_git.submodules import fill_submodules, find_submodules
from autopack_model.errors import AutopackError
from autopack_model.suite_run.value import Tree


@contextmanager
def checked_out(
    layout: Layout,
    state: Path,
    tree: Tree,
    path: Path,
    cancel: threading.Event | None = None,
    *,
    without: tuple[str, ...] = (),
) -> Iterator[None]:
    """A detached worktree of ``tree`` at ``path``, which must not exist yet; removed on exit, whatever happened.
    The submodules ``without`` stay empty.

    Raises GitFailed, SubmoduleUnavailable when other submodules are missing, and Cancelled when ``cancel`` is set
    before the files are there.
    """
    if os.path.lexists(path):
        raise GitFailed(f"{path} already exists; a worktree needs a new path", subject=str(path))
    submodules = find_submodules(layout, tree.tree)
    if tuple(sorted(submodules.missing)) != without:
        missing = ", ".join(sorted(set(submodules.missing) ^ set(without)))
        raise SubmoduleUnavailable(
            f"the submodules of {path} came or went since the run began ({missing}); gate again", subject=missing
        )
    place = _absolute(path)
    admin = _register(layout, state, tree, place)
    try:
        git = Git(directory=place, cancel=cancel)
        git.run("reset", "--quiet", "--hard", "--no-recurse-submodules")
        found = git.run("rev-parse", "HEAD", "HEAD^{tree}").line.split("\n")
        if found != [tree.revision, tree.tree]:
            raise GitFailed(f"the worktree at {path} holds {found[1]} instead of {tree.tree}", subject=str(path))
        fill_submodules(submodules.filled, place, state)
        yield
    except BaseException as error:
        try:
            _remove(layout, state, place, admin)
        except (AutopackError, OSError) as problem:
            error.add_note(f"also, its worktree could not be removed: {problem}")
        raise
    _remove(layout, state, place, admin)


def forget(layout: Layout, state: Path, path: Path) -> None:
    """Remove the worktree that a killed executor left at ``path``, registration included. Idempotent.

    A directory at ``path`` that is not a worktree of this repository stays. Raises GitFailed when something that must
    go cannot be removed.
    """
    place = _absolute(path)
    registered = _registrations(layout, place)
    for checkout, admin in registered:
        _remove(layout, state, checkout, admin)
    link = place / ".git"
    if not registered and link.is_file() and _leads_into(link, layout.common_dir / "worktrees"):
        remove_directory(place)


def restore_files(worktree: Path, paths: Iterable[str]) -> None:
    """Write the tracked ``paths`` of ``worktree`` as its index has them; what the index does not have stays."""
    Git(directory=worktree).attempt("checkout-index", "--quiet", "--force", "--", *paths)


def _register(layout: Layout, state: Path, tree: Tree, place: Path) -> Path:
    """Make the worktree without its files; return its registration."""
    # Git names a registration after the last part of the path, which is the same in every run. It is made beside the
    # path under a name that occurs once, then moved there: git keeps the name.
    unique = place.with_name(f"{_prefix(place)}{secrets.token_hex(8)}")
    admin = layout.common_dir / "worktrees" / unique.name
    git = Git(directory=layout.root)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GitFailed(f"no worktree can be made in {place.parent}: {error}", subject=str(place)) from error
    with repository_lock(state, layout.common_dir):
        try:
            git.run("worktree", "add", "--quiet", "--detach", "--no-checkout", str(unique), tree.revision)
            git.run("worktree", "move", str(unique), str(place))
        except BaseException:
            _deregister(layout, unique, admin)
            remove_directory(place)
            raise
    return admin


def _remove(layout: Layout, state: Path, place: Path, admin: Path) -> None:
    """Remove the directory first (this can take long), then its registration under the lock."""
    remove_directory(place)
    with repository_lock(state, layout.common_dir):
        _deregister(layout, place, admin)


def _deregister(layout: Layout, place: Path, admin: Path) -> None:
    remove_directory(place)
    Git(directory=layout.root).attempt("worktree", "remove", "--force", "--force", str(place))
    # Git refuses a registration that the suite damaged. What follows is all that it would do.
    remove_directory(admin)
    # The directory of registrations goes with the last one; other worktrees keep it.
    with suppress(OSError):
        admin.parent.rmdir()


def _registrations(layout: Layout, place: Path) -> list[tuple[Path, Path]]:
    """Directory and registration of the worktree at ``place``, and of those that never got there."""
    directory = layout.common_dir / "worktrees"
    found = []
    for admin in sorted(directory.iterdir()) if directory.is_dir() else []:
        try:
            link = os.fsdecode((admin / "gitdir").read_bytes().rstrip(b"\n"))
        except FileNotFoundError:
            continue
        checkout = (admin / link).parent
        unmoved = admin.name.startswith(_prefix(place)) and checkout == place.with_name(admin.name)
        if checkout == place or unmoved:
            found.append((checkout, admin))
    return found


def _leads_into(link: Path, directory: Path) -> bool:
    target = os.fsdecode(link.read_bytes().strip().removeprefix(b"gitdir: "))
    return Path(os.path.realpath(link.parent / target)).parent == Path(os.path.realpath(directory))


def _prefix(place: Path) -> str:
    return f"{place.name}-autopack-"


def _absolute(path: Path) -> Path:
    return Path(os.path.realpath(path.parent)) / path.name
