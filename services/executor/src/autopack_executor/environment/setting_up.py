"""Runs a setup command in a new virtual environment: with the versions of base, as long as that works."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from autopack_executor.environment.creation import create_environment
from autopack_executor.environment.interpreter import Interpreter
from autopack_executor.environment.interpreter_probe import probe_interpreter
from autopack_executor.environment.pins import NO_PINS, Pins
from autopack_executor.environment.pycache import link_pycache
from autopack_executor.environment.setup_request import TAIL_CHARACTERS, SetupRequest, setup_facts, unusable_facts
from autopack_executor.environment.suggestion import suggest_setup_in
from autopack_executor.environment.variables import setup_variables, within
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace import worktree_content
from autopack_executor.workspace.folders import SideFolders
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.worktree_content import WorktreeChanges
from autopack_git.worktree import restore_files
from autopack_model.errors import Cancelled
from autopack_model.report.artifact_folder import SETUP_FILE
from autopack_model.suite_run.value import SetupFacts

IMPORT_TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an environment is or shall be, for one side; ``variables`` are those of its tests."""

    directory: Path
    folders: SideFolders
    variables: dict[str, str]

    @property
    def venv(self) -> Path:
        """The environment itself."""
        return self.directory / "venv"

    @property
    def pycache(self) -> Path:
        """Where the bytecode of everything that runs in it is kept."""
        return self.directory / "pycache"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.venv / "bin" / "python"


class Setup:
    """Runs setup commands. ``environ`` is the caller's environment."""

    def __init__(self, home: Home, sandbox: Sandbox, environ: Mapping[str, str]) -> None:
        self._home = home
        self._sandbox = sandbox
        self._environ = environ

    def run(
        self,
        place: Place,
        request: SetupRequest,
        pins: Pins,
        before: Mapping[str, str],
        cancel: threading.Event,
        on_tick: Callable[[], None],
    ) -> tuple[SetupFacts, Interpreter | None]:
        """Make the environment of ``place``, whose worktree holds what ``before`` describes; the interpreter is None
        when that failed. A setup that fails with the ``pins`` of base is run again without: the change may move what
        they keep. Raises Cancelled, InterpreterUnusable.
        """
        link_pycache(place.pycache, self._sandbox.paths(place.folders), request.interpreter.library)
        facts = self._attempt(place, request, pins, request.timeout_ms, cancel, on_tick)
        if pins and facts.exit_code not in (0, None) and _undone(place.folders.tree, before):
            self._home.discard(place.venv)
            left_ms = max(0, request.timeout_ms - facts.duration_ms)
            again = self._attempt(place, request, NO_PINS, left_ms, cancel, on_tick)
            facts = replace(again, output_tail=_both(facts, again))
        if facts.exit_code != 0:
            return facts, None
        interpreter = probe_interpreter(self._sandbox, place.folders, place.python, place.variables, cancel)
        problem = interpreter.pytest_problem or self._import_problem(place, cancel)
        if problem:
            advice = suggest_setup_in(place.folders.tree / request.folder).advice
            return unusable_facts(facts, f"the setup command ended with exit code 0, but {problem}; {advice}"), None
        return facts, interpreter

    def _attempt(
        self,
        place: Place,
        request: SetupRequest,
        pins: Pins,
        timeout_ms: int,
        cancel: threading.Event,
        on_tick: Callable[[], None],
    ) -> SetupFacts:
        log = place.folders.out / SETUP_FILE
        constraints = place.directory / "constraints.txt"
        constraints.write_text(pins.constraints)
        for path, data in pins.locks.items():
            if not (place.folders.tree / path).exists():
                (place.folders.tree / path).write_bytes(data)
        pinning = constraints if pins.constraints else None
        variables = setup_variables(
            self._environ,
            place.variables,
            cache=self._home.cache,
            environment=place.venv,
            constraints=pinning,
        )
        create_environment(
            self._sandbox,
            place.folders,
            request.interpreter,
            place.venv,
            cache=self._home.cache,
            variables=variables,
            cancel=cancel,
        )
        ended = self._sandbox.run(
            place.folders,
            ["/bin/sh", "-c", request.command],
            variables={**variables, **within(request.given, pinning)},
            log=log,
            timeout_s=timeout_ms / 1000,
            cancel=cancel,
            on_tick=on_tick,
            folder=request.folder,
        )
        if ended.cancelled:
            raise Cancelled("cancelled while the setup command ran", subject=request.command)
        facts = setup_facts(
            request.command,
            exit_code=None if ended.timed_out else ended.exit_code,
            timed_out=ended.timed_out,
            duration_ms=ended.ended_at_ms - ended.started_at_ms,
            output_tail=_tail(log),
        )
        return replace(facts, pinned=bool(pins) and facts.exit_code == 0)

    def _import_problem(self, place: Place, cancel: threading.Event) -> str:
        """Why pytest cannot be imported, empty when it can. It also keeps the bytecode ready for the suite."""
        log = place.folders.out / "pytest.log"
        ended = self._sandbox.run(
            place.folders,
            # Isolated, an interpreter knows nothing of PYTHONPYCACHEPREFIX.
            [str(place.python), "-I", "-X", f"pycache_prefix={place.pycache}", "-c", "import pytest"],
            variables=place.variables,
            log=log,
            timeout_s=IMPORT_TIMEOUT_S,
            cancel=cancel,
            in_tree=False,
        )
        if ended.cancelled:
            raise Cancelled("cancelled while pytest was looked at", subject=str(place.python))
        return "" if ended.exit_code == 0 else f"pytest cannot be imported: {_tail(log).strip()[-1000:]}"


def _undone(tree: Path, before: Mapping[str, str]) -> bool:
    """Whether the worktree could be brought back to what ``before`` describes."""
    changes = WorktreeChanges.between(before, worktree_content.content(tree))
    for path in changes.written:
        if path not in before:
            (tree / path).unlink()
    tracked = (*changes.deleted, *(path for path in changes.written if path in before))
    if tracked:
        restore_files(tree, tracked)
    return not tracked or dict(before) == worktree_content.content(tree)


def _both(first: SetupFacts, second: SetupFacts) -> str:
    said = "\nautopack: with the versions of base the setup command failed; it was run again without them\n"
    return f"{first.output_tail[-TAIL_CHARACTERS // 2 :]}{said}{second.output_tail}"[-TAIL_CHARACTERS:]


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-TAIL_CHARACTERS:]
