"""The submodules of a tree, filled from what the user's clone already holds, never from the network.

What it does not hold stays empty on both sides, as it does in the user's checkout. Only where the change moves such a
submodule there is nothing to compare, and that is refused.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autopack_git.command import Git
from autopack_git.errors import GitFailed, SubmoduleUnavailable
from autopack_git.layout import Layout
from autopack_git.paths import fields, text_of
from autopack_git.scratch import scratch_directory
from autopack_model.identity.value import Side

_SETTING = re.compile(r"submodule\.(.*)\.(path|update)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submodule:
    """One submodule to fill in: its path in the outermost tree, the commit, and the git directory that has it."""

    path: Path
    commit: str
    git_dir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Submodules:
    """The submodules of a tree: those that can be ``filled`` in, outer before inner, and by path the commits of the
    ``missing`` ones, in which others may lie that nobody knows of.
    """

    filled: tuple[Submodule, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A repository that may have submodules: where its objects, module stores and checkout are."""

    git_dir: Path
    stores: tuple[Path, ...]
    checkout: Path


def gitlinks(git: Git, tree: str) -> dict[bytes, str]:
    """The path and commit of every submodule entry of ``tree``, nested ones not."""
    links = {}
    for entry in fields(git.run("ls-tree", "-r", "-z", "--full-tree", tree).stdout):
        description, path = entry.split(b"\t", 1)
        mode, _, commit = description.split(b" ")
        if mode == b"160000":
            links[path] = commit.decode()
    return links


def find_submodules(layout: Layout, tree: str) -> Submodules:
    """The submodules of ``tree``, sorted by path within one repository.

    As for git itself, an entry that ``.gitmodules`` does not name, or whose ``update`` is ``none``, stays an empty
    directory, and is none of them. Raises GitFailed.
    """
    stores = tuple(dict.fromkeys((layout.git_dir / "modules", layout.common_dir / "modules")))
    missing: dict[str, str] = {}
    place = _Place(git_dir=layout.common_dir, stores=stores, checkout=layout.root)
    return Submodules(filled=tuple(_plan(place, tree, Path(), missing)), missing=missing)


def missing_submodules(layout: Layout, base: str | None, head: str) -> dict[Side, tuple[str, ...]]:
    """The paths of the submodules that stay empty on each side, sorted. ``base`` is None where there is none.

    Raises SubmoduleUnavailable when the change from ``base`` to ``head`` is about one of them, GitFailed.
    """
    on_head = find_submodules(layout, head)
    on_base = on_head if base is None else find_submodules(layout, base)
    there = {text_of(os.fsencode(submodule.path)) for submodule in on_head.filled}
    moved = {path: commit for path, commit in on_head.missing.items() if on_base.missing.get(path) != commit}
    moved |= {path: commit for path, commit in on_base.missing.items() if path in there}
    for path, commit in sorted(moved.items()):
        raise SubmoduleUnavailable(
            f"the change is about submodule {path!r}, whose commit {commit} is not present locally; run `git submodule "
            "update --init --recursive` in the checkout and try again (of a repository that is sent to an executor or "
            "cloned by it, submodules are not filled: gate one mounted there)",
            subject=path,
        )
    of_base, of_head = tuple(sorted(on_base.missing)), tuple(sorted(on_head.missing))
    return {Side.BASE: of_base, Side.HEAD: of_head, Side.CROSS: of_head, Side.REVERSE: of_base}


def fill_submodules(submodules: tuple[Submodule, ...], worktree: Path, state: Path) -> None:
    """Write the files of ``submodules`` into ``worktree``. They get no git directory of their own.

    Raises GitFailed.
    """
    for submodule in submodules:
        target = worktree / submodule.path
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GitFailed(f"the submodule directory {target} cannot be made: {error}", subject=str(target)) from error
        if not target.resolve().is_relative_to(worktree.resolve()):
            raise GitFailed(f"the submodule path {submodule.path} leads out of the worktree", subject=str(target))
        with scratch_directory(state) as scratch:
            _objects(submodule.git_dir).at(target).having(
                GIT_WORK_TREE=str(target), GIT_INDEX_FILE=str(scratch / "index")
            ).run("read-tree", "--reset", "-u", submodule.commit)


def _plan(place: _Place, tree: str, prefix: Path, missing: dict[str, str]) -> list[Submodule]:
    git = _objects(place.git_dir)
    links = gitlinks(git, tree)
    if not links:
        return []
    plan = []
    for name, path in sorted(_mapping(git, tree).items(), key=lambda item: item[1]):
        commit = links.get(os.fsencode(path))
        if commit is None:
            continue
        where = prefix / path
        git_dir = _store_of(place, name, path, commit)
        if git_dir is None:
            missing[text_of(os.fsencode(where))] = commit
            continue
        plan.append(Submodule(path=where, commit=commit, git_dir=git_dir))
        inner = _Place(git_dir=git_dir, stores=(git_dir / "modules",), checkout=place.checkout / path)
        plan += _plan(inner, commit, where, missing)
    return plan


def _mapping(git: Git, tree: str) -> dict[str, str]:
    """Name to path of the submodules that ``.gitmodules`` of ``tree`` asks to be checked out."""
    blob = git.attempt("rev-parse", "--verify", "--quiet", f"{tree}:.gitmodules")
    if blob.code != 0:
        return {}
    found = git.attempt("config", "--blob", blob.line, "-z", "--get-regexp", r"^submodule\..*\.(path|update)$")
    if found.code not in (0, 1):
        raise GitFailed(f"the .gitmodules of {tree} cannot be read: {found.complaint}", subject=".gitmodules")
    settings: dict[str, dict[str, str]] = {}
    for entry in fields(found.stdout):
        key, _, value = os.fsdecode(entry).partition("\n")
        parts = _SETTING.fullmatch(key)
        if parts is not None:
            settings.setdefault(parts[1], {})[parts[2]] = value
    return {
        name: setting["path"]
        for name, setting in sorted(settings.items())
        if "path" in setting and setting.get("update") != "none"
    }


def _store_of(place: _Place, name: str, path: str, commit: str) -> Path | None:
    # The name is the candidate's choice: it must not lead out of the store.
    inside = not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
    candidates = [store / name for store in place.stores if inside]
    if os.path.lexists(place.checkout / path / ".git"):
        checkout = Git(directory=place.checkout / path).attempt("rev-parse", "--absolute-git-dir")
        if checkout.code == 0:
            candidates.append(Path(checkout.line))
    for candidate in candidates:
        if candidate.is_dir() and _objects(candidate).attempt("cat-file", "-e", f"{commit}^{{commit}}").code == 0:
            return candidate
    return None


def _objects(git_dir: Path) -> Git:
    return Git(directory=git_dir, variables={"GIT_DIR": str(git_dir)})
