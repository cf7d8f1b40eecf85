"""Compare two suite runs test by test."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autopack_gatekeeper.domain.alignment import Alignment, Column, align
from autopack_gatekeeper.domain.collectors import SilentCollectors, TouchedFiles, compare_collectors
from autopack_gatekeeper.domain.matrix import MATRIX, Group, group_of, transitions
from autopack_gatekeeper.domain.parameters import reparametrised
from autopack_gatekeeper.domain.renames import Renames
from autopack_gatekeeper.domain.reruns import with_more_reruns
from autopack_gatekeeper.domain.sorted_ids import MergedIds
from autopack_model.decision.delta import Category, Delta
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence

_UNKNOWN = TouchedFiles(paths=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A delta with the ids that its cells stand for, and what no cell can hold.

    ``ids`` is the sorted union of both sides' ids. ``muted_collectors`` holds, per category, the sorted skipped
    collectors of which no test is known. ``names_on_base`` maps the new id of each renamed test to its old one.
    ``new_reruns`` are the ids, ascending, of the tests that do not fail on base and that a plugin may run again more
    often on head. ``merged`` and ``successors`` are those of ``MovedTests``. ``repaired`` are the tests that failed on
    base, and of which only tests with other random parameters, which do not, are left.
    """

    ids: MergedIds
    delta: Delta
    muted_collectors: Mapping[Category, tuple[str, ...]]
    names_on_base: Mapping[str, str]
    new_reruns: tuple[str, ...]
    merged: Mapping[str, str] = field(default_factory=dict)
    successors: Mapping[str, str] = field(default_factory=dict)
    repaired: frozenset[str] = frozenset()

    def subjects(self, category: Category) -> tuple[str, ...]:
        """What the category concerns, ascending: collectors where it lists any, else test ids and muted collectors."""
        collectors = self.delta.collectors.get(category)
        if collectors is not None:
            return collectors
        ids = self.tests(category)
        muted = self.muted_collectors.get(category)
        return ids if muted is None else tuple(sorted({*ids, *muted}))

    def tests(self, category: Category) -> tuple[str, ...]:
        """The ids of the tests in the category, ascending."""
        return tuple(self.ids[index] for index in _positions(self.delta.cells, category))


def compare(base: Evidence | None, head: Evidence, renames: Renames, touched: TouchedFiles = _UNKNOWN) -> Comparison:
    """Put every test id of both sides in exactly one category.

    ``renames`` say which test of base lives on under which name. Without a base every test counts as added. An
    incomplete side gives a delta that is deterministic and strict, but proves nothing.
    """
    base_column, head_column = column(base, renames), column(head, Renames(paths={}))
    return compare_columns(align(base_column, head_column, renames), base_column, head_column, base, head, touched)


def column(evidence: Evidence | None, renames: Renames) -> Column:
    """One side's column, empty without evidence; its silent collectors under the names after ``renames``."""
    silent = SilentCollectors.of(evidence, renames)
    if evidence is None:
        return Column(ids=TestIds(), states=b"", silent=silent)
    return Column(ids=evidence.test_ids, states=evidence.states, silent=silent)


def compare_columns(
    alignment: Alignment,
    base_column: Column,
    head_column: Column,
    base: Evidence | None,
    head: Evidence,
    touched: TouchedFiles = _UNKNOWN,
) -> Comparison:
    """The comparison that follows from aligned columns."""
    collectors = compare_collectors(
        base_column.silent,
        head_column.silent,
        base_ids=base_column.ids,
        head_ids=head_column.ids,
        lost=tuple(alignment.lost.values()),
        touched=touched,
    )
    cells = bytearray(transitions(alignment.base, alignment.head))
    if base is not None:
        _weigh_muted_subtests(cells, alignment, base, head)
    for old in alignment.renamed:
        rewritten = old in alignment.moved.rewritten
        cells[alignment.ids.place(old)] = Category.MOVED_AND_REWRITTEN if rewritten else Category.RENAMED
    new_reruns: tuple[str, ...] = ()
    repaired: frozenset[str] = frozenset()
    if base is not None:
        renamed = reparametrised(alignment, base, head, touched)
        repaired = renamed.repaired
        for name, category in renamed.categories.items():
            cells[alignment.ids.place(name)] = category
        _mark_changed_failures(cells, alignment, base, head)
        new_reruns = _mark_new_reruns(cells, alignment, base, head)
    return Comparison(
        ids=alignment.ids,
        delta=Delta(cells=bytes(cells), collectors=collectors.errors),
        muted_collectors=collectors.muted,
        names_on_base={new: old for old, new in alignment.renamed.items()},
        new_reruns=new_reruns,
        merged=alignment.moved.merged,
        successors=alignment.moved.successors,
        repaired=repaired,
    )


def _weigh_muted_subtests(cells: bytearray, alignment: Alignment, base: Evidence, head: Evidence) -> None:
    """Look at the names where a test is partly muted on head: subtests that were muted on base are nothing new.

    When there are no others, the test counts as good on head. When there are, it does not, also beside a base that was
    partly muted.
    """
    partly = tuple(_positions(alignment.head, TestState.PARTLY_MUTED))
    if not partly:
        return
    base_muted, head_muted = _muted_subtests(base), _muted_subtests(head)
    old_names = {new: old for old, new in alignment.renamed.items()}
    for position in partly:
        name, group = alignment.ids[position], group_of(alignment.base[position])
        muted = head_muted.get(name, frozenset())
        known = muted <= base_muted.get(old_names.get(name, name), frozenset())
        if group is Group.PARTLY and not known:
            cells[position] = Category.NEWLY_MUTED
        elif group in (Group.BAD, Group.FLAKY) and muted and known:
            cells[position] = MATRIX[group, Group.GOOD]


def _muted_subtests(evidence: Evidence) -> dict[str, frozenset[str]]:
    return {
        evidence.test_ids[detail.index]: frozenset(detail.muted_subtests)
        for detail in evidence.details
        if detail.muted_subtests
    }


def _mark_changed_failures(cells: bytearray, alignment: Alignment, base: Evidence, head: Evidence) -> None:
    """Mark the tests that fail in another way on head: both signatures are known, and they differ.

    A signature names the place of the failure, so that those of a test that moved cannot be compared.
    """
    still_failing = [alignment.ids[index] for index in _positions(cells, Category.STILL_FAILING)]
    if not still_failing:
        return
    base_signatures, head_signatures = _signatures(base), _signatures(head)
    old_names = {new: old for old, new in alignment.renamed.items()}
    for name in still_failing:
        old = old_names.get(name, name)
        before, after = base_signatures.get(old), head_signatures.get(name)
        if before and after and before != after and old not in alignment.moved.ids:
            cells[alignment.ids.place(name)] = Category.CHANGED_FAILURE


def _mark_new_reruns(cells: bytearray, alignment: Alignment, base: Evidence, head: Evidence) -> tuple[str, ...]:
    """Mark the tests that only pass since a plugin may run them again. Returns the others that it may."""
    others = []
    for name in with_more_reruns(alignment, base, head):
        position = alignment.ids.place(name)
        if cells[position] == Category.NEWLY_PASSING:
            cells[position] = Category.PASSES_WITH_NEW_RERUNS
        elif group_of(alignment.base[position]) is not Group.BAD:
            others.append(name)
    return tuple(others)


def _signatures(evidence: Evidence) -> dict[str, str]:
    return {evidence.test_ids[detail.index]: detail.signature for detail in evidence.details if detail.signature}


def _positions(cells: bytes | bytearray, category: Category | TestState) -> Iterator[int]:
    position = cells.find(category)
    while position >= 0:
        yield position
        position = cells.find(category, position + 1)
