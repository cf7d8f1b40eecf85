"""Working on sorted lists of ids without hashing or copying them."""

import itertools
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import add

from autopack_model.evidence.test_ids import TestIds


class MergedIds:
    """The sorted union of ``ids`` and ``others``, which ascend and are not among them.

    It is a view: beside the two, which may not change, it holds one number for each of the ``others``.
    """

    __slots__ = ("_ids", "_others", "_places")

    def __init__(self, ids: TestIds, others: Sequence[str] = (), places: Iterable[int] = ()) -> None:
        """``places`` are the indices that the ``others`` would have among the ``ids``."""
        self._ids = ids
        self._others = others
        self._places = array("Q", map(add, places, itertools.count()))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedIds:
    """Ids that one side has and the other has not, ascending, and the index that each would have among the other's."""

    ids: list[str]
    places: "array[int]"

    def add(self, name: str, place: int) -> None:
        """Add the next id."""
        self.ids.append(name)
        self.places.append(place)


def differences(first: TestIds, second: TestIds) -> tuple[UnmatchedIds, UnmatchedIds]:
    """The ids that only ``first`` holds, and those that only ``second`` holds.

    Both are cut wherever a block of either begins. What lies between two cuts is compared as a whole, and id by id
    only where it differs: a few ids that differ among a million cost little more than none.
    """
    cuts = sorted({block[0] for ids in (first, second) for block in ids.blocks})
    stretches = (itertools.pairwise([*map(ids.place, cuts), len(ids)]) for ids in (first, second))
    only_first, only_second = (UnmatchedIds(ids=[], places=array("Q")) for _ in range(2))
    common = 0
    for (start, end), (other_start, other_end) in zip(*stretches, strict=True):
        count = end - start
        if count == other_end - other_start and first.matches(start, end, second, other_start):
            common += count
        else:
            ids, others = first.run(start, end), second.run(other_start, other_end)
            common = _merge(ids, others, only_first, only_second, common)
    return only_first, only_second


def _merge(
    first: Iterator[str], second: Iterator[str], only_first: UnmatchedIds, only_second: UnmatchedIds, common: int
) -> int:
    """Add what only one of both holds. ``common`` ids of both were seen before; returns how many were seen by now."""
    mine, other = next(first, None), next(second, None)
    while mine is not None and other is not None:
        if mine == other:
            common += 1
            mine, other = next(first, None), next(second, None)
        elif mine < other:
            only_first.add(mine, common + len(only_second.ids))
            mine = next(first, None)
        else:
            only_second.add(other, common + len(only_first.ids))
            other = next(second, None)
    for name in () if mine is None else (mine, *first):
        only_first.add(name, common + len(only_second.ids))
    for name in () if other is None else (other, *second):
        only_second.add(name, common + len(only_first.ids))
    return common
