"""All that a gate needs, in memory: one fake for each Protocol of ``gate/ports/``, and a request for it."""

import itertools
import json
import threading
from dataclasses import dataclass

from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.cancel import CancelRun
from autopack_executor.gate.command import Commands
from autopack_executor.gate.request_memory import RequestMemory
from autopack_executor.gate.start import PHASE, Dependencies, StartRun
from autopack_model.canonical import Json
from autopack_model.evidence.outcome import TestState
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import GateRequest
from autopack_model.identity.value import AttemptRef
from autopack_model.progress.value import Progress
from autopack_model.report.artifact_folder import RESULT_FILE
from autopack_model.run.value import CandidateKind, RunSpec
from autopack_model.suite_run.value import Tree
from tests.fakes.calls import Calls
from tests.fakes.gate_gatekeeper import FakeGatekeeper
from tests.fakes.gate_machine import (
    INTERPRETER,
    FakeArtifacts,
    FakeBaselineLocks,
    FakeEnvironments,
    FakeSuiteRunner,
    FakeWorkspace,
    FakeWorkspaces,
    Suite,
)
from tests.fakes.gate_repository import (
    BASE,
    EDITED,
    HEAD,
    PATCHED,
    ROOT,
    FakePatches,
    FakeRepository,
    FakeSource,
    FakeSources,
)
from tests.fakes.gate_store import CREATED_AT_MS, FakeStore

COMMAND = TestCommand(interpreter=INTERPRETER, arguments=("-q",), setup=None, timeout_ms=600_000)
OPTIONS = TestOptions(interpreter=INTERPRETER, arguments=("-q",), timeout_ms=600_000)
KEPT, GONE, NEW = "tests/test_it.py::test_kept", "tests/test_it.py::test_gone", "tests/test_it.py::test_new"
GREEN = Suite(outcomes={KEPT: TestState.PASSED})
REQUEST = GateRequest(
    run_id="run-1",
    repository=ROOT,
    base="main",
    candidate=CommitCandidate(revision="feature"),
    options=OPTIONS,
    no_baseline=False,
)


@dataclass(slots=True, kw_only=True)
class Machine:
    """An executor whose outside is in memory. Every suite is GREEN until a test says otherwise."""

    calls: Calls
    store: FakeStore
    gatekeeper: FakeGatekeeper
    repository: FakeRepository
    sources: FakeSources
    patches: FakePatches
    workspaces: FakeWorkspaces
    environments: FakeEnvironments
    runner: FakeSuiteRunner
    locks: FakeBaselineLocks
    artifacts: FakeArtifacts
    active: ActiveRuns
    progress: list[Progress]
    now_ms: int = CREATED_AT_MS

    @property
    def dependencies(self) -> Dependencies:
        """What runs are started with. The clock goes on by a millisecond whenever it is read."""
        ticks = itertools.count(self.now_ms)
        return Dependencies(
            sources=self.sources,
            patches=self.patches,
            workspaces=self.workspaces,
            locks=self.locks,
            environments=self.environments,
            commands=Commands(environments=self.environments, caller={}, key=b"key"),
            runner=self.runner,
            store=self.store,
            gatekeeper=self.gatekeeper,
            recorder_version="1",
            clock_ms=lambda: next(ticks),
        )

    def start_run(self) -> StartRun:
        """The use case, with a memory of its own."""
        return StartRun(dependencies=self.dependencies, active=self.active, requests=RequestMemory())

    def cancel_run(self) -> CancelRun:
        """The use case, with a memory of its own."""
        return CancelRun(active=self.active, store=self.store, requests=RequestMemory())

    def attempt(
        self,
        run_id: str = "run-1",
        *,
        command: TestCommand = COMMAND,
        no_baseline: bool = False,
        fresh_base: bool = False,
        recorder_version: str = "1",
        base: Tree | None = BASE,
    ) -> GateAttempt:
        """The attempt of a new run, which the store knows."""
        spec = RunSpec(
            run_id=run_id,
            repository=str(ROOT),
            base=base,
            head=HEAD,
            candidate=CandidateKind.COMMIT,
            interpreter=str(command.interpreter),
            arguments=command.arguments,
            setup=command.setup,
            timeout_ms=command.timeout_ms,
        )
        ref = AttemptRef(run_id=run_id, phase=PHASE, attempt=1)
        self.store.create_run(spec, ref)
        self.calls.names.clear()
        return GateAttempt(
            ref=ref,
            spec=spec,
            identity=str(ROOT),
            command=command,
            measured_base=None if no_baseline else base,
            fresh_base=fresh_base,
            missing_submodules=self.repository.missing_submodules(base, HEAD),
            repository=self.repository,
            workspace=FakeWorkspace(run_id=run_id),
            fixed_patch=None,
            policy_file=None,
            clock_ms=lambda: 0,
            artifacts=self.artifacts,
            environments=self.environments,
            runner=self.runner,
            locks=self.locks,
            store=self.store,
            gatekeeper=self.gatekeeper,
            recorder_version=recorder_version,
            cancel=threading.Event(),
            progress=self.progress.append,
        )

    def report(self, run_id: str = "run-1") -> dict[str, Json] | None:
        """The report that lies on the disk, if there is one."""
        data = self.artifacts.documents.get((run_id, RESULT_FILE))
        if data is None:
            return None
        document: dict[str, Json] = json.loads(data)
        return document


def make_machine() -> Machine:
    """A machine on which nothing has happened yet."""
    calls = Calls()
    store, repository, artifacts = FakeStore(calls), FakeRepository(calls), FakeArtifacts(calls=calls)
    runner = FakeSuiteRunner(calls, repository.trees)
    runner.suites.update(dict.fromkeys((BASE, HEAD, PATCHED, EDITED), GREEN))
    return Machine(
        calls=calls,
        store=store,
        gatekeeper=FakeGatekeeper(calls, store),
        repository=repository,
        sources=FakeSources(calls, FakeSource(repository, artifacts)),
        patches=FakePatches(calls),
        workspaces=FakeWorkspaces(calls),
        environments=FakeEnvironments(calls, repository.trees),
        runner=runner,
        locks=FakeBaselineLocks(calls),
        artifacts=artifacts,
        active=ActiveRuns(),
        progress=[],
    )
