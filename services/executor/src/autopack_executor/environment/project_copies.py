"""Whether an environment holds a part of the project itself, and so fits one tree only."""

from collections.abc import Iterable
from pathlib import Path

from autopack_executor.environment.import_roots import importable_modules
from autopack_executor.environment.interpreter import Distribution, Interpreter


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


def _is_local_copy(distribution: Distribution, tree: Path) -> bool:
    if not distribution.url.startswith("file:"):
        return distribution.url == "unreadable"
    inside = distribution.url == f"file://{tree}" or distribution.url.startswith(f"file://{tree}/")
    return not (distribution.editable and inside)


def _stray_entries(hook: Path, tree: Path, prefix: Path) -> list[str]:
    lines = [line.strip() for line in hook.read_text(errors="replace").splitlines()]
    targets = [Path(line) for line in lines if line and not line.startswith(("#", "import ", "import\t"))]
    return [
        f"{hook}: {target}"
        for target in targets
        if target.is_absolute() and not target.is_relative_to(tree) and not target.is_relative_to(prefix)
    ]
