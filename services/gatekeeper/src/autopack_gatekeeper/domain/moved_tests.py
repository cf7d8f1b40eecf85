"""Tests that live on under another name: known again by the syntax of their functions (decision 26)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from autopack_gatekeeper.domain.renames import Renames
from autopack_model.changed_files.value import TestFunction
from autopack_model.identity.value import Side

Key: TypeAlias = tuple[str, str]
"""Path and name of a test function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTests:
    """The old id of each test that lives on under another name, with the new one.

    ``rewritten`` has the old ids of those that nothing but their names and what they use shows to be the same tests.
    """

    ids: Mapping[str, str]
    rewritten: frozenset[str]


NONE_MOVED = MovedTests(ids={}, rewritten=frozenset())


def moved_tests(lost: Collection[str], gained: Collection[str], renames: Renames) -> MovedTests:
    """Pair ids that only base reports with ids that only head reports. Each id is given to one test at the most.

    Two functions are the same where what they say and what acts on them from outside is equal. One whose file was
    deleted is also the same as the one of its name in an added file that is called as the deleted one was, where it
    uses all that the old one used and checks no less often: it was rewritten on its way. A test of a function with
    parameters is the same as a function, or a test of another one, that says the same with its values in their place.
    """
    if not renames.functions:
        return NONE_MOVED
    parameters = _parameters(lost)
    targets = _parameters(gained)
    before = {_key(each): each for each in renames.functions if each.side is Side.BASE}
    after = {_key(each): each for each in renames.functions if each.side is Side.HEAD}
    olds = [each for key, each in sorted(before.items()) if key in parameters]
    news = [each for key, each in sorted(after.items()) if key in targets]
    pairs = dict(_equal([each for each in olds if not _is_case(each)], [each for each in news if not _is_case(each)]))
    pairs |= _equal(*(_without(each, known) for each, known in ((olds, pairs.keys()), (news, {*pairs.values()}))))
    rest = (each for each in olds if _key(each) not in pairs and not _is_case(each))
    taken = set(pairs.values())
    rewritten = {old: new for old, new in _rewritten(rest, news, renames.moved_files) if new not in taken}
    ids = {
        _id(old, name): _id(new, name)
        for old, new in (pairs | rewritten).items()
        for name in sorted(parameters[old] & targets[new])
    }
    changed = frozenset(_id(old, name) for old in rewritten for name in parameters[old])
    return MovedTests(ids=ids, rewritten=changed.intersection(ids))


def _is_case(function: TestFunction) -> bool:
    """Whether it is one of the tests of a function with parameters."""
    return "[" in function.name


def _without(functions: Iterable[TestFunction], known: Collection[Key]) -> list[TestFunction]:
    """The functions and cases of which nothing is known yet."""
    return [each for each in functions if (each.path, each.name.partition("[")[0]) not in known]


def _parameters(ids: Iterable[str]) -> dict[Key, set[str]]:
    """The functions of ``ids`` with what stands behind their names: nothing, or the name of the parameters."""
    found: dict[Key, set[str]] = {}
    for each in ids:
        path, separator, rest = each.partition("::")
        if separator:
            name, bracket, parameter = rest.partition("[")
            found.setdefault((path, name), set()).add(bracket + parameter)
            if bracket:  # a test of its own as well, which may have become a function without parameters, or been one
                found.setdefault((path, rest), set()).add("")
    return found


def _equal(olds: list[TestFunction], news: list[TestFunction]) -> Iterator[tuple[Key, Key]]:
    """Pairs of functions that say the same: of twins those of one name first, then the others in their order."""
    free: dict[tuple[str, str], list[TestFunction]] = {}
    for new in news:
        free.setdefault((new.digest, new.setting), []).append(new)
    waiting = olds
    for agrees in (_same_name, _same_last_name, _any_name):
        unpaired = []
        for old in waiting:
            twins = free.get((old.digest, old.setting), [])
            found = next((new for new in twins if agrees(old, new)), None)
            if found is None:
                unpaired.append(old)
            else:
                twins.remove(found)
                yield _key(old), _key(found)
        waiting = unpaired


def _same_name(old: TestFunction, new: TestFunction) -> bool:
    return old.name == new.name


def _same_last_name(old: TestFunction, new: TestFunction) -> bool:
    return old.name.rpartition("::")[2] == new.name.rpartition("::")[2]


def _any_name(_old: TestFunction, _new: TestFunction) -> bool:
    return True


def _rewritten(
    olds: Iterable[TestFunction], news: Iterable[TestFunction], moved_files: Mapping[str, str]
) -> Iterator[tuple[Key, Key]]:
    named = {_key(new): new for new in news}
    for old in olds:
        new = named.get((moved_files.get(old.path, ""), old.name))
        if new is not None and _does_as_much(old, new):
            yield _key(old), _key(new)


def _does_as_much(old: TestFunction, new: TestFunction) -> bool:
    return old.setting == new.setting and 0 < old.checks <= new.checks and bool(old.uses) and {*old.uses} <= {*new.uses}


def _key(function: TestFunction) -> Key:
    return function.path, function.name


def _id(key: Key, parameter: str) -> str:
    return f"{key[0]}::{key[1]}{parameter}"
