"""One attempt of a gate: what it is about, and what it is done with."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.gate.ports.machine import (
    Artifacts,
    BaselineLocks,
    Environments,
    ProgressSink,
    SuiteRunner,
    Workspace,
)
from autopack_executor.gate.ports.services import Gatekeeper, Store
from autopack_executor.gate.ports.sources import Repository
from autopack_model.errors import Cancelled
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.file import PolicyFile, terms_of
from autopack_model.policy.terms import Terms
from autopack_model.progress.value import Activity, Progress
from autopack_model.run.value import RunSpec
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAttempt:
    """An attempt of a run that is recorded and ready to be executed.

    ``identity`` is that of the source. ``measured_base`` is what the base side is measured on: the base of ``spec``, or
    None when there is no baseline to be had. The changed files are those since the base of ``spec`` in any case.
    ``fresh_base`` wants it measured, though a baseline is stored. ``missing_submodules`` are the paths of those that
    stay empty on each side. ``fixed_patch`` is the patch as it was applied, where it had to be mended before.
    ``policy_file`` is the policy, None for the default one. ``clock_ms`` gives milliseconds since the epoch.
    """

    ref: AttemptRef
    spec: RunSpec
    identity: str
    command: TestCommand
    measured_base: Tree | None
    fresh_base: bool
    missing_submodules: Mapping[Side, tuple[str, ...]]
    repository: Repository
    workspace: Workspace
    fixed_patch: bytes | None
    policy_file: PolicyFile | None
    clock_ms: Callable[[], int]
    artifacts: Artifacts
    environments: Environments
    runner: SuiteRunner
    locks: BaselineLocks
    store: Store
    gatekeeper: Gatekeeper
    recorder_version: str
    cancel: threading.Event
    progress: ProgressSink

    def report(self, activity: Activity, side: Side | None, message: str) -> None:
        """Publish progress that has no counts."""
        self.progress(Progress(activity=activity, side=side, collected=0, done=0, failures=0, message=message))

    def prepare(self, side: Side) -> PreparedEnvironment:
        """The side's interpreter, ready. Its tree must be checked out when there is a setup command, and base must be
        prepared before head.
        """
        return self.environments.prepare(
            self.command,
            self.workspace.side(side).tree,
            side=side,
            repository=self.identity,
            cancel=self.cancel,
            progress=self.progress,
        )

    def terms(self) -> Terms:
        """The terms of a decision now."""
        return terms_of(self.policy_file, datetime.fromtimestamp(self.clock_ms() / 1000, tz=UTC).date())

    def stop_if_cancelled(self) -> None:
        """Raise Cancelled when somebody asked the run to end."""
        if self.cancel.is_set():
            raise Cancelled(f"run {self.ref.run_id} was cancelled", subject=self.ref.run_id)
