"""A run is prepared, and refused if it must be, before it is recorded; nothing of a refused one stays open."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from autopack_clients.errors import ExecutorLost, RunExists, StoreRefused, StoreUnavailable
from autopack_executor.errors import InterpreterUnusable, PatchMissing
from autopack_executor.gate.abandoned import record_abandoned
from autopack_executor.gate.start import PreparedRun, prepare
from autopack_git.errors import NotARepository, NothingToGate, PatchDoesNotApply, UnbornBranch, UnknownRevision
from autopack_model.errors import BadRequest, Cancelled, InvalidValue
from autopack_model.gate_request.candidate import CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest
from autopack_model.identity.value import AttemptRef
from autopack_model.run.value import CandidateKind, PatchFix, RunState
from autopack_model.suite_run.value import Tree
from tests.fakes.calls import Pause, raising
from tests.fakes.gate import OPTIONS, REQUEST, Machine
from tests.fakes.gate_machine import INTERPRETER
from tests.fakes.gate_repository import BASE, EDITED, HEAD, PATCH, PATCHED, ROOT, digest_of

PATCH_CANDIDATE = PatchCandidate(digest=digest_of(PATCH), fix=False)

BAD_PATCH = PatchCandidate(digest=digest_of(PATCH + b" "), fix=False)


def _prepared(machine: Machine, request: GateRequest) -> PreparedRun:
    with ExitStack() as held:
        source = held.enter_context(machine.sources.open(request, cancel=threading.Event()))
        return prepare(machine.dependencies, request, source, held, cancel=threading.Event())


def _nothing_stays(machine: Machine) -> bool:
    """Whether no workspace and no source is open, and no run was left to another executor."""
    return not machine.workspaces.open and not machine.sources.open_now and not machine.workspaces.left


def _taken(machine: Machine) -> None:
    machine.attempt("run-1")


def _unusable(machine: Machine) -> None:
    machine.environments.unusable.add(INTERPRETER)


def _unborn(machine: Machine) -> None:
    machine.repository.unborn = True


def _bad(machine: Machine) -> None:
    machine.patches.patches[digest_of(PATCH + b" ")] = PATCH + b" "


def _as_it_is(_: Machine) -> None:
    """Nothing is changed."""


@pytest.mark.parametrize(
    ("request_", "change", "refusal"),
    [
        pytest.param(replace(REQUEST, repository=Path("/elsewhere")), _as_it_is, NotARepository, id="no repository"),
        pytest.param(REQUEST, _taken, RunExists, id="the run id is taken"),
        pytest.param(replace(REQUEST, base="nowhere"), _as_it_is, UnknownRevision, id="no such base"),
        pytest.param(
            replace(REQUEST, candidate=CommitCandidate(revision="nowhere")),
            _as_it_is,
            UnknownRevision,
            id="no such head",
        ),
        pytest.param(
            replace(REQUEST, candidate=PatchCandidate(digest=digest_of(PATCH + b" "), fix=False)),
            _bad,
            PatchDoesNotApply,
            id="a bad patch",
        ),
        pytest.param(
            replace(REQUEST, candidate=CommitCandidate(revision="main")), _as_it_is, NothingToGate, id="head is base"
        ),
        pytest.param(REQUEST, _unusable, InterpreterUnusable, id="a bad interpreter"),
        pytest.param(
            replace(REQUEST, options=replace(OPTIONS, interpreter=None)),
            _unusable,
            InterpreterUnusable,
            id="no interpreter",
        ),
        pytest.param(replace(REQUEST, base=None), _unborn, UnbornBranch, id="no commit"),
    ],
)
def test_bad_input_is_refused(
    machine: Machine, request_: GateRequest, change: Callable[[Machine], None], refusal: type[BadRequest]
) -> None:
    """What cannot be gated is refused by name: nothing is recorded, nothing stays open, and no thread begins."""
    change(machine)
    with pytest.raises(refusal):
        machine.start_run()("request", request_)
    assert "store.create_run" not in machine.calls.names
    assert (True, None) == (_nothing_stays(machine), machine.active.get("run-1"))


def test_a_run_of_another_process_is_refused(machine: Machine) -> None:
    """A run whose workspace is open is refused, and the workspace stays the other's."""
    with machine.workspaces.open_run("run-1", ROOT), pytest.raises(BadRequest):
        machine.start_run()("request", REQUEST)
    assert "store.create_run" not in machine.calls.names
    assert _nothing_stays(machine)


@pytest.mark.parametrize(
    ("request_", "base", "head"),
    [
        (REQUEST, BASE, HEAD),
        (replace(REQUEST, base=None), BASE, HEAD),
        (replace(REQUEST, candidate=PATCH_CANDIDATE), BASE, PATCHED),
        (replace(REQUEST, candidate=PATCH_CANDIDATE, base=None), HEAD, PATCHED),
        (replace(REQUEST, candidate=WorktreeCandidate(), base=None), HEAD, EDITED),
    ],
    ids=["commit", "commit without base", "patch", "patch without base", "worktree"],
)
def test_base_and_head_are_what_the_request_names(
    machine: Machine, request_: GateRequest, base: Tree, head: Tree
) -> None:
    """A base that is not named is the merge-base for a commit, and HEAD for a patch and for edits."""
    spec = _prepared(machine, request_).spec
    assert (base, head) == (spec.base, spec.head)


def test_edits_of_an_unborn_branch_have_no_base(machine: Machine) -> None:
    """In a repository without a commit the user's edits are gated without a base."""
    machine.repository.unborn = True
    spec = _prepared(machine, replace(REQUEST, candidate=WorktreeCandidate(), base=None)).spec
    assert (None, EDITED, CandidateKind.WORKTREE) == (spec.base, spec.head, spec.candidate)


def test_a_prepared_run_says_what_it_is_about(machine: Machine) -> None:
    """The run that is to be recorded has the request's command, and the interpreter that the executor chose."""
    options = replace(OPTIONS, interpreter=None, setup="make")
    run = _prepared(machine, replace(REQUEST, options=options, candidate=PATCH_CANDIDATE, no_baseline=True))
    assert (str(INTERPRETER), ("-q",), "make", 600_000, str(ROOT), CandidateKind.PATCH, True) == (
        run.spec.interpreter,
        run.spec.arguments,
        run.spec.setup,
        run.spec.timeout_ms,
        run.spec.repository,
        run.spec.candidate,
        run.no_baseline,
    )
    assert AttemptRef(run_id="run-1", phase="gate", attempt=1) == run.ref
    assert {run.ref: PATCHED} == machine.repository.branches


def test_a_mended_patch_is_kept_with_the_run(machine: Machine) -> None:
    """Where a patch may be mended, the run says what was done, and keeps the patch as it was applied."""
    _bad(machine)
    machine.start_run()("request", replace(REQUEST, candidate=replace(BAD_PATCH, fix=True)))
    machine.active.close()
    assert (PatchFix.LAST_NEWLINE,) == machine.store.runs["run-1"].spec.patch_fixes
    assert {"run-1": PATCH} == machine.artifacts.patches


def test_a_patch_that_nobody_sent_is_missing(machine: Machine) -> None:
    """A request that names a patch which the executor does not have starts nothing."""
    candidate = PatchCandidate(digest=digest_of(b"other"), fix=False)
    with pytest.raises(PatchMissing):
        machine.start_run()("request", replace(REQUEST, candidate=candidate))
    assert ({}, True) == (machine.store.runs, _nothing_stays(machine))


def test_runs_without_a_name_are_given_one(machine: Machine) -> None:
    """Each request without a run id has a run of its own; the store is not asked whether the name is taken."""
    start = machine.start_run()
    names = [start(f"request-{number}", replace(REQUEST, run_id=None))[0] for number in range(2)]
    machine.active.close()
    assert (2, set(names)) == (len(set(names)), set(machine.store.runs))
    assert "store.run" not in machine.calls.names


def test_a_lost_answer_leaves_the_run_to_the_next_executor(machine: Machine) -> None:
    """When nobody heard whether the run was recorded, its workspace is left, and whoever sweeps it ends the run."""
    machine.calls.after("store.create_run", raising(StoreUnavailable("gone")))
    with pytest.raises(StoreUnavailable):
        machine.start_run()("request", REQUEST)
    assert ({"run-1"}, set(), 0) == (machine.workspaces.left, machine.workspaces.open, machine.sources.open_now)

    record_abandoned(machine.store, "run-1")
    run = machine.store.runs["run-1"]
    assert run.failure is not None
    assert (RunState.FAILED, ExecutorLost.reason) == (run.state, run.failure.code)


@pytest.mark.parametrize("error", [RunExists("taken meanwhile"), StoreRefused("no")], ids=["taken", "refused"])
def test_a_run_that_the_store_refuses_is_nobodys(machine: Machine, error: Exception) -> None:
    """When the store says no, the run may be another's: its workspace is cleared and left to nobody."""
    machine.calls.before("store.create_run", raising(error))
    with pytest.raises(type(error)):
        machine.start_run()("request", REQUEST)
    assert _nothing_stays(machine)


def test_a_repeated_request_is_replayed(machine: Machine) -> None:
    """The same request again gets the run that it started, though its name is taken now."""
    start = machine.start_run()
    assert [("run-1", False), ("run-1", True)] == [start("request", REQUEST) for _ in range(2)]
    assert 1 == machine.calls.names.count("store.create_run")


def test_the_id_of_another_request_is_refused(machine: Machine) -> None:
    """A request id that came with another request starts nothing."""
    start = machine.start_run()
    start("request", REQUEST)
    with pytest.raises(InvalidValue, match="came before"):
        start("request", replace(REQUEST, run_id="run-2"))
    assert ["run-1"] == list(machine.store.runs)


def test_nothing_is_started_for_who_has_gone(machine: Machine) -> None:
    """When the caller goes while the run is prepared, nothing is recorded, nothing stays open, and the id is free."""
    start, gone = machine.start_run(), threading.Event()
    machine.calls.after("repository.materialise", gone.set)
    with pytest.raises(Cancelled):
        start("request", REQUEST, gone)
    assert ({}, True) == (machine.store.runs, _nothing_stays(machine))
    assert ("run-1", False) == start("request", REQUEST)


def test_a_source_is_not_opened_for_who_has_gone(machine: Machine) -> None:
    """A clone ends when its caller goes."""
    gone = threading.Event()
    gone.set()
    with pytest.raises(Cancelled):
        machine.start_run()("request", REQUEST, gone)
    assert ["sources.open"] == machine.calls.names


@pytest.mark.parametrize("step", ["sources.open", "repository.materialise"])
def test_nothing_is_started_once_the_executor_ends(machine: Machine, step: str) -> None:
    """When the executor ends while a run is prepared, nothing is recorded and nothing stays open."""
    machine.calls.before(step, machine.active.close)
    with pytest.raises(Cancelled):
        machine.start_run()("request", REQUEST)
    assert ({}, True) == (machine.store.runs, _nothing_stays(machine))


def test_an_ending_executor_looks_at_no_interpreter(machine: Machine) -> None:
    """When the executor ends, what a request waits for in its preparation ends too."""
    machine.calls.before("environments.check", machine.active.close)
    with pytest.raises(Cancelled):
        machine.start_run()("request", REQUEST)
    assert "environments.check" == machine.calls.names[-1]


def test_a_start_does_not_wait_for_anothers_clone(machine: Machine) -> None:
    """While one request's repository is fetched, another run is started."""
    start, fetching = machine.start_run(), Pause()
    machine.calls.before_number(0, fetching)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(start, "slow", REQUEST)
        fetching.reached()
        assert ("run-2", False) == start("quick", replace(REQUEST, run_id="run-2"))
        fetching.release()
    assert ("run-1", False) == slow.result()


def test_runs_are_prepared_one_after_the_other(machine: Machine) -> None:
    """Of two requests for the same run one is started, and the other is refused because the name is taken."""
    start, recording = machine.start_run(), Pause()
    machine.calls.before("store.create_run", recording)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(start, "first", REQUEST)
        recording.reached()
        machine.calls.after("sources.open", recording.release)
        second = pool.submit(start, "second", REQUEST)
    assert ("run-1", False) == first.result()
    assert isinstance(second.exception(), RunExists)
