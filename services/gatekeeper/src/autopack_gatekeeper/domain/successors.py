"""Which test may be what became of one that is gone: it was renamed, and edited besides (decision 26).

Such a pair never says that both are the same test. It only keeps a rename from being worse than an edit in place.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from autopack_gatekeeper.domain.renames import Renames
from autopack_model.changed_files.value import TestFunction

Key: TypeAlias = tuple[str, str]
"""Path and name of a test function."""


def does_as_much(old: TestFunction, new: TestFunction) -> bool:
    """Whether nothing else acts on the new one, and it uses all that the old one used and checks no less often."""
    return old.setting == new.setting and 0 < old.checks <= new.checks and bool(old.uses) and {*old.uses} <= {*new.uses}


def succeeding(
    olds: Collection[TestFunction],
    news: Collection[TestFunction],
    parameters: Mapping[Key, Collection[str]],
    targets: Mapping[Key, Collection[str]],
    renames: Renames,
) -> Iterator[tuple[Key, Key]]:
    """Pairs, one to one, of functions that are gone and functions that came to their file and do as much.

    ``parameters`` and ``targets`` have what stands in brackets behind the names of both. One shape and equal parameters
    go first, then either of them, then neither; where two could be the one, none is.
    """

    def shaped(old: TestFunction, new: TestFunction) -> bool:
        return old.shape == new.shape

    def named(old: TestFunction, new: TestFunction) -> bool:
        return {*parameters[old.path, old.name]} <= {*targets[new.path, new.name]} != {""}

    def both(old: TestFunction, new: TestFunction) -> bool:
        return shaped(old, new) and named(old, new)

    possible = [
        (old, new) for old in olds for new in news if new.path in renames.homes(old.path) and does_as_much(old, new)
    ]
    for agrees in (both, shaped, named, _any):
        pairs = _clear([(old, new) for old, new in possible if agrees(old, new)])
        yield from (((old.path, old.name), (new.path, new.name)) for old, new in pairs)
        done = {each.key for pair in pairs for each in pair}
        possible = [(old, new) for old, new in possible if not {old.key, new.key} & done]


def _any(_old: TestFunction, _new: TestFunction) -> bool:
    return True


def _clear(pairs: list[tuple[TestFunction, TestFunction]]) -> list[tuple[TestFunction, TestFunction]]:
    """The pairs of which neither part stands in another one."""
    times = Counter(each.key for pair in pairs for each in pair)
    return [(old, new) for old, new in pairs if times[old.key] == times[new.key] == 1]
