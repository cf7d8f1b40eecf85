"""Which tests are to be run again on both sides before a decision, because chance may have made them differ."""

from collections.abc import Sequence

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.comparison import Comparison, compare
from autopack_gatekeeper.domain.renames import Renames
from autopack_gatekeeper.domain.retries import AssessedRetry, with_retries
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.delta import Category, Delta
from autopack_model.decision.newly_bad import MAX_NEWLY_BAD, NewlyBad, NewlyBadTests
from autopack_model.evidence.value import Evidence

RETRIED = (Category.ADDED_FAILING, Category.FLAKY_FAILING, Category.NEWLY_FAILING, Category.NEWLY_FLAKY)
"""The categories whose tests a retry can put into a milder one. A test that failed on base is none of them: that it
passes once in a while says nothing for the candidate."""


def newly_bad(
    base: AssessedSide, head: AssessedSide, changed_files: ChangedFiles, known: Sequence[AssessedRetry] = ()
) -> NewlyBadTests:
    """The tests to run again. ``known`` are retries of the base that earlier attempts made; those that are complete and
    ran one of the tests count, and are named.

    No tests where there are more than MAX_NEWLY_BAD, and none where a side is incomplete. Raises IncomparableEvidence
    for a retry of something else.
    """
    if not (base.completeness.complete and head.completeness.complete):
        return NewlyBadTests()
    renames = Renames.of(changed_files)
    comparison = compare(base.evidence, head.evidence, renames)
    if count_newly_bad(comparison.delta) > MAX_NEWLY_BAD:
        return NewlyBadTests()
    on_base = [comparison.names_on_base.get(name, name) for name in _names(comparison)]
    telling = [retry for retry in known if _ran_any(retry, on_base)]
    if telling:
        base = with_retries(base, telling)
        comparison = compare(base.evidence, head.evidence, renames)
    return NewlyBadTests(
        tests=tuple(_test(name, comparison, base.evidence, head.evidence, telling) for name in _names(comparison)),
        base_retries=tuple(retry.facts.evidence_digest for retry in telling),
    )


def count_newly_bad(delta: Delta) -> int:
    """How many tests are newly bad."""
    return sum(delta.cells.count(category) for category in RETRIED)


def _names(comparison: Comparison) -> list[str]:
    return sorted(name for category in RETRIED for name in comparison.tests(category))


def _ran_any(retry: AssessedRetry, names: Sequence[str]) -> bool:
    complete = retry.facts.incomplete_reason is None
    return complete and any(retry.evidence.test_ids.find(name) is not None for name in names)


def _test(
    name: str, comparison: Comparison, base: Evidence, head: Evidence, known: Sequence[AssessedRetry]
) -> NewlyBad:
    old = comparison.names_on_base.get(name, name)
    on_base, on_head = base.test_ids.find(old), head.test_ids.place(name)
    return NewlyBad(
        head_id=name,
        head_state=head.state_of(on_head),
        base_id=None if on_base is None else old,
        base_state=None if on_base is None else base.state_of(on_base),
        base_retries=sum(retry.evidence.test_ids.find(old) is not None for retry in known),
    )
