"""Working on sorted lists of ids without hashing them."""

from collections.abc import Iterable


def differences(first: Iterable[str], second: Iterable[str]) -> tuple[list[str], list[str]]:
    """The ids that only ``first`` holds and those that only ``second`` holds, both ascending.

    Both are strictly ascending, and are read once, side by side: nothing but the differences is kept.
    """
    only_first: list[str] = []
    only_second: list[str] = []
    left, right = iter(first), iter(second)
    mine, other = next(left, None), next(right, None)
    while mine is not None and other is not None:
        if mine == other:
            mine, other = next(left, None), next(right, None)
        elif mine < other:
            only_first.append(mine)
            mine = next(left, None)
        else:
            only_second.append(other)
            other = next(right, None)
    if mine is not None:
        only_first += [mine, *left]
    if other is not None:
        only_second += [other, *right]
    return only_first, only_second
