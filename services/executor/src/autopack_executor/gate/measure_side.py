"""Measure one side: check it out, make its interpreter ready, run the suite, store what was observed."""

import threading
from dataclasses import dataclass

from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.gate.ports import (
    Artifacts,
    Environments,
    ProgressSink,
    Repository,
    RunRoom,
    RunStore,
    SuiteRunner,
)
from autopack_model.evidence.value import Evidence
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Everything that measuring a side of one attempt needs."""

    attempt: AttemptRef
    command: TestCommand
    repository: Repository
    room: RunRoom
    environments: Environments
    runner: SuiteRunner
    store: RunStore
    artifacts: Artifacts
    cancel: threading.Event
    progress: ProgressSink

    def report(self, activity: Activity, side: Side | None, message: str) -> None:
        """Publish progress that has no counts."""
        self.progress(Progress(activity=activity, side=side, collected=0, done=0, failures=0, message=message))

    def prepare(self, side: Side) -> PreparedEnvironment:
        """The side's interpreter, ready. Its tree must be checked out when there is a setup command."""
        return self.environments.prepare(
            self.command,
            self.room.side(side).tree,
            side=side,
            cancel=self.cancel,
            progress=self.progress,
        )

    def run_suite(self, side: Side, tree: Tree, prepared: PreparedEnvironment) -> tuple[str, Evidence]:
        """Run the suite in the side's worktree, store the evidence, and return it with its digest."""
        evidence = self.runner.run(
            self.command,
            prepared,
            tree,
            self.room.side(side).tree,
            side=side,
            artifacts=self.artifacts.folder(self.attempt, side),
            cancel=self.cancel,
            progress=self.progress,
        )
        self.report(Activity.RECORDING, side, "storing evidence")
        self.artifacts.write_evidence(self.attempt, side, evidence)
        return self.store.upload(evidence), evidence


def measure_side(measurement: Measurement, side: Side, tree: Tree) -> tuple[str, Evidence]:
    """Measure ``tree`` as ``side``; returns the evidence's digest and the evidence.

    Raises ExecutorError for what is not the suite's doing.
    """
    measurement.report(Activity.PREPARING, side, f"checking out {tree.revision[:12]}")
    with measurement.repository.checkout(tree, measurement.room.side(side).tree, cancel=measurement.cancel):
        prepared = measurement.prepare(side)
        return measurement.run_suite(side, tree, prepared)
