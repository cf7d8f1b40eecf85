# ruff: noqa: E501  (the table reads best as a table)
"""The third side: what base's tests say of the candidate's code (docs/rules.md, docs/decisions/0032).

It is looked at where the edited suite cannot tell: where a test that was edited passes, and where one is muted or gone.
"""

import re
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
from autopack_model.finding.value import Finding, FindingRule

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
    C.FLAKY:                   (C.REWRITTEN,      None,             C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,             None),
    C.UNMUTED:                 (C.PASSES_BY_EDIT, None,             None,             None,             None,                    None),
    C.COLLECTED:               (C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, None,             None,                    None),
    C.COLLECTED_MUTED:         (C.HIDDEN_FAILING, C.HIDDEN_FAILING, None,             None,             None,                    None),
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

# What becomes of the tests beside one of base that fails there and that neither base nor head has.
_BESIDE: Mapping[C, C] = MappingProxyType(
    {
        C.STILL_PASSING: C.REWRITTEN,
        C.FLAKY: C.REWRITTEN,
        C.COLLECTED: C.PASSES_BY_EDIT,
        C.COLLECTED_MUTED: C.HIDDEN_FAILING,
    }
)

# The categories of tests that base may not know by name, because their module was silent there.
_NOT_ON_BASE = (C.COLLECTED, C.COLLECTED_MUTED, C.UNMUTED)

_WEAKER = frozenset(
    {
        FindingRule.ASSERTION_REMOVED,
        FindingRule.ASSERTION_LOOSER,
        FindingRule.ASSERTION_VACUOUS,
        FindingRule.ASSERTION_CONDITIONAL,
        FindingRule.ASSERTION_UNREACHED,
        FindingRule.EXCEPTION_SWALLOWED,
        FindingRule.EXPECTATION_CHANGED,
        FindingRule.EXPECTATION_SELF_MADE,
        FindingRule.BODY_NEVER_RUNS,
        FindingRule.UNIT_REPLACED,
    }
)

SPEAKING = frozenset(
    {C.REWRITTEN, C.RETIRED, C.RETIRED_MUTED, C.RETIRED_WITH_SUBJECT, C.HIDDEN_FAILING, C.PASSES_BY_EDIT}
)
"""The categories by which the cross side contradicts the edited suite."""

# How pytest says that a test that had to fail has passed.
_PASSED_AFTER_ALL = "[XPASS(strict)]"

# How Python and mock say that a name, an attribute or a module is not there (any more).
_WANTING = re.compile(
    r"(?:[\w.]+\.)?(?:ImportError: cannot import name |ModuleNotFoundError: No module named |"
    r"AttributeError: .* (?:has no attribute|does not have the attribute) |NameError: name (?=.* is not defined))"
    r"['\"](?P<name>[\w.]+)"
)

# How Python says that a function does not take an argument of that name (any more).
_NOT_TAKEN = re.compile(r"(?:[\w.]+\.)?TypeError: .*unexpected keyword argument ['\"](?P<name>\w+)")


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
    helpers or data of the tests changed as well, these may be what makes such a test pass. They also tell of a test that
    base's version skips, and that nothing can run, whether it was weakened on the way.
    """
    moving = [each for each in changed_files.findings.found if each.rule is FindingRule.NAMES_MOVED]
    moved = {each.test: each.before for each in moving}
    new_names = {_old_name(each): each.test for each in moving}
    weaker = {each.test for each in changed_files.findings.found if each.rule in _WEAKER}
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
        # Where the edited test is not expected to fail any more, base's version that fails as expected has failed.
        group = Group.BAD if said.as_expected and cells[place] == C.UNMUTED else said.group
        category = TABLE.get((C(cells[place]), group))
        if cells[place] == C.UNMUTED and said.message.startswith(_PASSED_AFTER_ALL):
            continue
        if cells[place] == C.UNMUTED and group is Group.MUTED and name.partition("[")[0] in weaker:
            category = C.PASSES_BY_EDIT
        if cells[place] == C.REPARAMETRISED and base.state_of(base.test_ids.place(old)) not in GOOD:
            continue  # it fails as it did
        if category is C.HIDDEN_FAILING and cells[place] == C.REMOVED and _WANTING.match(said.message):
            category = C.RETIRED_WITH_SUBJECT
        function, bracket, case = name.partition("[")
        new = new_names.get(function, function)
        lives_on = category is C.REWRITTEN or (
            cells[place] == C.REMOVED and _is_added(f"{new}{bracket}{case}", comparison)
        )
        if lives_on and files.only_modules and _wants(said.message, moved.get(new, "")):
            category = C.ADAPTED
        if category is not None:
            cells[place] = category
    for place in _beside(unknown, comparison):
        cells[place] = _BESIDE.get(C(cells[place]), cells[place])
    return replace(
        comparison,
        delta=Delta(cells=bytes(cells), collectors=comparison.delta.collectors),
        muted_collectors=_hiding(comparison.muted_collectors, unknown),
    )


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


def _old_name(finding: Finding) -> str:
    """The name that the test of a finding of moved names has on base: these begin with those of tests and classes."""
    old, new = finding.before.split(", "), finding.after.split(", ")
    names = dict(zip(new, old, strict=False))
    file, *parts = finding.test.split("::")
    return "::".join([file, *(names.get(each, each) for each in parts)])


def _is_added(name: str, comparison: Comparison) -> bool:
    """Whether head has that test and base has not, and it passes."""
    place = comparison.ids.place(name)
    known = place < len(comparison.ids) and comparison.ids[place] == name
    return known and comparison.delta.cells[place] == C.ADDED_PASSING


def _wants(message: str, names: str) -> bool:
    """Whether a failure is for want of one of the moved ``names``, of which some say where they were."""
    found = _WANTING.match(message) or _NOT_TAKEN.match(message)
    if found is None:
        return False
    return any(each == found["name"] or each.endswith(f".{found['name']}") for each in names.split(", "))


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
