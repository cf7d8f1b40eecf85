"""Finds the interpreter that the tests run with."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from autopack_executor.errors import InterpreterUnusable


def find_interpreter(requested: Path | None, environ: Mapping[str, str]) -> Path:
    """The executable that ``requested`` names (a path, a virtual environment, a command on PATH), or the active one.

    The result is absolute, and its last link is not resolved: that link is what makes it a virtual environment.
    Raises InterpreterUnusable.
    """
    search = environ.get("PATH", os.defpath)
    if requested is not None:
        return _named(requested, search)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(name):
            return _in_directory(Path(environ[name]), f"${name}")
    for command in ("python3", "python"):
        found = shutil.which(command, path=search)
        if found is not None:
            return Path(found).absolute()
    raise InterpreterUnusable("no python3 or python on PATH; name an interpreter with --python", subject="python3")


def _named(requested: Path, search: str) -> Path:
    if requested.is_dir():
        return _in_directory(requested, "--python")
    if not requested.exists():
        found = shutil.which(str(requested), path=search) if requested.parent == Path() else None
        if found is None:
            raise InterpreterUnusable(
                f"{requested} does not exist; name an interpreter or a virtual environment with --python",
                subject=str(requested),
            )
        return Path(found).absolute()
    if not os.access(requested, os.X_OK):
        raise InterpreterUnusable(
            f"{requested} is not executable; name an interpreter or a virtual environment with --python",
            subject=str(requested),
        )
    return requested.absolute()


def _in_directory(directory: Path, source: str) -> Path:
    for name in ("python", "python3"):
        executable = directory / "bin" / name
        if os.access(executable, os.X_OK):
            return executable.absolute()
    raise InterpreterUnusable(
        f"{source} names {directory}, which holds no bin/python: it is not a virtual environment, or its interpreter "
        "was removed; make it anew or name another with --python",
        subject=str(directory),
    )
