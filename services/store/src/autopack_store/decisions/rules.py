"""What may be recorded as the decision of an attempt, once."""

from autopack_model.changed_files.value import ChangedFilesStatus
from autopack_model.decision.document import decision_digest
from autopack_model.decision.recorded import RecordedDecision
from autopack_model.decision.value import Decision, RetryAssessment, SideAssessment
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.document import policy_digest, waivers_digest
from autopack_model.policy.terms import Terms
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt, RunSpec
from autopack_store.digesting import verified
from autopack_store.errors import AlreadyRecorded, NotFound, UnfoundedDecision
from autopack_store.requests import Request
from autopack_store.runs.lookup import advance, attempt_of, known_attempt, running
from autopack_store.runs.rules import conclude_as_decided
from autopack_store.unit_of_work import Clock, Database, UnitOfWork, mutate

_PRESENT, _RECORDED = "present", "recorded"


def record(store: UnitOfWork, ref: AttemptRef, digest: str, decision: Decision, terms: Terms, now_ms: int) -> bool:
    """Record the decision of an attempt, which comes to ``digest``, and its ``terms``; False when it was there already.

    Raises NotFound, RunEnded, AttemptEnded, AlreadyRecorded, UnfoundedDecision, FailedPrecondition.
    """
    run = running(store, ref.run_id)
    attempt = attempt_of(run, ref)
    check_founded(store, run.spec, attempt, decision)
    check_terms(ref, decision, terms)
    if attempt.decision_digest == digest:
        return False
    if attempt.decision_digest is not None:
        raise AlreadyRecorded(
            f"attempt {ref} has another decision, {attempt.decision_digest}; start a new attempt", subject=str(ref)
        )
    advance(store, attempt, AttemptState.DECIDING)
    store.decisions.add(ref, decision, digest, terms, now_ms)
    return True


def record_decision(
    database: Database,
    clock: Clock,
    request_id: str,
    ref: AttemptRef,
    digest: str,
    decision: Decision,
    terms: Terms,
    *,
    conclude: bool,
) -> RecordedDecision:
    """Record the decision and, where it is to ``conclude`` the attempt, what it and an auditor who had its say come to.

    Raises InvalidValue unless the decision comes to ``digest``, RequestReused, and what ``record`` and
    ``conclude_as_decided`` raise.
    """
    verified(decision_digest, decision, digest, "start.decision_digest")
    cited = tuple(None if assessed is None else assessed.evidence_digest for _, assessed in decision.sides())
    request = Request.of("RecordDecision", request_id, ref, digest, cited, conclude)

    def work(store: UnitOfWork) -> str:
        news = _RECORDED if record(store, ref, digest, decision, terms, clock()) else _PRESENT
        state = conclude_as_decided(store, ref) if conclude else known_attempt(store, ref).state
        return f"{news} {state.name}"

    answer = mutate(database, request, work)
    news, _, state = answer.text.partition(" ")
    return RecordedDecision(state=AttemptState[state], already_present=news == _PRESENT, replayed=answer.replayed)


def get_decision(database: Database, ref: AttemptRef, number: int = 0) -> Decision:
    """The first decision of an attempt, or the further one with ``number``, verified. Raises NotFound, DataLoss."""
    with database.read() as store:
        found = store.decisions.get(ref, number)
    if found is None:
        raise _undecided(ref, number)
    return found


def get_terms(database: Database, ref: AttemptRef, number: int = 0) -> Terms:
    """The terms of such a decision, verified. Raises NotFound, DataLoss."""
    with database.read() as store:
        found = store.decisions.terms(ref, number)
    if found is None:
        raise _undecided(ref, number)
    return found


def _undecided(ref: AttemptRef, number: int) -> NotFound:
    which = f"further decision {number}" if number else "decision"
    return NotFound(f"attempt {ref} has no {which}", subject=str(ref))


def check_terms(ref: AttemptRef, decision: Decision, terms: Terms) -> None:
    """Raise UnfoundedDecision unless the decision cites the digests of ``terms``."""
    for what, cited, given in (
        ("policy", decision.policy_digest, policy_digest(terms.policy)),
        ("waivers", decision.waivers_digest, waivers_digest(terms.waivers)),
    ):
        if cited != given:
            raise UnfoundedDecision(
                f"the decision on {ref} cites the {what} {cited}, given with it is {given}; decide again",
                subject=str(ref),
            )


def _check_trees(spec: RunSpec, attempt: Attempt, decision: Decision) -> None:
    for side, tree, assessed in ((Side.BASE, spec.base, decision.base), (Side.HEAD, spec.head, decision.head)):
        if assessed is not None and (tree is None or assessed.tree != tree.tree):
            raise UnfoundedDecision(
                f"the decision on {attempt.ref} judges tree {assessed.tree} for {side.name}, the run is about "
                f"{'none' if tree is None else tree.tree}; measure that one",
                subject=str(attempt.ref),
            )


def check_founded(store: UnitOfWork, spec: RunSpec, attempt: Attempt, decision: Decision) -> None:
    """Raise UnfoundedDecision unless the decision rests on what is attached to its attempt."""
    _check_trees(spec, attempt, decision)
    for side, assessed in decision.sides():
        _check_side(store, attempt, side, assessed)
    recorded = store.changed_files.digest(attempt.ref)
    if recorded is None:
        if decision.changed_files_status is not ChangedFilesStatus.UNKNOWN:
            raise UnfoundedDecision(
                f"the decision on {attempt.ref} takes the changed files for {decision.changed_files_status.label}, but "
                "none were recorded; record them first",
                subject=str(attempt.ref),
            )
    elif recorded != decision.changed_files_digest:
        raise UnfoundedDecision(
            f"the decision on {attempt.ref} rests on changed files {decision.changed_files_digest}, recorded are "
            f"{recorded}; decide again",
            subject=str(attempt.ref),
        )


def _check_side(store: UnitOfWork, attempt: Attempt, side: Side, assessed: SideAssessment | None) -> None:
    attached = [entry.evidence_digest for entry in attempt.suite_runs(side)]
    cited: list[SideAssessment | RetryAssessment] = [] if assessed is None else [assessed, *assessed.retries]
    if [each.evidence_digest for each in cited] != attached:
        raise UnfoundedDecision(
            f"the decision on {attempt.ref} cites "
            f"{', '.join(each.evidence_digest for each in cited) or 'no evidence'} for {side.name}, attached is "
            f"{', '.join(attached) or 'none'}; attach what was measured, then decide again",
            subject=str(attempt.ref),
        )
    for each in cited:
        facts = store.evidence.facts_digest(each.evidence_digest)
        if facts != each.facts_digest:
            raise UnfoundedDecision(
                f"the decision on {attempt.ref} was derived from facts {each.facts_digest} for {side.name}, the "
                f"evidence comes to {facts}; decide again",
                subject=str(attempt.ref),
            )
