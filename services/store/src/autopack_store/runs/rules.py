"""What may be done with runs and their attempts. Functions that take a unit of work are parts of a mutation; the others
are the RPCs of RunService.
"""

from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import CONCLUSIONS, AttemptState, concluded
from autopack_model.run.value import Attempt, Run, RunSpec, RunState, SideEvidence, check_size
from autopack_store.errors import AlreadyExists, AlreadyRecorded, NotFound
from autopack_store.requests import Answer, Request
from autopack_store.runs.ending import Ending, check_ending
from autopack_store.runs.lifecycle import check_conclusion, check_step, must_conclude, state_at_end
from autopack_store.runs.lookup import (
    advance,
    attempt_of,
    check_decision,
    check_undecided,
    known_attempt,
    known_run,
    open_attempt,
    recommendation,
    running,
)
from autopack_store.runs.page import Page, Position
from autopack_store.unit_of_work import Clock, Database, UnitOfWork, mutate

MAX_BYTES = 1024 * 1024
_SMALL_FIELDS = 512
_ENDINGS = {RunState.FAILED: AttemptState.FAILED, RunState.CANCELLED: AttemptState.CANCELLED}


def attach(store: UnitOfWork, ref: AttemptRef, evidence: SideEvidence) -> None:
    """Attach the evidence of one suite run of a side to an attempt, once; the same again is fine.

    Raises NotFound, RunEnded, AttemptEnded, AlreadyRecorded, FailedPrecondition, DataLoss.
    """
    run = running(store, ref.run_id)
    attempt = check_undecided(attempt_of(run, ref))
    attached = attempt.suite_run(evidence.side, evidence.retry)
    if attached == evidence:
        return
    if attached is not None:
        raise AlreadyRecorded(
            f"attempt {ref} has other {evidence.side.name} evidence{_of_retry(evidence)}, {attached.evidence_digest}; "
            "start a new attempt",
            subject=str(ref),
        )
    if store.evidence.facts_digest(evidence.evidence_digest) is None:
        raise NotFound(
            f"there is no evidence {evidence.evidence_digest}; upload it first", subject=evidence.evidence_digest
        )
    advance(store, attempt, AttemptState.TESTING)
    store.runs.attach(ref, evidence)
    # On the other sides a test meets code that is not its own: that is no outcome of the test's history.
    if not evidence.reused and evidence.side in (Side.BASE, Side.HEAD):
        store.history.record(ref, evidence.side, evidence.retry, run.spec.repository)


def _of_retry(evidence: SideEvidence) -> str:
    return f" of retry {evidence.retry}" if evidence.retry else ""


def conclude(store: UnitOfWork, ref: AttemptRef, state: AttemptState) -> None:
    """Conclude a decided attempt as ``state``, which must be what its decision and its auditor come to; just so again
    is fine.

    Raises NotFound, RunEnded, AttemptEnded, WrongConclusion, FailedPrecondition, DataLoss.
    """
    attempt = known_attempt(store, ref)
    check_decision(store, attempt)
    if must_conclude(attempt, recommendation(store, ref), state):
        store.runs.advance(ref, state)


def conclude_as_decided(store: UnitOfWork, ref: AttemptRef) -> AttemptState:
    """Conclude a decided attempt as what its decision and an auditor who had its say come to; returns that state.

    An attempt that was concluded before stays as it is. Raises NotFound, RunEnded, AttemptEnded, FailedPrecondition,
    DataLoss.
    """
    attempt = known_attempt(store, ref)
    if attempt.verdict is None or attempt.state.verdict is not None:
        return attempt.state
    state = CONCLUSIONS[concluded(attempt.verdict, recommendation(store, ref))]
    conclude(store, ref, state)
    return state


def create_run(database: Database, clock: Clock, request_id: str, spec: RunSpec, first: AttemptRef) -> Answer:
    """Record a new run with its first attempt. Raises InvalidValue, AlreadyExists, RequestReused."""
    request = Request.of("CreateRun", request_id, check_size(spec), first)
    if first.run_id != spec.run_id:
        raise InvalidValue("attempt.run_id", f"{first.run_id} is not the run of the spec, {spec.run_id}")

    def work(store: UnitOfWork) -> str:
        if not store.runs.add(spec, first, clock()):
            raise AlreadyExists(f"the run id {spec.run_id} is taken; choose another one", subject=spec.run_id)
        return "created"

    return mutate(database, request, work)


def get_run(database: Database, run_id: str) -> Run:
    """The run. Raises NotFound."""
    with database.read() as store:
        return known_run(store, run_id)


def list_runs(database: Database, page: Page) -> tuple[tuple[Run, ...], str]:
    """The runs of the page, newest first, and the token of the next one (empty at the end). Long runs make a page
    shorter: it has about MAX_BYTES at the most, unless its only run has more.
    """
    with database.read() as store:
        found = store.runs.page(page)
    runs = found[: _fitting(found[: page.size])]
    if len(found) == len(runs):
        return runs, ""
    last = runs[-1]
    return runs, page.token_after(Position(created_at_ms=last.created_at_ms, run_id=last.spec.run_id))


def attach_evidence(database: Database, request_id: str, ref: AttemptRef, evidence: SideEvidence) -> Answer:
    """See ``attach``. Raises RequestReused besides."""

    def work(store: UnitOfWork) -> str:
        attach(store, ref, evidence)
        return "attached"

    return mutate(database, Request.of("AttachEvidence", request_id, ref, evidence), work)


def advance_attempt(database: Database, request_id: str, ref: AttemptRef, state: AttemptState) -> Answer:
    """Say how far an attempt is; the state that it has already is fine.

    Raises InvalidValue, NotFound, RunEnded, AttemptEnded, FailedPrecondition, RequestReused.
    """
    request = Request.of("AdvanceAttempt", request_id, ref, check_step(state))

    def work(store: UnitOfWork) -> str:
        advance(store, open_attempt(store, ref), state)
        return state.label

    return mutate(database, request, work)


def conclude_attempt(database: Database, request_id: str, ref: AttemptRef, state: AttemptState) -> Answer:
    """See ``conclude``. Raises InvalidValue and RequestReused besides."""
    request = Request.of("ConcludeAttempt", request_id, ref, check_conclusion(state))

    def work(store: UnitOfWork) -> str:
        conclude(store, ref, state)
        return state.label

    return mutate(database, request, work)


def finish_run(database: Database, clock: Clock, request_id: str, run_id: str, ending: Ending) -> Answer:
    """End a run; ending it just so again is fine. Raises NotFound, RunEnded, FailedPrecondition, DataLoss,
    RequestReused.
    """
    request = Request.of("FinishRun", request_id, run_id, ending)

    def work(store: UnitOfWork) -> str:
        run = known_run(store, run_id)
        if check_ending(run, ending):
            for attempt in run.attempts:
                _end(store, attempt, ending)
            store.runs.finish(run_id, ending, max(clock(), run.created_at_ms))
        return "ended"

    return mutate(database, request, work)


def _end(store: UnitOfWork, attempt: Attempt, ending: Ending) -> None:
    if ending.state is RunState.DECIDED:
        check_decision(store, attempt)
    if not attempt.state.final:
        store.runs.advance(attempt.ref, _ENDINGS.get(ending.state) or state_at_end(attempt))


def _fitting(runs: tuple[Run, ...]) -> int:
    """How many of the runs, at least one, have at most MAX_BYTES together."""
    total = 0
    for count, run in enumerate(runs):
        total += _size(run)
        if count and total > MAX_BYTES:
            return count
    return len(runs)


def _size(run: Run) -> int:
    spec, failure = run.spec, run.failure
    commands = (spec.setup or "", spec.before_side or "", spec.after_side or "")
    names = (*spec.variables, *spec.setup_variables, *spec.copies, *spec.allowed_paths)
    texts = (spec.repository, spec.interpreter, spec.folder, *commands, *spec.arguments, *names)
    said = 0 if failure is None else len(failure.message.encode())
    return said + sum(len(text.encode()) + 4 for text in texts) + _SMALL_FIELDS * (1 + len(run.attempts))
