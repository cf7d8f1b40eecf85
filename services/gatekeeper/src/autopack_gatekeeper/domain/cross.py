# ruff: noqa: E501  (the table reads best as a table)
"""The third side: what base's tests say of the candidate's code (docs/rules.md, docs/decisions/0032).

It is looked at where the edited suite cannot tell: where a test that was edited passes, and where one is muted or gone.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.collectors import SilentCollectors
from autopack_gatekeeper.domain.comparison import Comparison
from autopack_gatekeeper.domain.matrix import Group, group_of
from autopack_gatekeeper.domain.renames import Renames
from autopack_gatekeeper.domain.sorted_ids import differences
from autopack_gatekeeper.domain.test_side import TestSideFiles
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.delta import Category as C
from autopack_model.decision.delta import Delta
from autopack_model.evidence.outcome import GOOD, TestState
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import FindingRule

# fmt: off
_COLUMNS = (Group.BAD, Group.FLAKY, Group.UNCOLLECTED, Group.MUTED, Group.ABSENT, Group.GOOD)
_ROWS: Mapping[C, tuple[C | None, ...]] = {
    # of base and head \ cross  BAD               FLAKY             UNCOLLECTED       MUTED             ABSENT                   GOOD
    C.STILL_PASSING:           (C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,             None),
    C.REPARAMETRISED:          (C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,      None,             None,                    None),
    C.NEWLY_PASSING:           (C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, C.PASSES_BY_EDIT,        None),
    C.NEWLY_MUTED:             (C.HIDDEN_FAILING, None,             C.HIDDEN_FAILING, None,             None,                    C.RETIRED_MUTED),
    C.REMOVED:                 (C.HIDDEN_FAILING, None,             C.HIDDEN_FAILING, None,             C.RETIRED_WITH_SUBJECT,  C.RETIRED),
    C.ADDED_PASSING:           (C.REWRITTEN,      C.REWRITTEN,      None,             None,             None,                    None),
    C.ADDED_MUTED:             (C.HIDDEN_FAILING, C.HIDDEN_FAILING, None,             None,             None,                    None),
}
# fmt: on

TABLE: Mapping[tuple[C, Group], C] = MappingProxyType(
    {
        (category, group): judged
        for category, row in _ROWS.items()
        for group, judged in zip(_COLUMNS, row, strict=True)
        if judged is not None
    }
)
"""What base's tests on the candidate's code make of a category of the two sides. What is not in it stays as it is."""

SPEAKING = frozenset(
    {C.REWRITTEN, C.RETIRED, C.RETIRED_MUTED, C.RETIRED_WITH_SUBJECT, C.HIDDEN_FAILING, C.PASSES_BY_EDIT}
)
"""The categories by which the cross side contradicts the edited suite."""

# How Python says that a function does not take an argument of that name (any more).
_NOT_TAKEN = re.compile(r"(?:[\w.]+\.)?TypeError: .*unexpected keyword argument ")
_WORD = re.compile(r"\w+")

# How Python says that a name, an attribute or a module is not there (any more).
_WANTING = re.compile(
    r"(?:[\w.]+\.)?(?:ImportError: cannot import name |ModuleNotFoundError: No module named |"
    r"AttributeError: .* has no attribute |NameError: name .* is not defined)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """A test of base on the candidate's code: its group, and what its failure says."""

    group: Group
    message: str


def judged_by_base(
    comparison: Comparison, base: Evidence, cross: AssessedSide, files: TestSideFiles, changed_files: ChangedFiles
) -> Comparison:
    """``comparison`` with what the complete ``cross`` side says of base's tests, on which the ``files`` are as on base:
    of the tests that were not run there it says nothing. The findings tell which tests only follow moved names; where
    helpers or data of the tests changed as well, these may be what makes such a test pass.
    """
    moved = {each.test: each.before for each in changed_files.findings.found if each.rule is FindingRule.NAMES_MOVED}
    names_on_head = {old: new for new, old in comparison.names_on_base.items()}
    cells = bytearray(comparison.delta.cells)
    unknown: list[str] = []
    for old, said in _looked_at(comparison, base, cross.evidence, files, changed_files):
        name = names_on_head.get(old, old)
        place = comparison.ids.place(name)
        if place == len(comparison.ids) or comparison.ids[place] != name:
            if said.group in (Group.BAD, Group.FLAKY):
                unknown.append(name)
            continue
        category = TABLE.get((C(cells[place]), said.group))
        if cells[place] == C.REPARAMETRISED and base.state_of(base.test_ids.place(old)) not in GOOD:
            if category is not None and old in comparison.repaired:
                cells[place] = C.PASSES_BY_EDIT
            continue  # else it fails as it did
        if cells[place] == C.REMOVED and _goes_on(comparison, cells, old, said.group):
            continue
        if category is C.HIDDEN_FAILING and cells[place] == C.REMOVED and _WANTING.match(said.message):
            category = C.RETIRED_WITH_SUBJECT
        wanted = moved.get(name.partition("[")[0], "")
        if category is C.REWRITTEN and files.only_modules and _wants(said.message, wanted):
            category = C.ADAPTED
        if category is not None:
            cells[place] = category
    for place in _beside(unknown, comparison):
        if cells[place] == C.STILL_PASSING:
            cells[place] = C.REWRITTEN
    for place, category in _replaced(unknown, comparison, base, cells):
        cells[place] = category
    return replace(comparison, delta=Delta(cells=bytes(cells), collectors=comparison.delta.collectors))


def _goes_on(comparison: Comparison, cells: bytearray, old: str, group: Group) -> bool:
    """Whether a test that is gone goes on in one that passes on head, and mark it: in a test that does it as well, where
    base's version passes, or in one that was renamed and edited, where it does not.
    """
    heirs, category = (
        (comparison.merged, C.MOVED_AND_REWRITTEN) if group is Group.GOOD else (comparison.successors, C.RENAMED)
    )
    heir = comparison.ids.place(heirs[old]) if old in heirs else len(comparison.ids)
    if heir == len(comparison.ids) or comparison.ids[heir] != heirs[old]:
        return False
    if cells[heir] not in (C.ADDED_PASSING, *((C.STILL_PASSING,) if group is Group.GOOD else ())):
        return False
    cells[comparison.ids.place(old)] = category
    if group is not Group.GOOD:
        cells[heir] = C.REWRITTEN
    return True


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


def _wants(message: str, names: str) -> bool:
    """Whether a failure is for want of one of the moved ``names``."""
    if not (_WANTING.match(message) or _NOT_TAKEN.match(message)):
        return False
    return not set(_WORD.findall(names)).isdisjoint(_WORD.findall(message.partition("\n")[0]))


def _looked_at(
    comparison: Comparison, base: Evidence, cross: Evidence, files: TestSideFiles, changed_files: ChangedFiles
) -> Iterator[tuple[str, _Base]]:
    """The tests of base of which the cross side may say something: those that are not good there, and those that head
    does not run any more. A changed file of product is there as the candidate has it: that it lost a doctest says
    nothing.
    """
    touched = {path for file in changed_files.files for path in (file.path, file.old_path) if path is not None}
    of_candidate = touched.difference(files.paths)
    details = {detail.index: detail.message for detail in cross.details}
    silent = SilentCollectors.of(cross, Renames(paths={}))
    causes = {each.collector: each.cause for each in cross.suite_run.recorder.collectors}
    lost, _ = differences(base.test_ids, cross.test_ids)
    for name in lost.ids:
        file = name.partition("::")[0]
        if file not in of_candidate and (not files.modules or file in files.modules):
            yield name, _Base(group=silent.group(name), message=causes.get(file, ""))
    for index, state in enumerate(cross.states):
        if TestState(state) not in GOOD:
            yield cross.test_ids[index], _Base(group=group_of(state), message=details.get(index, ""))
    for category in (C.NEWLY_MUTED, C.REMOVED):
        for name in comparison.tests(category):
            found = cross.test_ids.find(name)
            if found is not None and cross.state_of(found) in GOOD:
                yield name, _Base(group=Group.GOOD, message="")
