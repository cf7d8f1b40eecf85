"""Which functions of head do all that a function did which is gone, and more besides (decision 26).

Three kinds are known: a test that was renamed and checks more, a test that took in another one of its file, and a test
whose class gave way to functions with fixtures, or the other way round.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from autopack_executor.syntax.facts import Found
from autopack_executor.syntax.merging import merged
from autopack_executor.syntax.rewriting import checks_more
from autopack_executor.syntax.setting_up import set_up_otherwise

Key: TypeAlias = tuple[str, str]
"""The path that a function has on head, and its name."""

_MOST = 2000
"""How many pairs of functions are compared at most in a file."""
_MOST_CONTAINED = 100


def containing(before: Mapping[Key, Found], after: Mapping[Key, Found]) -> dict[Key, list[str]]:
    """The digests of functions that are gone, by the function on head that does all of each."""
    found: dict[Key, list[str]] = {}
    for path in sorted({path for path, _ in before} & {path for path, _ in after}):
        olds = {name: each for (place, name), each in before.items() if place == path and "[" not in name}
        news = {name: each for (place, name), each in after.items() if place == path and "[" not in name}
        lost = {name: each for name, each in olds.items() if name not in news and _is_test(name)}
        if not lost or len(lost) * len(news) > _MOST:
            continue
        for name, new in news.items():
            digests = {digest for digest in _tried(lost, olds, news, name, new) if digest}
            if digests and len(digests) <= _MOST_CONTAINED:
                found[path, name] = sorted(digests)
    return found


def _is_test(name: str) -> bool:
    return _last(name).startswith("test")


def _tried(
    lost: Mapping[str, Found], olds: Mapping[str, Found], news: Mapping[str, Found], name: str, new: Found
) -> list[str]:
    try:
        return list(_contained(lost, olds, news, name, new))
    except (RecursionError, ValueError):
        return []


def _contained(
    lost: Mapping[str, Found], olds: Mapping[str, Found], news: Mapping[str, Found], name: str, new: Found
) -> Iterator[str]:
    """The digests of the functions that ``new`` does all of."""
    yield from merged(lost, olds.get(name), new)
    if name in olds:
        return
    last = _last(name)
    once = all(Counter(map(_last, side))[last] == 1 for side in (olds, news))
    for other, old in lost.items():
        named = once and _last(other) == last
        if checks_more(old, new) or (named and set_up_otherwise(other, old, news, name, new, olds)):
            yield old.facts().digest


def _last(name: str) -> str:
    return name.rpartition("::")[2]
