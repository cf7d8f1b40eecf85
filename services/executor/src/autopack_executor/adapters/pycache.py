"""Where children keep bytecode: shared per environment, never between trees.

A child finds the bytecode of its interpreter and packages ready, which saves a second on each run. What lies in its
room (tree, TMPDIR) is another matter: two sides have the same path there, and two files may agree in size and second
and still differ, which is all that Python compares. So that part of the cache is a link into the room itself.
"""

from pathlib import Path

from autopack_executor.adapters.sandbox import SidePaths


def link_pycache(cache: Path, paths: SidePaths) -> None:
    """Make ``cache`` a bytecode cache whose part for the room seen at ``paths`` lies in the room."""
    seen = paths.pyc.parent
    link = cache / seen.relative_to(seen.anchor)
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(paths.pyc)
    except FileExistsError:
        if not link.is_symlink() or link.readlink() != paths.pyc:
            raise
