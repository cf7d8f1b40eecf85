"""Differences of sorted lists."""

from hypothesis import given
from hypothesis import strategies as st

from autopack_gatekeeper.domain.sorted_ids import differences, index_of

ID_SETS = st.sets(st.text(alphabet="ab", max_size=5), max_size=40)


@given(first=ID_SETS, second=ID_SETS)
def test_differences_are_those_of_sets(first: set[str], second: set[str]) -> None:
    """The differences of two sorted lists are the sorted differences of their sets."""
    expected = (sorted(first - second), sorted(second - first))
    assert expected == differences(tuple(sorted(first)), tuple(sorted(second)))


def test_differences_at_the_ends_of_long_equal_stretches() -> None:
    """Differences right before and after stretches longer than the longest stride are found."""
    shared = tuple(f"{number:07d}" for number in range(200_000))
    first = ("!first", *shared, "zfirst")
    second = (*shared[:100_000], "0099999x", *shared[100_000:], "zsecond")
    assert (["!first", "zfirst"], ["0099999x", "zsecond"]) == differences(first, second)


def test_an_index_is_found_or_not() -> None:
    """A name that is not in the list has no index, wherever it would stand."""
    ids = ["b", "d"]
    assert [None, 0, None, 1, None] == [index_of(ids, name) for name in "abcde"]
