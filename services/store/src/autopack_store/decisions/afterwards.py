"""What may be added to a decision after its run has ended: further decisions, and the answers of people."""

from autopack_model.approval.value import Answer, Approval, FurtherDecision
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision, Verdict
from autopack_model.identity.value import AttemptRef
from autopack_model.policy.terms import Terms
from autopack_model.run.attempt_state import concluded
from autopack_model.run.value import Attempt, Run, RunState, StandingDecision
from autopack_store.decisions.rules import check_founded, check_terms
from autopack_store.digesting import verified
from autopack_store.errors import FailedPrecondition
from autopack_store.requests import Answer as RequestAnswer
from autopack_store.requests import Request
from autopack_store.runs.lookup import attempt_of, known_run, recommendation
from autopack_store.unit_of_work import Clock, Database, UnitOfWork, mutate


def record_further_decision(
    database: Database,
    clock: Clock,
    request_id: str,
    ref: AttemptRef,
    digest: str,
    decision: Decision,
    terms: Terms,
    name: str,
) -> tuple[int, Verdict, bool]:
    """Record a decision that was made anew; returns the number and the verdict of the one that stands then, and whether
    this request was answered before. One that says the same as the last one is not recorded a second time.

    Raises InvalidValue unless the decision comes to ``digest``, RequestReused, NotFound, FailedPrecondition,
    UnfoundedDecision, DataLoss.
    """
    verified(decision_digest, decision, digest, "start.decision_digest")
    request = Request.of("RecordFurtherDecision", request_id, ref, digest, name)

    def work(store: UnitOfWork) -> str:
        run = known_run(store, ref.run_id)
        attempt, standing = _standing(run, ref)
        check_founded(store, run.spec, attempt, decision)
        check_terms(ref, decision, terms)
        if standing.digest == digest:
            return f"{standing.number} {standing.verdict.name}"
        further = FurtherDecision(
            number=standing.number + 1,
            decision_digest=digest,
            verdict=concluded(decision.verdict, recommendation(store, ref)),
            name=name,
            at_ms=clock(),
        )
        store.decisions.add_further(ref, further, decision, terms)
        return f"{further.number} {further.verdict.name}"

    answer = mutate(database, request, work)
    number, _, verdict = answer.text.partition(" ")
    return int(number), Verdict[verdict], answer.replayed


def record_approval(
    database: Database,
    clock: Clock,
    request_id: str,
    ref: AttemptRef,
    digest: str,
    answer: Answer,
    name: str,
    reason: str,
) -> RequestAnswer:
    """Record a person's answer to the decision with this digest, which has to stand and to be NEEDS_HUMAN.

    Raises InvalidValue, RequestReused, NotFound, FailedPrecondition.
    """
    approval = Approval(answer=answer, decision_digest=digest, name=name, reason=reason, at_ms=clock())
    request = Request.of("RecordApproval", request_id, ref, digest, answer, name, reason)

    def work(store: UnitOfWork) -> str:
        attempt, standing = _standing(known_run(store, ref.run_id), ref)
        if standing.digest != digest:
            raise FailedPrecondition(
                f"the decision of {ref} that stands is {standing.digest}, the answer is to {digest}; look at the run "
                "again",
                subject=str(ref),
            )
        if standing.verdict is not Verdict.NEEDS_HUMAN:
            raise FailedPrecondition(
                f"the verdict on {ref} is {standing.verdict.name}, and only NEEDS_HUMAN takes an answer; a BLOCK takes "
                "a waiver, and an INCONCLUSIVE has to be run again",
                subject=str(ref),
            )
        store.decisions.add_approval(ref, len(attempt.approvals) + 1, approval)
        return answer.label

    return mutate(database, request, work)


def _standing(run: Run, ref: AttemptRef) -> tuple[Attempt, StandingDecision]:
    attempt = attempt_of(run, ref)
    standing = attempt.standing
    if run.state is not RunState.DECIDED or standing is None:
        raise FailedPrecondition(
            f"run {run.spec.run_id} has not ended with a decision (it is {run.state.label}), so that nothing can be "
            "added to one",
            subject=str(ref),
        )
    return attempt, standing
