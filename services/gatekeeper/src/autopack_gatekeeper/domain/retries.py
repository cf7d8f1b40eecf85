"""Retries of some of a side's tests: what they add to the states that the suite run of the side found.

They only add evidence (docs/decisions/0024). An incomplete retry counts for nothing, and so does what it says of tests
that the suite run does not have.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.errors import IncomparableEvidence
from autopack_model.decision.value import RetryAssessment
from autopack_model.evidence.columns import tally
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestDetail, TestState, fold
from autopack_model.evidence.value import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedRetry:
    """The evidence of a retry, and the facts that the decision records of it."""

    evidence: Evidence
    facts: RetryAssessment


def assess_retry(evidence: Evidence) -> AssessedRetry:
    """Compute completeness and digests of a retry."""
    return AssessedRetry(
        evidence=evidence,
        facts=RetryAssessment(
            evidence_digest=evidence_digest(evidence),
            facts_digest=facts_digest(evidence),
            incomplete_reason=assess(evidence).reason,
        ),
    )


def with_retries(side: AssessedSide, retries: Sequence[AssessedRetry]) -> AssessedSide:
    """``side`` with the state of each test folded over its suite run and its ``retries``, in any order.

    Completeness and digests stay those of the suite run. Raises IncomparableEvidence for a retry of another tree or of
    another test command.
    """
    if not retries:
        return side
    for retry in retries:
        _check_same_measurement(side, retry)
    evidence = _folded(side.evidence, [retry.evidence for retry in retries if retry.facts.incomplete_reason is None])
    counts = tally(evidence.states)
    facts = replace(
        side.facts,
        counts={state: counts[state] for state in TestState if state in counts},
        retries=tuple(retry.facts for retry in retries),
    )
    return replace(side, evidence=evidence, facts=facts)


def _folded(suite: Evidence, retries: Sequence[Evidence]) -> Evidence:
    states = bytearray(suite.states)
    details = {detail.index: detail for detail in suite.details}
    for retry in retries:
        for index, state, detail in _outcomes(suite, retry):
            states[index] = fold((TestState(states[index]), state))
            known = details.get(index)
            if known is not None:
                details[index] = replace(
                    known, executions=known.executions + (1 if detail is None else detail.executions)
                )
            elif detail is not None:
                details[index] = replace(detail, index=index, executions=detail.executions + 1)
    kept = [details[index] for index in sorted(details) if states[index] != TestState.PASSED]
    return replace(suite, states=bytes(states), details=tuple(kept))


def _outcomes(suite: Evidence, retry: Evidence) -> Iterator[tuple[int, TestState, TestDetail | None]]:
    """What a retry says of the tests of ``suite``: their indices there, their states and their details."""
    details = {detail.index: detail for detail in retry.details}
    for position, test_id in enumerate(retry.test_ids):
        index = suite.test_ids.find(test_id)
        if index is not None:
            yield index, retry.state_of(position), details.get(position)


def _check_same_measurement(side: AssessedSide, retry: AssessedRetry) -> None:
    suite, again = side.evidence.suite_run, retry.evidence.suite_run
    if suite.tree.tree != again.tree.tree:
        raise IncomparableEvidence(
            f"a retry is of tree {again.tree.tree}, the suite run of its side of {suite.tree.tree}; run the tests of "
            "the side again",
            subject="retry",
        )
    commands = [None if run.setup is None else run.setup.command for run in (suite, again)]
    if suite.arguments != again.arguments or commands[0] != commands[1]:
        raise IncomparableEvidence(
            f"a retry was run with the pytest arguments {list(again.arguments)} and set up by {commands[1]!r}, the "
            f"suite run of its side with {list(suite.arguments)} and {commands[0]!r}; use the same test command",
            subject="retry",
        )
