"""Virtual environments made by a setup command, cached so that none ever serves a tree that it does not fit.

The rule. An environment is *shared* by all trees with the same interpreter, command, dependency files and tree path
when the setup left nothing in it that belongs to one tree: no copy of a project module, no version taken from the
commit, nothing written into the worktree but ``*.egg-info``. Anything else *binds* it to the exact content of the
tree that it was made from, and another tree gets its own. What the setup wrote into the worktree is kept beside the
environment and put into every worktree that uses it.

An environment cannot be moved, so it is built at its final place and ``complete.json`` is written last; what lies
there without it is a leftover. One lock per shared key keeps two gates from building the same.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.environment.dependency_files import dependency_digest, version_from_commit
from autopack_executor.environment.interpreter import Interpreter, probe_interpreter
from autopack_executor.environment.project_copies import project_copies
from autopack_executor.environment.pycache import link_pycache
from autopack_executor.environment.variables import setup_variables, suite_variables
from autopack_executor.errors import InterpreterUnusable
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace import worktree_content
from autopack_executor.workspace.folders import SideFolders
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.lock import held
from autopack_executor.workspace.worktree_content import WorktreeChanges
from autopack_model.errors import Cancelled
from autopack_model.report.artifact_folder import SETUP_FILE
from autopack_model.suite_run.value import SetupFacts
from autopack_rpc.files import write_json

SCHEMA = 1
CREATE_TIMEOUT_S = 300.0
TAIL_CHARACTERS = 4096
_HEX = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupRequest:
    """What an environment is made from. ``timeout_ms`` (milliseconds) bounds the command."""

    interpreter: Interpreter
    command: str
    timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltEnvironment:
    """The result of a setup. ``interpreter`` and ``variables`` are None when it failed."""

    facts: SetupFacts
    interpreter: Interpreter | None
    variables: dict[str, str] | None


class VirtualEnvironments:
    """Makes and finds virtual environments below ``home.environments``. ``environ`` is the caller's environment."""

    def __init__(self, home: Home, sandbox: Sandbox, environ: Mapping[str, str]) -> None:
        self._home = home
        self._sandbox = sandbox
        self._environ = environ

    def obtain(
        self,
        request: SetupRequest,
        folders: SideFolders,
        *,
        cancel: threading.Event,
        on_wait: Callable[[], None],
        on_tick: Callable[[], None],
    ) -> BuiltEnvironment:
        """The environment for the tree of ``folders``, from the cache or made now. While it is made, ``on_tick`` is
        called about five times a second.

        Raises Cancelled, InterpreterUnusable when no virtual environment can be made at all, EvidenceNotWritten.
        """
        shared_key = self._shared_key(request, folders)
        with held(self._home.locks / f"environment-{shared_key}.lock", cancel=cancel, on_wait=on_wait):
            before = worktree_content.content(folders.tree)
            bound_key = _key({"shared": shared_key, "tree": worktree_content.digest(before)})
            for key in (self._pointer(shared_key), bound_key):
                if key is not None and (reused := self._reuse(self._place(key, folders), request, cancel)) is not None:
                    return reused
            place = self._place(bound_key, folders)
            self._home.discard(place.directory)
            built, shared = self._build(place, request, before, cancel, on_tick)
            if built.interpreter is None:
                self._home.discard(place.directory)
            elif shared:
                write_json(self._pointer_file(shared_key), {"environment": bound_key})
            return built

    def _shared_key(self, request: SetupRequest, folders: SideFolders) -> str:
        made_from = request.interpreter
        return _key(
            {
                "schema": str(SCHEMA),
                "executable": str(made_from.executable),
                "build": made_from.build,
                "platform": made_from.platform,
                "base_prefix": str(made_from.base_prefix),
                "command": request.command,
                "dependencies": dependency_digest(folders.tree, request.command),
                "tree_path": str(self._sandbox.paths(folders).tree),
                **{name: value for name, value in self._environ.items() if name.startswith(("PIP_", "UV_"))},
            }
        )

    def _pointer_file(self, shared_key: str) -> Path:
        return self._home.environments / f"shared-{shared_key}.json"

    def _pointer(self, shared_key: str) -> str | None:
        try:
            document = json.loads(self._pointer_file(shared_key).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        key = document.get("environment") if isinstance(document, dict) else None
        return key if isinstance(key, str) and _HEX.fullmatch(key) else None

    def _place(self, key: str, folders: SideFolders) -> "_Place":
        directory = self._home.environments / key
        paths = self._sandbox.paths(folders)
        return _Place(
            directory=directory,
            folders=folders,
            variables=suite_variables(
                self._environ,
                paths,
                bin_directory=directory / "venv" / "bin",
                prefix=directory / "venv",
                pycache=directory / "pycache",
            ),
        )

    def _reuse(self, place: "_Place", request: SetupRequest, cancel: threading.Event) -> BuiltEnvironment | None:
        try:
            document = json.loads((place.directory / "complete.json").read_bytes())
            changes = WorktreeChanges(written=tuple(document["written"]), deleted=tuple(document["deleted"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        started = time.monotonic()
        link_pycache(place.directory / "pycache", self._sandbox.paths(place.folders), ())
        worktree_content.restore(changes, place.directory / "written", place.folders.tree)
        interpreter = self._probe(place, cancel)
        if interpreter.pytest_problem:
            return None  # something emptied it since; make it anew
        facts = SetupFacts(
            command=request.command,
            reused=True,
            exit_code=0,
            timed_out=False,
            duration_ms=int((time.monotonic() - started) * 1000),
            output_tail="",
            not_run=False,
            pinned=False,
            moved=(),
            changed_files=(),
        )
        return BuiltEnvironment(facts=facts, interpreter=interpreter, variables=place.variables)

    def _build(
        self,
        place: "_Place",
        request: SetupRequest,
        before: Mapping[str, str],
        cancel: threading.Event,
        on_tick: Callable[[], None],
    ) -> tuple[BuiltEnvironment, bool]:
        """The environment made at ``place``, and whether other trees may use it."""
        folders, log = place.folders, place.folders.out / SETUP_FILE
        place.directory.mkdir()
        link_pycache(place.directory / "pycache", self._sandbox.paths(folders), request.interpreter.path)
        variables = setup_variables(self._environ, place.variables, cache=self._home.cache)
        self._create(place, request.interpreter, variables, cancel)
        ended = self._sandbox.run(
            folders,
            ["/bin/sh", "-c", request.command],
            variables=variables,
            log=log,
            timeout_s=request.timeout_ms / 1000,
            cancel=cancel,
            on_tick=on_tick,
        )
        if ended.cancelled:
            raise Cancelled("cancelled while the setup command ran", subject=request.command)
        facts = SetupFacts(
            command=request.command,
            reused=False,
            exit_code=None if ended.timed_out else ended.exit_code,
            timed_out=ended.timed_out,
            duration_ms=ended.ended_at_ms - ended.started_at_ms,
            output_tail=_tail(log),
            not_run=False,
            pinned=False,
            moved=(),
            changed_files=(),
        )
        if facts.exit_code != 0:
            return BuiltEnvironment(facts=facts, interpreter=None, variables=None), False
        interpreter = self._probe(place, cancel)
        if interpreter.pytest_problem:
            return BuiltEnvironment(facts=_without_pytest(facts), interpreter=None, variables=None), False
        changes = WorktreeChanges.between(before, worktree_content.content(folders.tree))
        worktree_content.save(changes, folders.tree, place.directory / "written")
        write_json(
            place.directory / "complete.json", {"written": list(changes.written), "deleted": list(changes.deleted)}
        )
        shared = (
            changes.only_metadata
            and not version_from_commit(folders.tree)
            and not project_copies(interpreter, tree=self._sandbox.paths(folders).tree, files=before)
        )
        return BuiltEnvironment(facts=facts, interpreter=interpreter, variables=place.variables), shared

    def _create(
        self, place: "_Place", made_from: Interpreter, variables: Mapping[str, str], cancel: threading.Event
    ) -> None:
        log = place.folders.out / "venv.log"
        ended = self._sandbox.run(
            place.folders,
            [str(made_from.executable), "-m", "venv", str(place.directory / "venv")],
            variables=variables,
            log=log,
            timeout_s=CREATE_TIMEOUT_S,
            cancel=cancel,
        )
        if ended.cancelled:
            raise Cancelled("cancelled while a virtual environment was made", subject=str(made_from.executable))
        if ended.exit_code != 0:
            raise InterpreterUnusable(
                f"{made_from.executable} -m venv failed, so no environment can be made for --setup; install its venv "
                f"and ensurepip modules (python3-venv on Debian) or name another with --python. It said: {_tail(log)}",
                subject=str(made_from.executable),
            )

    def _probe(self, place: "_Place", cancel: threading.Event) -> Interpreter:
        executable = place.directory / "venv" / "bin" / "python"
        return probe_interpreter(self._sandbox, place.folders, executable, place.variables, cancel)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an environment is or shall be, for one side; ``variables`` are those of its tests."""

    directory: Path
    folders: SideFolders
    variables: dict[str, str]


def _without_pytest(facts: SetupFacts) -> SetupFacts:
    problem = "autopack: the setup command ended with exit code 0 but left no pytest 7.0 or newer; let it install one"
    return SetupFacts(
        command=facts.command,
        reused=False,
        exit_code=None,
        timed_out=False,
        duration_ms=facts.duration_ms,
        output_tail=f"{facts.output_tail[-(TAIL_CHARACTERS - len(problem) - 1) :]}\n{problem}",
        not_run=False,
        pinned=False,
        moved=(),
        changed_files=(),
    )


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-TAIL_CHARACTERS:]


def _key(parts: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
