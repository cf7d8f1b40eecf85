"""What the gatekeeper computes from one side's evidence before it compares anything."""

from dataclasses import dataclass

from autopack_model.decision.value import SideAssessment
from autopack_model.evidence.columns import tally
from autopack_model.evidence.completeness import Completeness, assess
from autopack_model.evidence.document import digest_test_ids, evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import CollectorState


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedSide:
    """One side's evidence with its computed completeness, and the facts that the decision records of it.

    ``test_set`` is the digest of the test ids. Everything follows from the evidence alone.
    """

    evidence: Evidence
    test_set: str
    completeness: Completeness
    facts: SideAssessment

    @property
    def tests(self) -> int:
        """The number of tests."""
        return len(self.evidence.test_ids)

    def ids_in(self, states: frozenset[TestState]) -> tuple[str, ...]:
        """The ids of the tests in one of ``states``, ascending."""
        return tuple(
            test_id
            for test_id, state in zip(self.evidence.test_ids, self.evidence.states, strict=True)
            if state in states
        )


def assess_side(evidence: Evidence, *, beside: AssessedSide | None = None) -> AssessedSide:
    """Compute completeness, digests, counts and collection errors of one side.

    ``beside`` is the other side. Where both have the same test ids, their digest, most of the work, is computed once.
    """
    if beside is not None and beside.evidence.test_ids == evidence.test_ids:
        test_set = beside.test_set
    else:
        test_set = digest_test_ids(evidence.test_ids)
    completeness = assess(evidence)
    counts = tally(evidence.states)
    return AssessedSide(
        evidence=evidence,
        test_set=test_set,
        completeness=completeness,
        facts=SideAssessment(
            evidence_digest=evidence_digest(evidence, test_set=test_set),
            facts_digest=facts_digest(evidence, test_set=test_set),
            tree=evidence.suite_run.tree.tree,
            incomplete_reason=completeness.reason,
            exit_code=evidence.suite_run.exit_code,
            counts={state: counts[state] for state in TestState if state in counts},
            collection_errors=tuple(
                sorted(
                    {
                        outcome.collector
                        for outcome in evidence.suite_run.recorder.collectors
                        if outcome.state is CollectorState.ERRORED
                    }
                )
            ),
        ),
    )
