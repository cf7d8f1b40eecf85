"""Which modules of a project its tests cannot import from the tree, unless somebody sees to it.

pytest is started with ``-m`` in the folder, so what lies there comes first. In its default import mode pytest adds the
folder of each test file and ``conftest.py``, or the one above the package that the file is in.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from autopack_executor.environment.import_roots import importable_modules


def modules_off_the_path(paths: Iterable[str], folder: str) -> dict[str, str]:
    """The top-level packages and modules of the tracked files ``paths`` that are on no path of a pytest in ``folder``
    (empty for the top), each with its file; sorted by name. Namespace packages are left out: they may have parts
    elsewhere.
    """
    files = set(paths)
    start = PurePosixPath(folder)
    on_the_path = {start, *(_inserted(PurePosixPath(path), files) for path in files if is_test_file(path))}
    found = {}
    for name, path in importable_modules(files).items():
        file = PurePosixPath(path)
        root = file.parent.parent if file.name == "__init__.py" else file.parent
        if "." not in name and root not in on_the_path and not _is_at(start, name, files):
            found[name] = path
    return found


def is_test_file(path: str) -> bool:
    """Whether pytest takes the file at ``path`` for one of tests, as far as its name tells."""
    name = PurePosixPath(path).name
    return name == "conftest.py" or (name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py")))


def _inserted(path: PurePosixPath, files: set[str]) -> PurePosixPath:
    """The folder that pytest adds for a test file: the first above it that is no package."""
    folder = path.parent
    while str(folder / "__init__.py") in files and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_at(folder: PurePosixPath, name: str, files: set[str]) -> bool:
    return str(folder / f"{name}.py") in files or any(path.startswith(f"{folder / name}/") for path in files)
