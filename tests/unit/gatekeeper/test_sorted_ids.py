"""Differences of sorted lists."""

from hypothesis import given
from hypothesis import strategies as st

from autopack_gatekeeper.domain.sorted_ids import differences

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
