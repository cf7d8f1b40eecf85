"""Differences of sorted lists, and their union."""

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopack_gatekeeper.domain.sorted_ids import MergedIds, differences
from autopack_model.evidence.test_ids import TestIds

ID_SETS = st.sets(st.text(alphabet="ab", max_size=5), max_size=40)


@given(first=ID_SETS, second=ID_SETS)
def test_differences_are_those_of_sets(first: set[str], second: set[str]) -> None:
    """The differences of two sorted lists are the sorted differences of their sets."""
    expected = (sorted(first - second), sorted(second - first))
    assert expected == differences(tuple(sorted(first)), tuple(sorted(second)))


def test_differences_at_the_ends_of_long_equal_stretches() -> None:
    """Differences right before and after long equal stretches are found."""
    shared = tuple(f"{number:07d}" for number in range(200_000))
    first = ("!first", *shared, "zfirst")
    second = (*shared[:100_000], "0099999x", *shared[100_000:], "zsecond")
    assert (["!first", "zfirst"], ["0099999x", "zsecond"]) == differences(first, second)


@given(ids=ID_SETS, others=ID_SETS, sought=st.text(alphabet="ab", max_size=6))
def test_merged_ids_are_the_sorted_union(ids: set[str], others: set[str], sought: str) -> None:
    """Length, iteration, indices and places are those of the sorted union, and there is nothing outside of it."""
    expected = sorted(ids | others)
    merged = MergedIds(TestIds.of(sorted(ids)), sorted(others - ids))
    assert (len(expected), expected) == (len(merged), list(merged))
    assert expected == [merged[index] for index in range(len(expected))]
    assert [*range(len(expected))] == [merged.place(name) for name in expected]
    assert bisect_left(expected, sought) == merged.place(sought)
    for index in (-1, len(expected)):
        with pytest.raises(IndexError):
            merged[index]
