"""Start a gate run: refuse bad input at the edge, record the run, execute it in a thread of its own."""

import contextlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from autopack_clients.errors import RunExists, StoreUnavailable, UnknownRun
from autopack_executor.gate.active_runs import ActiveRun, ActiveRuns
from autopack_executor.gate.gate import GateJob, gate
from autopack_executor.gate.measure_side import Measurement
from autopack_executor.gate.ports import (
    BaselineLocks,
    Environments,
    Gatekeeper,
    RunStore,
    Source,
    Sources,
    SuiteRunner,
    Workspace,
)
from autopack_executor.gate.request_memory import RequestMemory
from autopack_executor.gate.run_name import generated_run_id
from autopack_git.default_base import default_base
from autopack_git.nothing_to_gate import refuse_nothing
from autopack_model.errors import Cancelled
from autopack_model.gate_request.candidate import CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.value import GateRequest
from autopack_model.identity.value import AttemptRef
from autopack_model.run.value import CandidateKind, RunSpec
from autopack_model.suite_run.value import Tree

PHASE = "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What the executor is made of, wired by the composition root."""

    sources: Sources
    workspace: Workspace
    locks: BaselineLocks
    environments: Environments
    runner: SuiteRunner
    store: RunStore
    gatekeeper: Gatekeeper
    recorder_version: str
    clock_ms: Callable[[], int]


@dataclass(slots=True, kw_only=True)
class StartRun:
    """The use case. Requests that come again with their id get the run that they started; new ones are started one
    after the other.
    """

    rooms: Rooms
    active: ActiveRuns
    requests: RequestMemory
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request_id: str, request: GateRequest, gone: threading.Event | None = None) -> tuple[str, bool]:
        """Start the run and return its id and whether it was started before by the same request.

        ``gone`` says that nobody waits for the answer any more: then nothing is started. Raises BadRequest in all its
        kinds, InvalidValue for a request id that came with another request, Cancelled, and ExecutorError for what is
        not the caller's fault. A refused request leaves nothing behind but, for a patch or edits that turn out to
        change nothing, objects that git's own clean-up removes.
        """
        left = threading.Event() if gone is None else gone
        return self.requests.once(request_id, "StartRun", request, lambda: self._start_from_source(request, left))

    def _start_from_source(self, request: GateRequest, gone: threading.Event) -> str:
        with contextlib.ExitStack() as stack:
            # Not in turn: a clone can take minutes, and nobody else waits for it.
            source = stack.enter_context(self.rooms.sources.open(request, cancel=gone))
            with self._guard:
                return self._start(request, source, stack, gone)

    def _start(self, request: GateRequest, source: Source, stack: contextlib.ExitStack, gone: threading.Event) -> str:
        rooms, repository = self.rooms, source.repository
        run_id = request.run_id or generated_run_id(rooms.clock_ms(), secrets.randbits(32))
        attempt = AttemptRef(run_id=run_id, phase=PHASE, attempt=1)
        self._refuse_taken(run_id)
        base = default_base(repository, request) if request.base is None else repository.resolve(request.base)
        command = request.command
        if command.interpreter is None:
            command = replace(command, interpreter=rooms.environments.choose())
        rooms.environments.check(command, cancel=self.active.closing)
        room = stack.enter_context(rooms.workspace.open_run(run_id, repository.root))
        head = repository.materialise(request.candidate, base, attempt)
        refuse_nothing(request.candidate, base, head)
        if gone.is_set():
            raise Cancelled(f"run {run_id} was not started: nobody waits for it any more", subject=run_id)
        try:
            rooms.store.create_run(_spec(request, command, run_id, source.name, base, head), attempt)
        except StoreUnavailable:
            # The run may be there although nobody heard so: who sweeps the room ends it.
            room.leave()
            raise
        handed_over = stack.pop_all()

        def execute(active: ActiveRun) -> None:
            with handed_over:
                active.problem = gate(
                    GateJob(
                        measurement=Measurement(
                            attempt=attempt,
                            command=command,
                            repository=repository,
                            room=room,
                            environments=rooms.environments,
                            runner=rooms.runner,
                            store=rooms.store,
                            artifacts=source.artifacts,
                            cancel=active.cancel,
                            progress=active.report,
                        ),
                        locks=rooms.locks,
                        gatekeeper=rooms.gatekeeper,
                        recorder_version=rooms.recorder_version,
                        base=None if request.without_baseline else base,
                        changed_from=base,
                        head=head,
                    )
                )
                if active.problem is not None:
                    room.leave()

        self.active.start(run_id, execute)
        return run_id

    def _refuse_taken(self, run_id: str) -> None:
        try:
            self.rooms.store.run(run_id)
        except UnknownRun:
            return
        raise RunExists(f"run {run_id} exists; choose another name or leave it out", subject=run_id)


_KINDS = {
    CommitCandidate: CandidateKind.COMMIT,
    PatchCandidate: CandidateKind.PATCH,
    WorktreeCandidate: CandidateKind.WORKTREE,
}


def _spec(
    request: GateRequest, command: TestCommand, run_id: str, repository: str, base: Tree | None, head: Tree
) -> RunSpec:
    return RunSpec(
        run_id=run_id,
        repository=repository,
        base=base,
        head=head,
        candidate=_KINDS[type(request.candidate)],
        interpreter=str(command.interpreter),
        arguments=command.arguments,
        setup=command.setup,
        timeout_ms=round(command.timeout_s * 1000),
    )
