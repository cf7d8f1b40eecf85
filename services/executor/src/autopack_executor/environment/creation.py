"""Makes an empty virtual environment: in a fraction of a second, from seeds that virtualenv carries with it."""

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from autopack_executor.environment.interpreter import Interpreter
from autopack_executor.environment.variables import LOCALE
from autopack_executor.errors import InterpreterUnusable
from autopack_executor.isolation.child import ChildExit
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.folders import SideFolders
from autopack_model.errors import Cancelled

CREATE_TIMEOUT_S: Final = 300.0
TAIL_CHARACTERS: Final = 4096


def create_environment(
    sandbox: Sandbox,
    folders: SideFolders,
    made_from: Interpreter,
    directory: Path,
    *,
    cache: Path,
    variables: Mapping[str, str],
    cancel: threading.Event,
) -> None:
    """Make a virtual environment with pip at ``directory``. ``cache`` keeps the unpacked seeds; ``variables`` are for
    the interpreter's own ``venv``, which is asked where virtualenv has no seeds for it.

    Raises InterpreterUnusable, Cancelled.
    """
    log = folders.out / "venv.log"

    def run(argv: list[str], given: Mapping[str, str]) -> ChildExit:
        ended = sandbox.run(
            folders, argv, variables=given, log=log, timeout_s=CREATE_TIMEOUT_S, cancel=cancel, in_tree=False
        )
        if ended.cancelled:
            raise Cancelled("cancelled while a virtual environment was made", subject=str(made_from.executable))
        return ended

    paths = sandbox.paths(folders)
    own = {
        "PATH": os.defpath,
        "HOME": str(paths.home),
        "TMPDIR": str(paths.tmp),
        "LANG": LOCALE,
        "PYTHONPYCACHEPREFIX": str(cache / "bytecode"),
    }
    seeds = ("--app-data", str(cache / "virtualenv"), "--no-download", "--no-periodic-update", "--no-vcs-ignore")
    quick = [sys.executable, "-m", "virtualenv", "--quiet", *seeds, "--python", str(made_from.executable)]
    if run([*quick, str(directory)], own).exit_code == 0:
        return
    slow = [str(made_from.executable), "-m", "venv", "--clear", str(directory)]
    if run(slow, variables).exit_code != 0:
        said = log.read_text(errors="replace")[-TAIL_CHARACTERS:]
        raise InterpreterUnusable(
            f"{made_from.executable} -m venv failed, so no environment can be made for --setup; install its venv "
            f"and ensurepip modules (python3-venv on Debian) or name another with --python. It said: {said}",
            subject=str(made_from.executable),
        )
