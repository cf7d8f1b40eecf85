"""Tests that live on under another name: known again by the syntax of their functions (decision 26)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from autopack_gatekeeper.domain.renames import Renames
from autopack_gatekeeper.domain.successors import Key, does_as_much, succeeding
from autopack_model.changed_files.value import TestFunction
from autopack_model.identity.value import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTests:
    """The old id of each test that lives on under another name, with the new one.

    ``rewritten`` has the old ids of those that do more than they did, or that nothing but their names and what they
    use shows to be the same tests. ``merged`` maps the old ids of tests that other tests do as well to these;
    ``successors`` those of tests that may have been renamed and edited to the only test that does as much. Neither is
    known to be the same test.
    """

    ids: Mapping[str, str]
    rewritten: frozenset[str]
    merged: Mapping[str, str] = field(default_factory=dict)
    successors: Mapping[str, str] = field(default_factory=dict)


NONE_MOVED = MovedTests(ids={}, rewritten=frozenset())


def moved_tests(lost: Collection[str], gained: Collection[str], renames: Renames) -> MovedTests:
    """Pair ids that only base reports with ids that only head reports. Each id is given to one test at the most.

    Two functions are the same where what they say and what acts on them from outside is equal. One whose file was
    deleted is also the same as the one of its name in an added file that is called as the deleted one was, where it
    uses all that the old one used and checks no less often: it was rewritten on its way. So is the only one in the file
    that contains the old one. A test of a function with parameters is the same as a function, or a test of another one,
    that says the same with its values in their place.
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
    taken = set(pairs.values())
    rest = [each for each in olds if _key(each) not in pairs and not _is_case(each)]
    rewritten = {old: new for old, new in _rewritten(rest, news, renames.moved_files) if new not in taken}
    done = {_function(each) for each in (*pairs, *rewritten)}
    rest = [each for each in rest if _key(each) not in done]
    holders = list(_holding(rest, [each for key, each in sorted(after.items()) if key not in taken], renames))
    counts = Counter(_key(new) for _, new in holders)
    grown = {_key(old): _key(new) for old, new in holders if _key(new) in targets and counts[_key(new)] == 1}
    ids = {
        _id(old, name): _id(new, name)
        for old, new in (pairs | rewritten | grown).items()
        for name in sorted(parameters[old] & targets[new])
    }
    changed = frozenset(_id(old, name) for old in rewritten.keys() | grown.keys() for name in parameters[old])
    known = {_function(each) for each in (*pairs.values(), *rewritten.values(), *grown.values())}
    heirs = [each for each in _without(news, known) if not _is_case(each)]
    left = [each for each in rest if _key(each) not in grown]
    return MovedTests(
        ids=ids,
        rewritten=changed.intersection(ids),
        merged={_id(_key(old), ""): _id(_key(new), "") for old, new in holders if _key(old) not in grown},
        successors={
            _id(old, before): _id(new, behind)
            for old, new in succeeding(left, heirs, parameters, targets, renames)
            for before, behind in _matching(parameters[old], targets[new])
        },
    )


def _matching(before: Collection[str], behind: Collection[str]) -> Iterator[tuple[str, str]]:
    """Which test of a function becomes which: those of one name; the others in their order, where none is missing."""
    common = {*before} & {*behind}
    yield from ((each, each) for each in common)
    if len(before) <= len(behind):
        yield from zip(sorted({*before} - common), sorted({*behind} - common), strict=False)


def _holding(
    olds: Iterable[TestFunction], news: Collection[TestFunction], renames: Renames
) -> Iterator[tuple[TestFunction, TestFunction]]:
    """The functions of which only one other function of their file does all, with that one."""
    for old in olds:
        found = [new for new in news if old.digest in new.contains and new.path in renames.homes(old.path)]
        if len(found) == 1:
            yield old, found[0]


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
        if new is not None and does_as_much(old, new):
            yield _key(old), _key(new)


def _function(key: Key) -> Key:
    """The key of the function itself, where ``key`` is that of one of its tests."""
    return key[0], key[1].partition("[")[0]


def _key(function: TestFunction) -> Key:
    return function.path, function.name


def _id(key: Key, parameter: str) -> str:
    return f"{key[0]}::{key[1]}{parameter}"
