"""What people add to a decision after its run has ended."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from autopack_clients.gatekeeper import Replayed
from autopack_model.approval.value import Answer
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.document import waivers_digest
from autopack_model.run.value import RunState, SideEvidence, StandingDecision
from autopack_store.decisions.afterwards import record_approval, record_further_decision
from autopack_store.decisions.rules import get_decision, get_terms, record_decision
from autopack_store.errors import FailedPrecondition, NotFound, UnfoundedDecision
from autopack_store.evidence.rules import upload_evidence
from autopack_store.runs.changed_files import record_changed_files
from autopack_store.runs.ending import Ending
from autopack_store.runs.rules import attach_evidence, create_run, finish_run, get_run
from autopack_store.unit_of_work import SqlDatabase
from autopack_store.upkeep.decisions import DerivedDecisions
from autopack_store.upkeep.verification import Verification
from tests.fakes.evidence import make_evidence
from tests.fakes.store import HEAD_FILES, SATURATED_TERMS, TERMS, first_attempt, make_decision, make_spec
from tests.storage.conftest import Ticks

REF = first_attempt()
HEAD = make_evidence({"a": TestState.PASSED}, revision="c" * 40, tree="d" * 40)
TERMS_WITH_WAIVERS = replace(TERMS, waivers=SATURATED_TERMS.waivers)


class Ended:
    """A store with a run that has ended with a decision."""

    def __init__(self, database: SqlDatabase, clock: Ticks, verdict: Verdict) -> None:
        self.database, self.clock = database, clock
        self.requests = 0
        self.first = make_decision(None, HEAD, verdict=verdict)
        digest = evidence_digest(HEAD)
        create_run(database, clock, self.request(), replace(make_spec(), base=None), REF)
        upload_evidence(database, clock, self.request(), digest, HEAD)
        entry = SideEvidence(side=Side.HEAD, evidence_digest=digest, reused=False)
        attach_evidence(database, self.request(), REF, entry)
        record_changed_files(database, self.request(), REF, HEAD_FILES, None)
        record_decision(
            database, clock, self.request(), REF, decision_digest(self.first), self.first, TERMS, conclude=True
        )
        finish_run(database, clock, self.request(), REF.run_id, Ending(state=RunState.DECIDED, failure=None))

    def request(self) -> str:
        """A request id that nobody used."""
        self.requests += 1
        return f"request-{self.requests}"

    def anew(self, decision: Decision, request_id: str | None = None) -> tuple[int, Verdict, bool]:
        """Record a further decision."""
        return record_further_decision(
            self.database,
            self.clock,
            request_id or self.request(),
            REF,
            decision_digest(decision),
            decision,
            TERMS_WITH_WAIVERS,
            "operator",
        )

    def answer(self, answer: Answer, decision: Decision | None = None) -> None:
        """Record an answer."""
        digest = decision_digest(decision or self.first)
        record_approval(self.database, self.clock, self.request(), REF, digest, answer, "owner", "seen")

    def standing(self) -> StandingDecision | None:
        """What stands."""
        return get_run(self.database, REF.run_id).attempts[0].standing


@pytest.fixture
def ended(database: SqlDatabase, clock: Ticks) -> Callable[[Verdict], Ended]:
    """Makes such a store."""
    return lambda verdict: Ended(database, clock, verdict)


def under_waivers(verdict: Verdict) -> Decision:
    """A decision on the same evidence."""
    decision = make_decision(None, HEAD, verdict=verdict)
    return replace(decision, waivers_digest=waivers_digest(TERMS_WITH_WAIVERS.waivers))


def test_a_further_decision_stands_beside_the_first_one(ended: Callable[[Verdict], Ended]) -> None:
    """The first decision stays as it is, and both are read back with their terms."""
    store, further = ended(Verdict.BLOCK), under_waivers(Verdict.ALLOW)
    assert (1, Verdict.ALLOW, False) == store.anew(further, "again")
    assert (1, Verdict.ALLOW, True) == store.anew(further, "again")
    assert (1, Verdict.ALLOW, False) == store.anew(further)
    assert (store.first, further) == tuple(get_decision(store.database, REF, number) for number in (0, 1))
    assert (TERMS, TERMS_WITH_WAIVERS) == tuple(get_terms(store.database, REF, number) for number in (0, 1))
    run = get_run(store.database, REF.run_id)
    assert (Verdict.BLOCK, [1]) == (
        run.attempts[0].state.verdict,
        [e.number for e in run.attempts[0].further_decisions],
    )
    with pytest.raises(NotFound, match="no further decision 2"):
        get_decision(store.database, REF, 2)
    with pytest.raises(NotFound, match="no further decision 2"):
        get_terms(store.database, REF, 2)


def test_a_person_answers_what_needs_one(ended: Callable[[Verdict], Ended]) -> None:
    """The newest answer counts, and each is kept with who, why and when."""
    store = ended(Verdict.NEEDS_HUMAN)
    exits = []
    for answer in (Answer.APPROVED, Answer.REJECTED):
        store.answer(answer)
        standing = store.standing()
        assert standing is not None
        exits.append(standing.exit_code)
    assert [0, 1] == exits
    said = [(each.answer, each.name, each.reason) for each in get_run(store.database, REF.run_id).attempts[0].approvals]
    assert [(Answer.APPROVED, "owner", "seen"), (Answer.REJECTED, "owner", "seen")] == said


@pytest.mark.parametrize("verdict", [Verdict.ALLOW, Verdict.BLOCK, Verdict.INCONCLUSIVE])
def test_no_other_verdict_takes_an_answer(ended: Callable[[Verdict], Ended], verdict: Verdict) -> None:
    """A BLOCK takes a waiver and an INCONCLUSIVE another run, never a yes."""
    with pytest.raises(FailedPrecondition, match=f"is {verdict.name}, and only NEEDS_HUMAN takes an answer"):
        ended(verdict).answer(Answer.APPROVED)


def test_an_answer_is_about_the_decision_that_stands(ended: Callable[[Verdict], Ended]) -> None:
    """Who saw another decision is asked to look again."""
    store, further = ended(Verdict.BLOCK), under_waivers(Verdict.NEEDS_HUMAN)
    store.anew(further)
    with pytest.raises(FailedPrecondition, match="look at the run again"):
        store.answer(Answer.APPROVED)
    store.answer(Answer.APPROVED, further)
    standing = store.standing()
    assert standing is not None
    assert (1, 0) == (standing.number, standing.exit_code)


def test_a_further_decision_rests_on_the_same_evidence(ended: Callable[[Verdict], Ended]) -> None:
    """Other evidence, and terms of other digests, are refused."""
    store, other = ended(Verdict.BLOCK), make_evidence({"b": TestState.PASSED}, revision="c" * 40, tree="d" * 40)
    waived = waivers_digest(TERMS_WITH_WAIVERS.waivers)
    with pytest.raises(UnfoundedDecision, match="cites"):
        store.anew(replace(make_decision(None, other), waivers_digest=waived))
    with pytest.raises(UnfoundedDecision, match="cites the waivers"):
        store.anew(make_decision(None, HEAD, verdict=Verdict.ALLOW))


def test_a_run_that_goes_on_takes_nothing(database: SqlDatabase, clock: Ticks) -> None:
    """What has no verdict yet can neither be approved nor decided anew."""
    create_run(database, clock, "a", make_spec(), REF)
    with pytest.raises(FailedPrecondition, match="has not ended with a decision"):
        record_approval(
            database, clock, "b", REF, decision_digest(make_decision(None, HEAD)), Answer.APPROVED, "o", "s"
        )


def test_every_decision_of_an_attempt_is_verified(
    ended: Callable[[Verdict], Ended], database: SqlDatabase, engine: Engine
) -> None:
    """Each further decision is derived again after the first one, and so is its record looked at."""
    ended(Verdict.BLOCK).anew(under_waivers(Verdict.ALLOW))
    asked: list[tuple[AttemptRef, int]] = []

    def derive(ref: AttemptRef, number: int) -> Replayed:
        asked.append((ref, number))
        digest = decision_digest(get_decision(database, ref, number))
        return Replayed(recorded_digest=digest, derived_digest=digest, differing=())

    checked = [*DerivedDecisions(engine, derive).checked(0), *Verification(engine).checked(0)]
    assert [] == [damage for each in checked for damage in each.damages]
    assert [(REF, 0), (REF, 1)] == asked
