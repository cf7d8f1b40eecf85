"""Finding the run and the attempt that a call names."""

from autopack_model.auditor_result.value import Recommendation
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt, Run
from autopack_store.errors import AlreadyRecorded, NotFound
from autopack_store.runs.ending import check_running
from autopack_store.runs.lifecycle import check_concluded, check_going_on, must_advance
from autopack_store.unit_of_work import UnitOfWork


def known_run(store: UnitOfWork, run_id: str) -> Run:
    """The run. Raises NotFound."""
    run = store.runs.get(run_id)
    if run is None:
        raise NotFound(f"there is no run {run_id}; list the known ones with ListRuns", subject=run_id)
    return run


def running(store: UnitOfWork, run_id: str) -> Run:
    """The run, which is in progress. Raises NotFound, RunEnded."""
    return check_running(known_run(store, run_id))


def attempt_of(run: Run, ref: AttemptRef) -> Attempt:
    """The attempt of ``run``. Raises NotFound."""
    found = next((attempt for attempt in run.attempts if attempt.ref == ref), None)
    if found is None:
        known = ", ".join(str(attempt.ref) for attempt in run.attempts[:5])
        raise NotFound(f"there is no attempt {ref}; the run has {known}", subject=str(ref))
    return found


def known_attempt(store: UnitOfWork, ref: AttemptRef) -> Attempt:
    """The attempt of a run that is in progress, whether it has ended itself or not. Raises NotFound, RunEnded."""
    return attempt_of(running(store, ref.run_id), ref)


def open_attempt(store: UnitOfWork, ref: AttemptRef) -> Attempt:
    """The attempt, to which something can be added. Raises NotFound, RunEnded, AttemptEnded."""
    return check_going_on(known_attempt(store, ref))


def check_undecided(attempt: Attempt) -> Attempt:
    """The attempt, while something can be added to what is decided on. Raises AttemptEnded, AlreadyRecorded."""
    if check_going_on(attempt).decision_digest is not None:
        raise AlreadyRecorded(
            f"attempt {attempt.ref} was decided; what its decision rests on cannot change, start a new attempt",
            subject=str(attempt.ref),
        )
    return attempt


def advance(store: UnitOfWork, attempt: Attempt, state: AttemptState) -> None:
    """Put ``attempt`` into ``state`` unless it is there. Raises AttemptEnded, FailedPrecondition."""
    if must_advance(attempt, state):
        store.runs.advance(attempt.ref, state)


def check_same_attempt(ref: AttemptRef, named: AttemptRef) -> None:
    """Raise InvalidValue unless the result names the attempt for which it is sent."""
    if named != ref:
        raise InvalidValue("chunk.result.attempt", f"{named} is not the attempt that the start names, {ref}")


def recommendation(store: UnitOfWork, ref: AttemptRef) -> Recommendation | None:
    """What the auditor of an attempt recommends, None when it has not had its say. Raises DataLoss."""
    audit = store.results.auditor(ref)
    return None if audit is None else audit.result.recommendation


def check_decision(store: UnitOfWork, attempt: Attempt) -> None:
    """Compare what is listed of a decided attempt with the records themselves. Raises DataLoss when they differ."""
    decision = store.decisions.get(attempt.ref)
    if decision is not None:
        check_concluded(attempt, decision.verdict, recommendation(store, attempt.ref))
