"""Virtual environments of interpreters old and new: the quick way where there are seeds, else the interpreter's own."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from autopack_executor.environment.creation import create_environment
from autopack_executor.environment.interpreter_probe import probe_interpreter
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.folders import Workspace
from autopack_executor.workspace.home import Home
from autopack_model.identity.value import Side
from tests.recorder.recorded import PYTHONS

ASK = "import sys; print(*sys.version_info[:2])"


def _old_python() -> Path:
    """An interpreter for which virtualenv carries no seeds: one that the tests were given, or of this machine."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [*PYTHONS, shutil.which("python3.8"), *map(str, sorted(pyenv.glob("versions/3.8.*/bin/python")))]
    for python in filter(None, found):
        answer = subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=False)
        if answer.stdout.split() == ["3", "8"]:
            return Path(python)
    pytest.skip("there is no Python 3.8")


def test_an_interpreter_without_seeds_makes_its_own_environment(
    home: Home, sandbox: Sandbox, workspace: Workspace, tmp_path: Path
) -> None:
    """Where virtualenv refuses the interpreter, its own venv makes the environment, pip included."""
    python, folders = _old_python(), workspace.side(Side.BASE)
    variables = {"PATH": os.defpath, "HOME": str(tmp_path)}
    made_from = probe_interpreter(sandbox, folders, python, variables, threading.Event())

    create_environment(
        sandbox,
        folders,
        made_from,
        home.environments / "made",
        cache=home.cache,
        variables=variables,
        cancel=threading.Event(),
    )

    asked = [str(home.environments / "made/bin/python"), "-c", f"import pip; {ASK}"]
    assert "3 8\n" == subprocess.run(asked, capture_output=True, text=True, check=True).stdout
