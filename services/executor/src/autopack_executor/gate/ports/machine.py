"""What a gate needs of the machine that it runs on: interpreters, suites, folders and locks."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeAlias

from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_model.baseline.value import BaselineKey
from autopack_model.canonical import Json
from autopack_model.evidence.value import Evidence
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.progress.value import Progress
from autopack_model.suite_run.value import Tree

ProgressSink: TypeAlias = Callable[[Progress], None]


class Environments(Protocol):
    """Makes the interpreter of a side ready."""

    def named(self, python: str, checkout: Path | None) -> Path:
        """The interpreter that a configuration names: an absolute path, a command, or a path in the user's
        ``checkout``, where this machine has one. Raises InterpreterUnusable.
        """

    def choose(self) -> Path:
        """The interpreter of runs that name none. Raises InterpreterUnusable."""

    def check(self, command: TestCommand, *, cancel: threading.Event) -> Path:
        """Refuse an interpreter that can never work, before a run is recorded. Returns the executable of the
        interpreter: the one behind the script of a version manager, where the command names such a script. The other
        methods do not look behind scripts. Raises InterpreterUnusable, Cancelled.
        """

    def origins(self, command: TestCommand, names: tuple[str, ...], *, cancel: threading.Event) -> Mapping[str, str]:
        """Where the interpreter of ``command`` has the modules ``names``, without any tree: those that it has, but for
        the standard library and namespace packages. Raises InterpreterUnusable, Cancelled.
        """

    def prepare(
        self,
        command: TestCommand,
        worktree: Path,
        *,
        side: Side,
        repository: str,
        cancel: threading.Event,
        progress: ProgressSink,
    ) -> PreparedEnvironment:
        """The environment of one side of ``repository``. Without a setup command, the interpreter as it is. With one,
        a virtual environment made from it, kept by repository, interpreter, command and the inputs of the command. The
        head of a run is prepared beside its base, if that was prepared before: in the same environment, or in one with
        the same versions but for what the change moves.

        Raises InterpreterUnusable (the interpreter itself), Cancelled. A failing setup command is not an exception: it
        is in the result.
        """


class SuiteRunner(Protocol):
    """Runs the suite of one side and returns what was observed, complete or not."""

    def run(
        self,
        command: TestCommand,
        prepared: PreparedEnvironment,
        tree: Tree,
        worktree: Path,
        *,
        side: Side,
        missing_submodules: tuple[str, ...],
        artifacts: Path,
        cancel: threading.Event,
        progress: ProgressSink,
        tests: tuple[str, ...] | None = None,
    ) -> Evidence:
        """Run the suite in ``worktree``, or only those of its ``tests``; raw output and the event stream go to
        ``artifacts``.

        Raises EvidenceNotWritten when an artifact cannot be written. Never raises for what the suite did.
        """


class SideFolders(Protocol):
    """The folders of one side of one run."""

    @property
    def tree(self) -> Path:
        """Where the side's worktree is checked out."""


class Workspace(Protocol):
    """The folders of one run."""

    def side(self, side: Side) -> SideFolders:
        """Those of one side."""

    def leave(self) -> None:
        """Leave the run, whose end could not be recorded, to the next executor, which records it as failed."""


class Workspaces(Protocol):
    """The folders that the executor works in, scoped by run."""

    def open_run(self, run_id: str, repository: Path) -> AbstractContextManager[Workspace]:
        """The workspace of one run, owned by this process until exit, then cleared away. Raises BadRequest when
        another process is executing the run.
        """


class BaselineLocks(Protocol):
    """Keeps two runs from measuring the same baseline at the same time."""

    def held(
        self, key: BaselineKey, *, cancel: threading.Event, on_wait: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Hold the lock of ``key``; ``on_wait`` is called once when another run has it. Raises Cancelled."""


class Artifacts(Protocol):
    """The files that a run leaves for people, under ``.autonomous_runs/<run_id>/`` of the repository."""

    def folder(self, attempt: AttemptRef, side: Side, retry: int = 0) -> Path:
        """The folder of the files of one side, or of one of its retries, made when missing. Raises
        EvidenceNotWritten.
        """

    def write(self, attempt: AttemptRef, name: str, document: Mapping[str, Json]) -> bytes:
        """Write a JSON document beside the head side's files, whole or not at all; returns its bytes. Raises
        EvidenceNotWritten.
        """

    def write_patch(self, attempt: AttemptRef, patch: bytes) -> None:
        """Write the patch that was applied, beside the head side's files. Raises EvidenceNotWritten."""

    def withdraw(self, attempt: AttemptRef, name: str) -> None:
        """Take a document away that ``write`` wrote, if it is there. Raises EvidenceNotWritten when it stays."""

    def write_evidence(self, attempt: AttemptRef, side: Side, evidence: Evidence, retry: int = 0) -> None:
        """Write a suite run's evidence as JSON into its folder. Raises EvidenceNotWritten."""
