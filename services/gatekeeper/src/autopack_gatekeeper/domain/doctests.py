"""Doctests of product, whose expectations no cross side can put back (docs/decisions/0032)."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from autopack_gatekeeper.domain.comparison import Comparison
from autopack_gatekeeper.domain.test_side import holds_tests
from autopack_model.decision.delta import Category as C
from autopack_model.decision.delta import Delta
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import FindingRule, Findings

_OTHER = (FindingRule.EXPECTATION_CHANGED, FindingRule.ASSERTION_LOOSER, FindingRule.EXAMPLE_SKIPPED)
_JUDGED: Mapping[tuple[C, FindingRule], C] = MappingProxyType(
    {(C.STILL_PASSING, rule): C.REWRITTEN for rule in _OTHER}
    | {(C.NEWLY_PASSING, rule): C.PASSES_BY_EDIT for rule in (*_OTHER, FindingRule.ASSERTION_REMOVED)}
)


def judged_by_examples(comparison: Comparison, base: Evidence, findings: Findings) -> Comparison:
    """``comparison`` with what was done to the examples of product: a docstring is no file of its own, so that base's
    version of it cannot be run on the candidate's code, and the edit itself has to speak.
    """
    cells = bytearray(comparison.delta.cells)
    for found in findings.found:
        if not found.of_doctest or not found.test or holds_tests(found.path, base):
            continue
        place = comparison.ids.place(found.test)
        if place < len(comparison.ids) and comparison.ids[place] == found.test:
            cells[place] = _JUDGED.get((C(cells[place]), found.rule), cells[place])
    return replace(comparison, delta=Delta(cells=bytes(cells), collectors=comparison.delta.collectors))
