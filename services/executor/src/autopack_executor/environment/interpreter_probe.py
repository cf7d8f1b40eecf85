"""Asks an interpreter what it is, where it has modules, and what is behind a shim."""

import json
import os
import secrets
import tempfile
import threading
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from autopack_executor.environment.interpreter import Distribution, Interpreter, release
from autopack_executor.errors import InterpreterUnusable
from autopack_executor.isolation.child import ChildExit, run_child
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.folders import SideFolders
from autopack_model.errors import Cancelled

OLDEST_PYTHON = (3, 8)
PROBE_TIMEOUT_S = 60.0
TAIL_CHARACTERS = 1000
_SILENT = f"did not answer within {PROBE_TIMEOUT_S:.0f} s"
_NAME_YOURSELF = "import os, sys; open(sys.argv[1], 'wb').write(os.fsencode(sys.executable))"
_NAME_ORIGINS = """
import importlib.util, json, os, sys
library = os.path.join(os.path.dirname(os.path.realpath(os.__file__)), "")
found = {}
for name in sys.argv[2:]:
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        continue
    if spec is None or not spec.has_location or spec.origin is None:
        continue
    path = os.path.realpath(spec.origin)
    if not path.startswith(library) or "site-packages" in path or "dist-packages" in path:
        found[name] = path
json.dump(found, open(sys.argv[1], "w", errors="backslashreplace"))
"""
_PROBE = resources.files("autopack_executor.environment.probe") / "autopack_probe.py"


def probe_interpreter(
    sandbox: Sandbox, folders: SideFolders, executable: Path, variables: Mapping[str, str], cancel: threading.Event
) -> Interpreter:
    """Run ``executable`` in the folders and return how it describes itself.

    Raises InterpreterUnusable when it does not run or is too old, Cancelled.
    """
    answer, log = folders.out / "probe.json", folders.out / "probe.log"
    answer.unlink(missing_ok=True)
    with resources.as_file(_PROBE) as script:
        ended = sandbox.run(
            folders,
            # Isolated: what the project's tree or a PYTHONPATH would add is not part of the interpreter.
            [str(executable), "-I", "-B", str(script), str(sandbox.paths(folders).out / answer.name)],
            variables=variables,
            log=log,
            timeout_s=PROBE_TIMEOUT_S,
            cancel=cancel,
            in_tree=False,
        )
    return _described(executable, answer, log, ended)


def check_interpreter(
    executable: Path, variables: Mapping[str, str], cancel: threading.Event | None = None
) -> Interpreter:
    """As ``probe_interpreter``, outside of any run. Raises InterpreterUnusable, Cancelled."""
    with tempfile.TemporaryDirectory() as name, resources.as_file(_PROBE) as script:
        answer, log = Path(name) / "probe.json", Path(name) / "probe.log"
        ended = _run([str(executable), "-I", "-B", str(script), str(answer)], variables, log, cancel)
        return _described(executable, answer, log, ended)


def find_origins(
    executable: Path, variables: Mapping[str, str], names: tuple[str, ...], cancel: threading.Event
) -> dict[str, str]:
    """Where ``executable`` would import each of the modules ``names`` from, outside of any tree; nothing of what it
    does not have, has in its standard library, or has as a namespace package, and nothing when it does not say.

    Raises Cancelled.
    """
    with tempfile.TemporaryDirectory() as name:
        answer, log = Path(name) / "origins.json", Path(name) / "origins.log"
        ended = _run([str(executable), "-I", "-B", "-c", _NAME_ORIGINS, str(answer), *names], variables, log, cancel)
        if ended.cancelled:
            raise Cancelled(f"cancelled while {executable} was looked at", subject=str(executable))
        if ended.exit_code != 0 or not answer.exists():
            return {}
        found: object = json.loads(answer.read_bytes())
        return {str(module): str(origin) for module, origin in found.items()} if isinstance(found, dict) else {}


def resolve_shim(executable: Path, environ: Mapping[str, str], cancel: threading.Event | None = None) -> Path:
    """The interpreter behind ``executable`` when that is a script (a version manager's shim, which needs the caller's
    HOME and PATH), else ``executable``. Raises InterpreterUnusable, Cancelled.
    """
    with executable.open("rb") as stream:
        if stream.read(2) != b"#!":
            return executable
    variables = {name: value for name, value in environ.items() if not name.startswith("PYTHON")}
    with tempfile.TemporaryDirectory() as name:
        answer, log = Path(name) / "executable", Path(name) / "shim.log"
        ended = _run([str(executable), "-I", "-c", _NAME_YOURSELF, str(answer)], variables, log, cancel)
        if ended.cancelled:
            raise Cancelled(f"cancelled while {executable} was looked at", subject=str(executable))
        if ended.exit_code != 0 or not answer.exists():
            how = _SILENT if ended.timed_out else ended.problem or f"ended with exit code {ended.exit_code}"
            said = log.read_text(errors="replace").strip()[-TAIL_CHARACTERS:] or "nothing"
            raise InterpreterUnusable(
                f"{executable} is a script that starts no Python ({how}); name the interpreter itself with --python. "
                f"It said: {said}",
                subject=str(executable),
            )
        return Path(os.fsdecode(answer.read_bytes()))


def _run(argv: list[str], variables: Mapping[str, str], log: Path, cancel: threading.Event | None) -> ChildExit:
    return run_child(
        argv,
        variables=variables,
        marker=f"{secrets.token_hex(16)}.",
        log=log,
        timeout_s=PROBE_TIMEOUT_S,
        cancel=threading.Event() if cancel is None else cancel,
        on_start=lambda _pid: None,
        on_tick=lambda: None,
    )


def _described(executable: Path, answer: Path, log: Path, ended: ChildExit) -> Interpreter:
    if ended.cancelled:
        raise Cancelled(f"cancelled while {executable} was looked at", subject=str(executable))
    said = log.read_text(errors="replace")
    if ended.timed_out or ended.problem:
        raise _unusable(executable, ended.problem or _SILENT, said)
    if ended.exit_code is None:
        raise _unusable(executable, f"was killed by signal {ended.signal}", said)
    return _answer(executable, answer, ended.exit_code, said)


def _answer(executable: Path, answer: Path, exit_code: int, said: str) -> Interpreter:
    if exit_code != 0 or not answer.exists():
        raise _unusable(executable, f"ended with exit code {exit_code}", said)
    found = _from_document(answer.read_bytes())
    if release(found.version) < OLDEST_PYTHON:
        raise InterpreterUnusable(
            f"{executable} is Python {found.version}; name one that is 3.8 or newer with --python",
            subject=str(executable),
        )
    return found


def _unusable(executable: Path, how: str, said: str) -> InterpreterUnusable:
    return InterpreterUnusable(
        f"{executable} {how} when asked to describe itself; name a Python 3.8 or newer with --python. It said: "
        f"{said.strip()[-TAIL_CHARACTERS:] or 'nothing'}",
        subject=str(executable),
    )


def _from_document(content: bytes) -> Interpreter:
    """The description that our own probe wrote. Raises InterpreterUnusable when something else wrote it."""
    try:
        match json.loads(content):
            case {
                "executable": str(executable),
                "implementation": str(implementation),
                "version": str(version),
                "build": str(build),
                "platform": str(platform),
                "prefix": str(prefix),
                "base_prefix": str(base_prefix),
                "path": list(path),
                "hooks": list(hooks),
                "start_hooks": list(start_hooks),
                "distributions": list(distributions),
            } if executable:
                return Interpreter(
                    executable=Path(executable),
                    implementation=implementation,
                    version=version,
                    build=build,
                    platform=platform,
                    prefix=Path(prefix),
                    base_prefix=Path(base_prefix),
                    path=tuple(str(entry) for entry in path),
                    hooks=tuple((str(name), str(digest)) for name, digest in hooks),
                    start_hooks=tuple(str(name) for name in start_hooks),
                    distributions=tuple(
                        Distribution(
                            name=str(found["name"]),
                            version=str(found["version"]),
                            url=str(found["url"]),
                            editable=bool(found["editable"]),
                            record=str(found["record"]),
                            requires=tuple(str(name) for name in found["requires"]),
                        )
                        for found in distributions
                    ),
                )
    except (KeyError, TypeError, ValueError) as error:
        raise InterpreterUnusable(f"the interpreter described itself unintelligibly: {error}") from error
    raise InterpreterUnusable("the interpreter described itself unintelligibly; name another with --python")
