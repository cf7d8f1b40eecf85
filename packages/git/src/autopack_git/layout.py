"""Where a repository lies: its checkout, its git directory, and the git directory that all its worktrees share."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from autopack_git.command import Git, Output
from autopack_git.errors import BareRepository, GitFailed, NotARepository
from autopack_model.errors import BadRequest

OLDEST_GIT = (2, 34)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The absolute paths of one repository. ``git_dir`` differs from ``common_dir`` in a linked worktree."""

    root: Path
    git_dir: Path
    common_dir: Path


def discover(path: Path) -> Layout:
    """The repository whose checkout holds ``path`` (a directory, or a file in one).

    Raises NotARepository, BareRepository, BadRequest (it belongs to somebody else), GitFailed (no usable git).
    """
    directory = path if path.is_dir() else path.parent
    if not os.path.lexists(path) or not directory.is_dir():
        raise NotARepository(f"{path} does not exist; give a directory inside a git checkout", subject=str(path))
    git = Git(directory=directory)
    _check_version(git)
    place = git.attempt("rev-parse", "--is-bare-repository", "--is-inside-work-tree")
    if place.code != 0:
        raise _refusal(path, place)
    bare, inside = place.line.split("\n")
    if inside != "true":
        if bare == "true":
            raise BareRepository(
                f"{path} is a bare repository, without a checkout; run from a clone of it, or from a checkout made "
                "with `git worktree add`",
                subject=str(path),
            )
        raise NotARepository(f"{path} is inside a git directory, not inside a checkout", subject=str(path))
    # One at a time: a path may hold a newline.
    return Layout(
        root=Path(os.path.realpath(git.run("rev-parse", "--show-toplevel").line)),
        git_dir=Path(git.run("rev-parse", "--absolute-git-dir").line),
        common_dir=Path(git.run("rev-parse", "--path-format=absolute", "--git-common-dir").line),
    )


def _check_version(git: Git) -> None:
    answer = git.run("version").line
    found = re.match(r"git version (\d+)\.(\d+)", answer)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GIT:
        wanted = ".".join(str(part) for part in OLDEST_GIT)
        raise GitFailed(f"git is too old: {answer!r}; install git {wanted} or newer", subject="git")


def _refusal(path: Path, output: Output) -> BadRequest | GitFailed:
    complaint = output.complaint
    if "dubious ownership" in complaint or "unsafe repository" in complaint:
        return BadRequest(
            f"git refuses the repository at {path} because it belongs to another user; when you trust it, run `git "
            f"config --global --add safe.directory <its top directory>`. git said: {complaint}",
            subject=str(path),
        )
    if "not a git repository" in complaint:
        return NotARepository(
            f"{path.absolute()} is not inside a git repository; give a directory inside a git checkout",
            subject=str(path),
        )
    return GitFailed(f"git cannot read the repository at {path}: {complaint}", subject=str(path))
