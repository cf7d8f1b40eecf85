"""Start a gate run in three steps: prepare it (and refuse bad input), record it, launch it in a thread of its own."""

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import randbits

from autopack_clients.errors import RunExists, StoreUnavailable, UnknownRun
from autopack_executor.gate.active_runs import ActiveRun, ActiveRuns
from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.command import Commands, refuse_tracked
from autopack_executor.gate.gate import gate
from autopack_executor.gate.ports.machine import BaselineLocks, Environments, SuiteRunner, Workspace, Workspaces
from autopack_executor.gate.ports.services import Gatekeeper, Store
from autopack_executor.gate.ports.sources import Patches, Repository, Source, Sources
from autopack_executor.gate.project_elsewhere import refuse_project_elsewhere
from autopack_executor.gate.request_memory import RequestMemory
from autopack_executor.gate.run_name import generated_run_id
from autopack_executor.gate.setup_choice import with_setup
from autopack_git.configuration import policy_of
from autopack_git.patch.value import AppliedPatch
from autopack_git.resolution import refuse_nothing, resolve_base
from autopack_model.digest import digest_bytes
from autopack_model.errors import Cancelled
from autopack_model.gate_request.candidate import Candidate, CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.value import GateRequest
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.file import PolicyFile
from autopack_model.run.value import CandidateKind, RunSpec
from autopack_model.suite_run.value import Tree

PHASE = "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What the executor is made of, wired by the composition root. ``clock_ms`` gives milliseconds since the epoch."""

    sources: Sources
    patches: Patches
    workspaces: Workspaces
    locks: BaselineLocks
    environments: Environments
    commands: Commands
    runner: SuiteRunner
    store: Store
    gatekeeper: Gatekeeper
    recorder_version: str
    clock_ms: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRun:
    """A run that can be recorded: nothing of the request is bad."""

    ref: AttemptRef
    spec: RunSpec
    command: TestCommand
    source: Source
    workspace: Workspace
    missing_submodules: Mapping[Side, tuple[str, ...]]
    no_baseline: bool
    fresh_base: bool
    fixed_patch: bytes | None
    policy_file: PolicyFile | None


@dataclass(slots=True, kw_only=True)
class StartRun:
    """Starts runs. Requests that come again with their id get the run that they started; new ones are started one
    after the other.
    """

    dependencies: Dependencies
    active: ActiveRuns
    requests: RequestMemory
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request_id: str, request: GateRequest, gone: threading.Event | None = None) -> tuple[str, bool]:
        """Start the run and return its id and whether it was started before by the same request.

        ``gone`` says that nobody waits for the answer any more: then nothing is started. Raises BadRequest in all its
        kinds, InvalidValue for a request id that came with another request, Cancelled, and AutopackError for what is
        not the caller's fault. A refused request leaves nothing behind but, for a patch that is not applied exactly or
        edits that change nothing, objects that git's own clean-up removes.
        """
        left = threading.Event() if gone is None else gone
        secrets = b"\0".join(digest_bytes(secret).encode() for secret in request.options.secrets)
        return self.requests.once(request_id, "StartRun", request, lambda: self._started(request, left), secrets)

    def _started(self, request: GateRequest, gone: threading.Event) -> str:
        with contextlib.ExitStack() as held:
            # Not in turn: a clone can take minutes, and nobody else waits for it.
            source = held.enter_context(self.dependencies.sources.open(request, cancel=gone))
            with self._guard:
                run = prepare(self.dependencies, request, source, held, cancel=self.active.closing)
                if gone.is_set() or self.active.closing.is_set():
                    raise Cancelled(
                        f"run {run.ref.run_id} was not started: its caller has gone, or the executor is ending",
                        subject=run.ref.run_id,
                    )
                record(self.dependencies.store, run)
                launch(self.dependencies, run, self.active, held)
        return run.ref.run_id


def prepare(
    dependencies: Dependencies,
    request: GateRequest,
    source: Source,
    held: contextlib.ExitStack,
    *,
    cancel: threading.Event,
) -> PreparedRun:
    """Resolve what the request names, and refuse what cannot be gated. The workspace that it opens is closed with
    ``held``.

    Raises BadRequest in all its kinds, Cancelled, AutopackError.
    """
    repository = source.repository
    run_id = request.run_id or generated_run_id(dependencies.clock_ms(), randbits(32))
    ref = AttemptRef(run_id=run_id, phase=PHASE, attempt=1)
    if request.run_id is not None:
        _refuse_taken(dependencies.store, run_id)
    base = resolve_base(repository, request)
    command = dependencies.commands.resolve(request, repository, base)
    policy_file = policy_of(repository, base, request.policy, request.configuration)
    command = with_setup(dependencies.environments, repository, command, base, cancel=cancel)
    if base is not None:
        refuse_project_elsewhere(dependencies.environments, repository, base, command, cancel=cancel)
    workspace = held.enter_context(dependencies.workspaces.open_run(run_id, repository.root))
    applied = _materialised(dependencies.patches, repository, request.candidate, base, ref)
    head = applied.tree
    refuse_nothing(request, base, head)
    refuse_tracked(repository, command, base, head)
    spec = RunSpec(
        run_id=run_id,
        repository=source.name,
        base=base,
        head=head,
        candidate=_kind(request.candidate),
        interpreter=str(command.interpreter),
        arguments=command.arguments,
        setup=command.setup,
        timeout_ms=command.timeout_ms,
        patch_fixes=applied.fixes,
        folder=command.folder,
        variables=tuple(variable.name for variable in command.variables),
        setup_variables=tuple(variable.name for variable in command.setup_variables),
        copies=tuple(copy.path for copy in command.copies),
        before_side=command.before_side,
        after_side=command.after_side,
    )
    return PreparedRun(
        ref=ref,
        spec=spec,
        command=command,
        source=source,
        workspace=workspace,
        missing_submodules=repository.missing_submodules(base, head),
        no_baseline=request.no_baseline,
        fresh_base=request.fresh_base,
        fixed_patch=applied.patch if applied.fixes else None,
        policy_file=policy_file,
    )


def record(store: Store, run: PreparedRun) -> None:
    """Have the store know the run. Raises RunExists, StoreRefused, StoreUnavailable."""
    try:
        store.create_run(run.spec, run.ref)
    except StoreUnavailable:
        # The run may be there although nobody heard so: who sweeps the workspace ends it.
        run.workspace.leave()
        raise


def launch(dependencies: Dependencies, run: PreparedRun, active: ActiveRuns, held: contextlib.ExitStack) -> None:
    """Execute a recorded run in a thread of its own, which takes over ``held`` and closes it at its end. Where there
    can be no thread (RuntimeError), and where the end is not recorded, the run is left to the next executor.
    """
    kept = held.pop_all()

    def execute(executing: ActiveRun) -> None:
        with kept:
            attempt = GateAttempt(
                ref=run.ref,
                spec=run.spec,
                identity=run.source.identity,
                command=run.command,
                measured_base=None if run.no_baseline else run.spec.base,
                fresh_base=run.fresh_base,
                missing_submodules=run.missing_submodules,
                repository=run.source.repository,
                workspace=run.workspace,
                fixed_patch=run.fixed_patch,
                policy_file=run.policy_file,
                clock_ms=dependencies.clock_ms,
                artifacts=run.source.artifacts,
                environments=dependencies.environments,
                runner=dependencies.runner,
                locks=dependencies.locks,
                store=dependencies.store,
                gatekeeper=dependencies.gatekeeper,
                recorder_version=dependencies.recorder_version,
                cancel=executing.cancel,
                progress=executing.report,
            )
            try:
                executing.outcome = gate(attempt)
            finally:
                if executing.outcome is None or executing.outcome.run is None:
                    run.workspace.leave()

    try:
        active.start(run.ref.run_id, dependencies.clock_ms(), execute)
    except RuntimeError:
        with kept:
            run.workspace.leave()
        raise


def _refuse_taken(store: Store, run_id: str) -> None:
    try:
        store.run(run_id)
    except UnknownRun:
        return
    raise RunExists(f"run {run_id} exists; choose another name or leave it out", subject=run_id)


def _materialised(
    patches: Patches, repository: Repository, candidate: Candidate, base: Tree | None, ref: AttemptRef
) -> AppliedPatch:
    """The candidate as a commit and, for a patch, what was applied."""
    if isinstance(candidate, PatchCandidate):
        return repository.apply_patch(patches.read(candidate.digest), base, ref, fix=candidate.fix)
    return AppliedPatch(tree=repository.materialise(candidate, base, ref), patch=b"", fixes=())


def _kind(candidate: Candidate) -> CandidateKind:
    match candidate:
        case CommitCandidate():
            return CandidateKind.COMMIT
        case PatchCandidate():
            return CandidateKind.PATCH
        case WorktreeCandidate():
            return CandidateKind.WORKTREE
