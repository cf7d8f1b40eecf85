"""Working on sorted lists of ids without hashing or copying them."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from autopack_model.evidence.test_ids import TestIds


class MergedIds:
    """The sorted union of ``ids`` and ``others``, which ascend and are not among them.

    It is a view: beside the two, which may not change, it holds one number for each of the ``others``.
    """

    __slots__ = ("_ids", "_others", "_places")

    def __init__(self, ids: TestIds, others: Sequence[str] = ()) -> None:
        self._ids = ids
        self._others = others
        self._places = array("Q", (ids.place(name) + number for number, name in enumerate(others)))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ids) + len(self._others)

    def __getitem__(self, index: int) -> str:
        """The id at ``index``, from 0. Raises IndexError."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        before = bisect_left(self._places, index)
        if before < len(self._places) and self._places[before] == index:
            return self._others[before]
        return self._ids[index - before]

    def __iter__(self) -> Iterator[str]:
        """The ids, ascending."""
        return map(self.__getitem__, range(len(self)))

    def place(self, name: str) -> int:
        """The index that ``name`` has or would have."""
        return self._ids.place(name) + bisect_left(self._others, name)


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
