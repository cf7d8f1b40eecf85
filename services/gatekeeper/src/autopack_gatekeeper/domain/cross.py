"""The third side: what base's tests say of the candidate's code (docs/rules.md, docs/decisions/0032).

It is looked at where the edited suite cannot tell: where a test that was edited passes, and where one is muted or gone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.collectors import SilentCollectors
from autopack_gatekeeper.domain.comparison import Comparison
from autopack_gatekeeper.domain.cross_table import BESIDE, TABLE
from autopack_gatekeeper.domain.followed_names import FollowedNames, wants_a_name
from autopack_gatekeeper.domain.matrix import Group, group_of
from autopack_gatekeeper.domain.renames import Renames
from autopack_gatekeeper.domain.sorted_ids import differences
from autopack_gatekeeper.domain.test_side import TestSideFiles
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.delta import Category as C
from autopack_model.decision.delta import Delta
from autopack_model.evidence.outcome import GOOD, TestState
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import WEAKER_TEST, Findings

# The categories of tests that base may not know by name, because their module was silent there.
_NOT_ON_BASE = (C.COLLECTED, C.COLLECTED_MUTED, C.UNMUTED)

# How pytest says that a test that had to fail has passed.
_PASSED_AFTER_ALL = "[XPASS(strict)]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """A test of base on the candidate's code: its group, what its failure says, and whether it failed as expected."""

    group: Group
    message: str
    as_expected: bool = False


def judged_by_base(
    comparison: Comparison, base: Evidence, cross: AssessedSide, files: TestSideFiles, changed_files: ChangedFiles
) -> Comparison:
    """``comparison`` with what the complete ``cross`` side says of base's tests, on which the ``files`` are as on base:
    of the tests that were not run there it says nothing. The findings tell which tests only follow moved names; where
    helpers or data of the tests changed as well, these may be what makes such a test pass. They also tell whether a
    test was weakened that base's version skips, so that nothing can run it.
    """
    judging = _Judging(comparison, base, files, changed_files.findings)
    for old, said in _looked_at(comparison, base, cross.evidence, files, changed_files):
        judging.take(old, said)
    cells, unknown = judging.cells, judging.unknown
    for place in _beside(unknown, comparison):
        cells[place] = BESIDE.get(C(cells[place]), cells[place])
    for place, category in _replaced(unknown, comparison, base, cells):
        cells[place] = category
    return replace(
        comparison,
        delta=Delta(cells=bytes(cells), collectors=comparison.delta.collectors),
        muted_collectors=_hiding(comparison.muted_collectors, unknown),
    )


class _Judging:
    """Base's tests on the candidate's code, one after the other: what they make of the ``cells``, and those that fail
    there and that neither base nor head has (``unknown``).
    """

    def __init__(self, comparison: Comparison, base: Evidence, files: TestSideFiles, findings: Findings) -> None:
        self.cells = bytearray(comparison.delta.cells)
        self.unknown: list[str] = []
        self._comparison = comparison
        self._base = base
        self._followed = FollowedNames(findings.found if files.only_modules else ())
        self._weaker = {each.test for each in findings.found if each.rule in WEAKER_TEST}
        self._names_on_head = {old: new for new, old in comparison.names_on_base.items()}

    def take(self, old: str, said: _Base) -> None:
        """Take what base's test ``old`` came to."""
        name = self._names_on_head.get(old, old)
        place = self._place(name)
        if place is not None:
            self.cells[place] = self._judged(place, old, name, said)
        elif said.group in (Group.BAD, Group.FLAKY):
            self.unknown.append(name)

    def _judged(self, place: int, old: str, name: str, said: _Base) -> C:
        cell = C(self.cells[place])
        category = TABLE.get((cell, said.group), cell)
        if cell is C.UNMUTED:
            return self._unmuted(name, said, category)
        if cell is C.REMOVED:
            return self._gone(old, name, said, category)
        if cell is C.REPARAMETRISED and self._base.state_of(self._base.test_ids.place(old)) not in GOOD:
            # Else it fails as it did.
            return C.PASSES_BY_EDIT if category is not cell and old in self._comparison.repaired else cell
        return C.ADAPTED if category is C.REWRITTEN and self._followed.explain(name, said.message) else category

    def _unmuted(self, name: str, said: _Base, category: C) -> C:
        if said.message.startswith(_PASSED_AFTER_ALL):
            return C.UNMUTED
        # Where the edited test is not expected to fail any more, base's version that fails as expected has failed.
        weaker = said.group is Group.MUTED and name.partition("[")[0] in self._weaker
        return C.PASSES_BY_EDIT if said.as_expected or weaker else category

    def _gone(self, old: str, name: str, said: _Base, category: C) -> C:
        new = self._followed.on_head(name)
        if self._passes_on_head(new, C.ADDED_PASSING) is not None and self._followed.explain(new, said.message):
            return C.ADAPTED
        if said.group is Group.GOOD:
            goes_on = self._heir(self._comparison.merged, old, C.ADDED_PASSING, C.STILL_PASSING) is not None
            return C.MOVED_AND_REWRITTEN if goes_on else category
        heir = self._heir(self._comparison.successors, old, C.ADDED_PASSING)
        if heir is not None:
            # It was renamed and edited: judged like one that was edited in place.
            self.cells[heir] = C.REWRITTEN
            return C.RENAMED
        if category is C.HIDDEN_FAILING and wants_a_name(said.message):
            return C.RETIRED_WITH_SUBJECT
        return category

    def _heir(self, heirs: Mapping[str, str], old: str, *passing: C) -> int | None:
        """The place of the test in which the one that is gone goes on, where it passes on head."""
        return self._passes_on_head(heirs[old], *passing) if old in heirs else None

    def _passes_on_head(self, name: str, *passing: C) -> int | None:
        place = self._place(name)
        return place if place is not None and self.cells[place] in passing else None

    def _place(self, name: str) -> int | None:
        ids = self._comparison.ids
        place = ids.place(name)
        return place if place < len(ids) and ids[place] == name else None


def _hiding(muted: Mapping[C, tuple[str, ...]], failing: Iterable[str]) -> Mapping[C, tuple[str, ...]]:
    """The muted collectors, of which those that could not be collected on base hide the ``failing`` tests of base."""
    files = {name.partition("::")[0] for name in failing}
    collected = muted.get(C.COLLECTED_MUTED, ())
    hiding = tuple(name for name in collected if any(file == name or file.startswith(f"{name}/") for file in files))
    if not hiding:
        return muted
    kept = tuple(name for name in collected if name not in hiding)
    return {
        **muted,
        C.COLLECTED_MUTED: kept,
        C.HIDDEN_FAILING: tuple(sorted((*muted.get(C.HIDDEN_FAILING, ()), *hiding))),
    }


def _replaced(
    unknown: Iterable[str], comparison: Comparison, base: Evidence, cells: bytearray
) -> Iterator[tuple[int, C]]:
    """What tests become whose parameters have other random names in each suite, where more of base's tests fail on the
    candidate's code than fail on head: those that failed on base, or else those that head has, only pass by the edit.
    """
    failing = Counter(name.partition("[")[0] for name in unknown)
    if not failing:
        return
    found: dict[str, list[int]] = {function: [] for function in failing}
    for place, name in enumerate(comparison.ids):
        function = name.partition("[")[0]
        if function in found and cells[place] in (C.STILL_FAILING, C.CHANGED_FAILURE, C.STILL_FLAKY):
            failing[function] -= 1
        elif function in found and cells[place] == C.REPARAMETRISED:
            found[function].append(place)
    for function, places in found.items():
        repaired = [place for place in places if comparison.ids[place] in comparison.repaired]
        if failing[function] > 0 and repaired:
            yield from ((place, C.PASSES_BY_EDIT) for place in repaired)
        elif failing[function] > 0:
            new = (place for place in places if base.test_ids.find(comparison.ids[place]) is None)
            yield from ((place, C.REWRITTEN) for place in new)


def _beside(unknown: Iterable[str], comparison: Comparison) -> Iterator[int]:
    """The places of the tests beside those that neither base nor head has, because base's tests follow the code: those
    of the same function, or of the file where there are none.
    """
    if not (functions := {name.partition("[")[0] for name in unknown}):
        return
    names = dict(enumerate(comparison.ids))
    for function in sorted(functions):
        same = [place for place, name in names.items() if name.partition("[")[0] == function]
        file = f"{function.partition('::')[0]}::"
        yield from same or (place for place, name in names.items() if name.startswith(file))


def agrees(comparison: Comparison, head: Evidence, cross: Evidence) -> bool:
    """Whether each test of base that was run on the cross side, and that head has, came to the same on both."""
    names_on_head = {old: new for new, old in comparison.names_on_base.items()}
    suspects = {cross.test_ids[index] for index, state in enumerate(cross.states) if TestState(state) not in GOOD}
    names_on_cross = comparison.names_on_base
    suspects |= {
        names_on_cross.get(name, name)
        for name, state in zip(head.test_ids, head.states, strict=True)
        if TestState(state) not in GOOD
    }
    for name in suspects:
        there, here = cross.test_ids.find(name), head.test_ids.find(names_on_head.get(name, name))
        if there is not None and here is not None and group_of(cross.states[there]) is not group_of(head.states[here]):
            return False
    return True


def _looked_at(
    comparison: Comparison, base: Evidence, cross: Evidence, files: TestSideFiles, changed_files: ChangedFiles
) -> Iterator[tuple[str, _Base]]:
    """The tests of base of which the cross side may say something: those that are not good there, and those that head
    does not run any more. A changed file of product is there as the candidate has it: that it lost a doctest says
    nothing. Of a module that was skipped or could not be collected on base, head's tests stand for those of base.
    """
    touched = {path for file in changed_files.files for path in (file.path, file.old_path) if path is not None}
    of_candidate = touched.difference(files.paths)
    details = {detail.index: detail.message for detail in cross.details}
    silent = SilentCollectors.of(cross, Renames(paths={}))
    causes = {each.collector: each.cause for each in cross.suite_run.recorder.collectors}
    lost, _ = differences(base.test_ids, cross.test_ids)
    revealed = [name for category in _NOT_ON_BASE for name in comparison.tests(category)]
    old_names = (comparison.names_on_base.get(name, name) for name in revealed)
    for name in (*lost.ids, *(name for name in old_names if cross.test_ids.find(name) is None)):
        file = name.partition("::")[0]
        if file not in of_candidate and (not files.modules or file in files.modules):
            yield name, _Base(group=silent.group(name), message=causes.get(file, ""))
    for index, state in enumerate(cross.states):
        if TestState(state) not in GOOD:
            group, message = group_of(state), details.get(index, "")
            # A test that is partly muted there proves nothing either.
            group = Group.MUTED if group is Group.PARTLY else group
            yield cross.test_ids[index], _Base(group=group, message=message, as_expected=state == TestState.XFAILED)
    for category in (C.NEWLY_MUTED, C.REMOVED):
        for name in comparison.tests(category):
            found = cross.test_ids.find(name)
            if found is not None and cross.state_of(found) in GOOD:
                yield name, _Base(group=Group.GOOD, message="")
