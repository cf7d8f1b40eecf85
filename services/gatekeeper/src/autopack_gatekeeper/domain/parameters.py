"""Tests of one function whose parameters changed their names (docs/rules.md: ``reparametrised``)."""

from collections import Counter
from collections.abc import Iterator

from autopack_gatekeeper.domain.alignment import Alignment, Column
from autopack_gatekeeper.domain.matrix import ABSENT_CODE, Group, group_of

_AFTER_BRACKET = chr(ord("[") + 1)


def function_of(test_id: str) -> str | None:
    """The test function of a test id: all up to the first ``[`` behind its path. None for an id without a function.

    The path ends at the first ``::``. Behind it stand Python names, which hold no bracket; whatever follows the first
    bracket is the parameter's name, ``::`` and brackets included.
    """
    path, separator, rest = test_id.partition("::")
    return f"{path}{separator}{rest.partition('[')[0]}" if separator else None


def reparametrised(alignment: Alignment, base: Column, head: Column) -> frozenset[str]:
    """The ids, lost and gained, that only tell of parameters with other names.

    A function qualifies when head has at least as many tests of it as base and all of them are good. Of its lost ids
    only those that were good on base, and that no collector hides on head, are excused.
    """
    if not alignment.lost or not alignment.gained:
        return frozenset()
    renamed = alignment.renamed
    new_names = frozenset(renamed.values())
    lost = {old: function_of(new) for old, new in alignment.lost.items() if old not in renamed}
    gained = {name: function_of(name) for name in alignment.gained if name not in new_names}
    lost_counts, gained_counts = Counter(lost.values()), Counter(gained.values())
    qualified = {
        function
        for function, count in lost_counts.items()
        if function is not None and count <= gained_counts[function] and _all_good(function, head)
    }
    excused = {
        old
        for old, function in lost.items()
        if function in qualified
        and group_of(base.states[base.ids.place(old)]) is Group.GOOD
        and alignment.head[alignment.ids.place(old)] == ABSENT_CODE
    }
    affected = {lost[old] for old in excused}
    return frozenset(excused) | {name for name, function in gained.items() if function in affected}


def _all_good(function: str, head: Column) -> bool:
    return all(group_of(head.states[index]) is Group.GOOD for index in _tests_of(function, head))


def _tests_of(function: str, column: Column) -> Iterator[int]:
    """The indices of the tests of ``function``: without parameters, and with."""
    exact = column.ids.find(function)
    if exact is not None:
        yield exact
    yield from range(column.ids.place(f"{function}["), column.ids.place(function + _AFTER_BRACKET))
