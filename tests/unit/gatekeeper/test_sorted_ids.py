"""Differences of sorted lists, and their union."""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopack_gatekeeper.domain.sorted_ids import MergedIds, UnmatchedIds, differences
from autopack_model.evidence.test_ids import TestIds

ID_SETS = st.sets(st.text(alphabet="ab", max_size=5), max_size=40)


def cut(ids: Iterable[str], at: int) -> TestIds:
    """The ids in two blocks; the first has ``at`` of them."""
    ordered = sorted(ids)
    return TestIds.of_lists([ordered[:at], ordered[at:]])


def expected(ids: Collection[str], others: Collection[str]) -> UnmatchedIds:
    """The ids that are not among ``others``, and the place of each among these."""
    only = sorted(set(ids) - set(others))
    return UnmatchedIds(ids=only, places=array("Q", (bisect_left(sorted(others), name) for name in only)))


@given(first=ID_SETS, second=ID_SETS, cuts=st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_differences_are_those_of_sets(first: set[str], second: set[str], cuts: tuple[int, int]) -> None:
    """The differences of two sorted lists are those of their sets with their places, wherever the blocks end."""
    found = differences(cut(first, cuts[0]), cut(second, cuts[1]))
    assert (expected(first, second), expected(second, first)) == found


def test_differences_at_the_ends_of_long_equal_stretches() -> None:
    """Differences right before and after long equal stretches are found."""
    shared = tuple(f"{number:07d}" for number in range(200_000))
    first = ("!first", *shared, "zfirst")
    second = (*shared[:100_000], "0099999x", *shared[100_000:], "zsecond")
    found = differences(TestIds.of(first), TestIds.of(second))
    assert (expected(first, second), expected(second, first)) == found


@pytest.mark.parametrize("at", [0, 1])
def test_ids_of_the_same_characters_are_told_apart(at: int) -> None:
    """Ids that cut the same characters otherwise are other ids, in blocks that begin alike or not."""
    first, second = ("0", "a", "bb", "c"), ("0", "a", "b", "bc")
    assert (expected(first, second), expected(second, first)) == differences(TestIds.of(first), cut(second, at))


@given(ids=ID_SETS, others=ID_SETS, sought=st.text(alphabet="ab", max_size=6))
def test_merged_ids_are_the_sorted_union(ids: set[str], others: set[str], sought: str) -> None:
    """Length, iteration, indices and places are those of the sorted union, and there is nothing outside of it."""
    union = sorted(ids | others)
    only = expected(others, ids)
    merged = MergedIds(TestIds.of(sorted(ids)), only.ids, only.places)
    assert (len(union), union) == (len(merged), list(merged))
    assert union == [merged[index] for index in range(len(union))]
    assert [*range(len(union))] == [merged.place(name) for name in union]
    assert bisect_left(union, sought) == merged.place(sought)
    for index in (-1, len(union)):
        with pytest.raises(IndexError):
            merged[index]
