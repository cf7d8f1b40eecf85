"""Tests of one function whose parameters changed their names (docs/rules.md: ``reparametrised``)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from autopack_gatekeeper.domain.alignment import Alignment
from autopack_gatekeeper.domain.collectors import TouchedFiles
from autopack_gatekeeper.domain.matrix import ABSENT_CODE, MATRIX, Group, group_of
from autopack_model.decision.delta import Category
from autopack_model.evidence.outcome import TestDetail, TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.varying import in_one_order, without_random

# What is wrong with a test, as far as two ids can share it; None with a good one.
_Mark: TypeAlias = tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """A test whose id only one side has: its function and its id under the names that files have on head.

    ``hidden`` says that a collector hides the test on head; ``reruns`` how often a plugin may run it again.
    """

    name: str
    function: str
    form: str
    group: Group
    mark: _Mark
    hidden: bool
    reruns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reparametrised:
    """The categories of ids, lost and gained, that only tell of parameters with other names. ``repaired`` are those of
    base that failed, and that have none on head that fails as they did.
    """

    categories: Mapping[str, Category] = field(default_factory=dict)
    repaired: frozenset[str] = frozenset()


def function_of(test_id: str) -> str | None:
    """The test function of a test id: all up to the first ``[`` behind its path. None for an id without a function.

    The path ends at the first ``::``. Behind it stand Python names, which hold no bracket; whatever follows the first
    bracket is the parameter's name, ``::`` and brackets included.
    """
    path, separator, rest = test_id.partition("::")
    return f"{path}{separator}{rest.partition('[')[0]}" if separator else None


def reparametrised(alignment: Alignment, base: Evidence, head: Evidence, touched: TouchedFiles) -> Reparametrised:
    """What became of ids that only tell of parameters with other names.

    Ids that differ only in what is random (a UUID, an address, the order of a set) are looked at first, each form of
    its own; then the rest, each function of its own. A form or function qualifies when head has at least as many of its
    tests as base, and each that is not good on head has one that was just as bad, or muted, on base.
    """
    if not alignment.lost or not alignment.gained:
        return Reparametrised()
    lost, gained = _lost(alignment, base), _gained(alignment, head)
    found: dict[str, Category] = {}
    repaired: set[str] = set()
    common = {test.form for test in lost} & {test.form for test in gained}
    forms = _grouped(lost, gained, lambda test: test.form if test.form in common else None)
    for before, after in forms:
        # A change that does not touch the file can only have put another parameter in the place of one that failed
        # by what the file reads. Base's tests on the candidate's code tell: those that were repaired are looked at.
        found |= _paired(before, after, repaired, same=not touched.touch(before[0].form))
    for before, after in _grouped(lost, gained, lambda test: None if test.form in common else test.function):
        found |= _paired(before, after, repaired, same=False)
    return Reparametrised(categories=found, repaired=frozenset(repaired))


def _paired(lost: Sequence[_Test], gained: Sequence[_Test], repaired: set[str], *, same: bool) -> dict[str, Category]:
    """The categories of ``lost`` and ``gained`` when nothing got worse, else none. Adds to ``repaired``.

    A lost test that was not good is excused by a gained one with its mark. Without one it got better, which counts only
    where both are the ``same`` tests: else a test that failed may have been replaced by one that does not.
    """
    left: Counter[_Mark] = Counter(test.mark for test in gained if test.mark is not None)
    if len(lost) > len(gained) or left - Counter(test.mark for test in lost):
        return {}
    excused: dict[str, Category] = {}
    more = max(test.reruns for test in gained) > max(test.reruns for test in lost)
    for test in lost:
        if test.hidden:
            continue
        if test.mark is None or same or left[test.mark] > 0:
            passes = test.group is Group.BAD and left[test.mark] <= 0
            excused[test.name] = Category.PASSES_WITH_NEW_RERUNS if passes and more else Category.REPARAMETRISED
            if passes:
                repaired.add(test.name)
        left[test.mark] -= 1
    if not excused:
        return {}
    return excused | {
        test.name: Category.REPARAMETRISED if test.mark is None else MATRIX[test.group, test.group] for test in gained
    }


def _grouped(
    lost: Iterable[_Test], gained: Iterable[_Test], key: Callable[[_Test], str | None]
) -> list[tuple[list[_Test], list[_Test]]]:
    """The tests of both, put together by ``key``, where there are any of either."""
    groups: dict[str, tuple[list[_Test], list[_Test]]] = {}
    for side, tests in enumerate((lost, gained)):
        for test in tests:
            name = key(test)
            if name is not None:
                groups.setdefault(name, ([], []))[side].append(test)
    return [group for group in groups.values() if all(group)]


def _lost(alignment: Alignment, base: Evidence) -> list[_Test]:
    names = {old: new for old, new in alignment.lost.items() if old not in alignment.renamed}
    functions = {function_of(name) for name in alignment.gained}
    details = _details(base, names)
    return [
        _test(old, new, function, base, details, hidden=alignment.head[alignment.ids.place(old)] != ABSENT_CODE)
        for old, new in names.items()
        if (function := function_of(new)) is not None and function in functions
    ]


def _gained(alignment: Alignment, head: Evidence) -> list[_Test]:
    new_names = frozenset(alignment.renamed.values())
    functions = {function_of(new) for old, new in alignment.lost.items() if old not in alignment.renamed}
    details = _details(head, alignment.gained)
    return [
        _test(name, name, function, head, details, hidden=False)
        for name in alignment.gained
        if name not in new_names and (function := function_of(name)) is not None and function in functions
    ]


def _test(
    name: str,
    new_name: str,
    function: str,
    evidence: Evidence,
    details: Mapping[int, TestDetail],
    *,
    hidden: bool,
) -> _Test:
    index = evidence.test_ids.place(name)
    state = evidence.state_of(index)
    return _Test(
        name=name,
        function=function,
        form=_form(new_name),
        group=group_of(state),
        mark=_mark(name, state, details.get(index)),
        hidden=hidden,
        reruns=evidence.reruns[index] if evidence.reruns else 0,
    )


def _mark(name: str, state: TestState, detail: TestDetail | None) -> _Mark:
    group = group_of(state)
    if group is Group.GOOD:
        return None
    if detail is None or (group is Group.BAD and not detail.signature):
        return ("unknown", name)  # like no other
    return (state.label, detail.signature if group is Group.BAD else "", *detail.muted_subtests)


def _details(evidence: Evidence, names: Iterable[str]) -> dict[int, TestDetail]:
    wanted = {evidence.test_ids.place(name) for name in names}
    return {detail.index: detail for detail in evidence.details if detail.index in wanted}


def _form(name: str) -> str:
    """``name`` without what is random in its parameters."""
    function, bracket, parameters = name.partition("[")
    return function + bracket + in_one_order(without_random(parameters))
