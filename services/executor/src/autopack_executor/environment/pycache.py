"""Where children keep bytecode: shared per environment, never between trees.

A child finds the bytecode of its interpreter and packages ready, which saves a second on each run. What lies in its
folders (tree, TMPDIR) is another matter: two sides have the same path there, and two files may agree in size and second
and still differ, which is all that Python compares. So that part of the cache is a link into the folders itself.
"""

# Thousands of paths pass through here, as text.
# ruff: noqa: PTH211
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from autopack_executor.isolation.sandbox import SidePaths
from autopack_rpc.files import remove_tree

MAX_LINKS = 20_000
# What tests hardly ever import, and the packages of the interpreter below a virtual environment.
_LEFT_OUT = frozenset({"test", "tests", "idlelib", "lib2to3", "pip", "site-packages", "dist-packages"})


def link_pycache(cache: Path, paths: SidePaths, import_path: Iterable[str]) -> None:
    """Make ``cache`` a bytecode cache whose part for the folders seen at ``paths`` lies in the folders.

    A new cache begins with links to the bytecode that is kept beside the modules on ``import_path``. Python replaces
    a link whose bytecode is out of date, and never writes through it.
    """
    if not cache.is_dir():
        _begin(cache, import_path)
    for seen, own in ((paths.pyc.parent, paths.pyc), (paths.tmp, paths.pyc / "tmp")):
        link = cache / seen.relative_to(seen.anchor)
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            link.symlink_to(own)
        except FileExistsError:
            if not link.is_symlink() or link.readlink() != own:
                raise


def _begin(cache: Path, import_path: Iterable[str]) -> None:
    """Make the cache under a temporary name; when another gate was first, its cache stands."""
    begun = cache.with_name(f".{cache.name}.{secrets.token_hex(4)}")
    begun.mkdir(parents=True)
    made: set[str] = set()
    for number, compiled in enumerate(_compiled(import_path)):
        if number >= MAX_LINKS:
            break
        # pkg/__pycache__/module.tag.pyc is pkg/module.tag.pyc in a cache with a prefix.
        directory, name = os.path.split(compiled)
        place = f"{begun}{directory.removesuffix('/__pycache__')}"
        if place not in made:
            Path(place).mkdir(parents=True, exist_ok=True)
            made.add(place)
        os.symlink(compiled, f"{place}/{name}")
    try:
        begun.rename(cache)
    except OSError:
        remove_tree(begun)
        if not cache.is_dir():
            raise


def _compiled(import_path: Iterable[str]) -> Iterator[str]:
    """The bytecode files below the directories of ``import_path``, each once, in a fixed order."""
    visited: set[str] = set()
    pending = sorted(import_path, reverse=True)
    while pending:
        directory = pending.pop()
        if directory in visited:
            continue
        visited.add(directory)
        try:
            with os.scandir(directory) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        if directory.endswith("/__pycache__"):
            yield from (entry.path for entry in found if entry.name.endswith(".pyc") and ".opt-" not in entry.name)
        else:
            pending += [
                entry.path
                for entry in reversed(found)
                if entry.name not in _LEFT_OUT and entry.is_dir(follow_symlinks=False)
            ]
