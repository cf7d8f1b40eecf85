"""Whether an environment holds a part of the project itself, and so fits one tree only."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from autopack_executor.environment.import_roots import importable_modules
from autopack_executor.environment.interpreter import Distribution, Interpreter
from autopack_executor.workspace import worktree_content

VERSION_MODULES: Final = frozenset({"_version.py", "__version__.py", "__about__.py"})
"""What a module is called that holds a version and nothing else."""


def project_copies(interpreter: Interpreter, *, tree: Path, files: Iterable[str]) -> tuple[str, ...]:
    """What in the environment of ``interpreter`` comes from the project without being a link to ``tree`` (the path as
    children see it), sorted. ``files`` are the project's files, relative to the tree.

    In doubt it is a copy: a distribution from any local path, a module with the name of a project module, an egg, a
    path entry that leads outside of tree and environment.
    """
    modules = {module.partition(".")[0] for module in importable_modules(files)}
    found = {str(distribution) for distribution in interpreter.distributions if _is_local_copy(distribution, tree)}
    for entry in map(Path, interpreter.path):
        if not entry.is_relative_to(interpreter.prefix):
            continue
        for path in entry.iterdir():
            # Compiled modules carry the platform behind their name: module.cpython-311-x86_64-linux-gnu.so
            module = path.name.partition(".")[0]
            importable = path.suffix in ("", ".py", ".pyc", ".so")
            if (importable and module in modules) or path.suffix == ".egg":
                found.add(str(path))
            elif path.suffix == ".pth":
                found.update(_stray_entries(path, tree, interpreter.prefix))
    return tuple(sorted(found))


def faithful_copies(interpreter: Interpreter, *, tree: Path, worktree: Path) -> dict[str, str]:
    """The modules of the project that are installed in the environment of ``interpreter`` from its own tree, with the
    file of the copy, sorted. Only those whose copy is the same as the file in ``worktree``, which is ``tree`` as
    children see it; a build may write the version into a file that holds nothing else.
    """
    if not any(
        _is_local_copy(found, tree) and found.local and _inside(found, tree) for found in interpreter.distributions
    ):
        return {}
    found: dict[str, str] = {}
    entries = [entry for entry in map(Path, interpreter.path) if entry.is_relative_to(interpreter.prefix)]
    for module, path in importable_modules(worktree_content.paths_below(worktree)).items():
        place = Path(*module.split("."))
        within = place / "__init__.py" if path.endswith("/__init__.py") else place.with_name(f"{place.name}.py")
        for entry in entries:
            if (entry / within).is_file():
                own = (worktree / path).read_bytes()
                if within.name in VERSION_MODULES or (entry / within).read_bytes() == own:
                    found[module] = os.path.realpath(entry / within)
                break
    return found


def _inside(distribution: Distribution, tree: Path) -> bool:
    return distribution.url == f"file://{tree}" or distribution.url.startswith(f"file://{tree}/")


def _is_local_copy(distribution: Distribution, tree: Path) -> bool:
    if not distribution.url.startswith("file:"):
        return distribution.url == "unreadable"
    return not (distribution.editable and _inside(distribution, tree))


def _stray_entries(hook: Path, tree: Path, prefix: Path) -> list[str]:
    lines = [line.strip() for line in hook.read_text(errors="replace").splitlines()]
    targets = [Path(line) for line in lines if line and not line.startswith(("#", "import ", "import\t"))]
    return [
        f"{hook}: {target}"
        for target in targets
        if target.is_absolute() and not target.is_relative_to(tree) and not target.is_relative_to(prefix)
    ]
