"""Which tests are to be run again on both sides before a decision, because chance may have made them differ."""

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.comparison import Comparison, compare
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.delta import Category, Delta
from autopack_model.decision.newly_bad import MAX_NEWLY_BAD, NewlyBad
from autopack_model.evidence.value import Evidence

RETRIED = (Category.ADDED_FAILING, Category.FLAKY_FAILING, Category.NEWLY_FAILING, Category.NEWLY_FLAKY)
"""The categories whose tests a retry can put into a milder one. A test that failed on base is none of them: that it
passes once in a while says nothing for the candidate."""


def newly_bad(base: AssessedSide, head: AssessedSide, changed_files: ChangedFiles) -> tuple[NewlyBad, ...]:
    """The tests to run again, ascending by their ids on head.

    None where there are more than MAX_NEWLY_BAD, and none where a side is incomplete.
    """
    if not (base.completeness.complete and head.completeness.complete):
        return ()
    comparison = compare(base.evidence, head.evidence, Renames.of(changed_files))
    if count_newly_bad(comparison.delta) > MAX_NEWLY_BAD:
        return ()
    names = sorted(name for category in RETRIED for name in comparison.tests(category))
    return tuple(_test(name, comparison, base.evidence, head.evidence) for name in names)


def count_newly_bad(delta: Delta) -> int:
    """How many tests are newly bad."""
    return sum(delta.cells.count(category) for category in RETRIED)


def _test(name: str, comparison: Comparison, base: Evidence, head: Evidence) -> NewlyBad:
    old = comparison.names_on_base.get(name, name)
    on_base, on_head = base.test_ids.find(old), head.test_ids.place(name)
    return NewlyBad(
        head_id=name,
        head_state=head.state_of(on_head),
        base_id=None if on_base is None else old,
        base_state=None if on_base is None else base.state_of(on_base),
    )
