"""Start a gate run: refuse bad input at the edge, record the run, execute it in a thread of its own."""

import contextlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autopack_executor.domain.candidate import CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_executor.domain.errors import (
    NothingToGate,
    RunExists,
    ShallowHistory,
    UnbornBranch,
    UnknownRevision,
    UnknownRun,
)
from autopack_executor.domain.gate_request import GateRequest
from autopack_executor.domain.run_name import generated_run_id
from autopack_executor.ports import (
    Artifacts,
    BaselineLocks,
    Environments,
    Gatekeeper,
    Repository,
    RunStore,
    SuiteRunner,
    Workspace,
)
from autopack_executor.usecases.active_runs import ActiveRun, ActiveRuns
from autopack_executor.usecases.gate import GateJob, gate
from autopack_executor.usecases.measure_side import Measurement
from autopack_executor.usecases.request_memory import RequestMemory
from autopack_results.identity import AttemptRef
from autopack_results.run import CandidateKind, RunSpec
from autopack_results.suite_run import Tree

PHASE = "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What the executor is made of, wired by the composition root."""

    open_repository: Callable[[Path], Repository]
    artifacts: Callable[[Path], Artifacts]
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

    def __call__(self, request_id: str, request: GateRequest) -> tuple[str, bool]:
        """Start the run and return its id and whether it was started before by the same request.

        Raises BadRequest in all its kinds, InvalidValue for a request id that came with another request, and
        ExecutorError for what is not the caller's fault. A refused request leaves nothing behind but, for a patch or
        edits that turn out to change nothing, objects that git's own clean-up removes.
        """
        return self.requests.once(request_id, "StartRun", request, lambda: self._start_in_turn(request))

    def _start_in_turn(self, request: GateRequest) -> str:
        with self._guard:
            return self._start(request)

    def _start(self, request: GateRequest) -> str:
        rooms = self.rooms
        repository = rooms.open_repository(request.repository)
        run_id = request.run_id or generated_run_id(rooms.clock_ms(), secrets.randbits(32))
        attempt = AttemptRef(run_id=run_id, phase=PHASE, attempt=1)
        self._refuse_taken(run_id)
        base = _base(repository, request)
        rooms.environments.check(request.command, cancel=self.active.closing)
        with contextlib.ExitStack() as stack:
            room = stack.enter_context(rooms.workspace.open_run(run_id, repository.root))
            head = repository.materialise(request.candidate, base, attempt)
            _refuse_nothing(request, base, head)
            rooms.store.create_run(_spec(request, run_id, repository, base, head), attempt)
            handed_over = stack.pop_all()

        def execute(active: ActiveRun) -> None:
            with handed_over:
                active.problem = gate(
                    GateJob(
                        measurement=Measurement(
                            attempt=attempt,
                            command=request.command,
                            repository=repository,
                            room=room,
                            environments=rooms.environments,
                            runner=rooms.runner,
                            store=rooms.store,
                            artifacts=rooms.artifacts(repository.root),
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


def _base(repository: Repository, request: GateRequest) -> Tree | None:
    if request.base is not None:
        return repository.resolve(request.base)
    try:
        return _default_base(repository, request)
    except (UnknownRevision, ShallowHistory, UnbornBranch):
        if request.without_baseline:
            return None  # nothing is to be measured there; every file of head then counts as changed
        raise


def _default_base(repository: Repository, request: GateRequest) -> Tree | None:
    match request.candidate:
        case CommitCandidate(revision=revision):
            return repository.default_base(revision)
        case PatchCandidate():
            return repository.resolve("HEAD")
        case WorktreeCandidate():
            try:
                return repository.default_base("HEAD", uncommitted=True)
            except UnbornBranch:
                return None


def _refuse_nothing(request: GateRequest, base: Tree | None, head: Tree) -> None:
    if base is None:
        return
    same = base.revision == head.revision if isinstance(request.candidate, CommitCandidate) else base.tree == head.tree
    if same:
        raise NothingToGate(
            f"base and head are the same ({base.revision[:12]}): nothing to gate; name another --base or --head",
            subject=base.revision,
        )


_KINDS = {
    CommitCandidate: CandidateKind.COMMIT,
    PatchCandidate: CandidateKind.PATCH,
    WorktreeCandidate: CandidateKind.WORKTREE,
}


def _spec(request: GateRequest, run_id: str, repository: Repository, base: Tree | None, head: Tree) -> RunSpec:
    return RunSpec(
        run_id=run_id,
        repository=str(repository.root),
        base=base,
        head=head,
        candidate=_KINDS[type(request.candidate)],
        interpreter=str(request.command.interpreter),
        arguments=request.command.arguments,
        setup=request.command.setup,
        timeout_ms=round(request.command.timeout_s * 1000),
    )
