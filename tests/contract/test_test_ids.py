"""Test ids as blocks of characters: nobody can tell them from a tuple of strings."""

import itertools
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopack_model.errors import InvalidValue
from autopack_model.evidence.test_ids import BLOCK_CHARACTERS, BLOCK_IDS, GrowingTestIds, TestIds

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
IDS = st.sets(TEXTS, max_size=30).map(sorted)


def cut(ids: list[str], sizes: list[int]) -> TestIds:
    """The ids, which came in lists of these sizes, and a last one."""
    growing = GrowingTestIds()
    start = 0
    for size in sizes:
        growing.add(ids[start : start + size])
        start += size
    growing.add(ids[start:])
    return growing.ids()


@given(ids=IDS, sizes=st.lists(st.integers(0, 7), max_size=8))
def test_they_are_a_sequence_of_strings(ids: list[str], sizes: list[int]) -> None:
    """Length, iteration, indices from both ends and slices are a tuple's, however the ids came."""
    found = cut(ids, sizes)
    assert (len(ids), ids) == (len(found), list(found))
    assert [ids[index] for index in range(-len(ids), len(ids))] == [
        found[index] for index in range(-len(ids), len(ids))
    ]
    for start in range(-2, len(ids) + 2):
        for step in (1, 2, -1):
            assert tuple(ids[start::step]) == found[start::step]
            assert tuple(ids[1:start:step]) == found[1:start:step]
    for index in (len(ids), -len(ids) - 1):
        with pytest.raises(IndexError):
            found[index]


@given(ids=IDS, sizes=st.lists(st.integers(0, 7), max_size=8))
def test_a_stretch_matches_its_ids_only(ids: list[str], sizes: list[int]) -> None:
    """Wherever the blocks end, a stretch of the ids holds those ids, and matches no others."""
    found = cut(ids, sizes)
    for start, end in itertools.combinations(range(len(ids) + 1), 2):
        wanted = ids[start:end]
        assert wanted == list(found.run(start, end))
        assert found.matches(start, end, TestIds.of(wanted), 0)
        assert TestIds.of(wanted).matches(0, end - start, found, start)
        assert (end == len(ids)) or found.matches(start, end, found, start + 1) == (wanted == ids[start + 1 : end + 1])


@given(ids=IDS, sizes=st.lists(st.integers(0, 7), max_size=8), sought=TEXTS)
def test_an_id_is_found(ids: list[str], sizes: list[int], sought: str) -> None:
    """Searching says where an id is, or would be."""
    found = cut(ids, sizes)
    assert bisect_left(ids, sought) == found.place(sought)
    assert (ids.index(sought) if sought in ids else None) == found.find(sought)
    assert (sought in ids) == (sought in found)
    assert [*range(len(ids))] == [found.find(each) for each in ids]


@given(first=IDS, second=IDS, sizes=st.lists(st.integers(0, 7), max_size=8))
def test_equal_ids_are_equal(first: list[str], second: list[str], sizes: list[int]) -> None:
    """Equality, hash and digest depend on the ids alone, not on how they are cut."""
    assert TestIds.of(first) == cut(first, sizes)
    assert hash(TestIds.of(first)) == hash(cut(first, sizes))
    assert TestIds.of(first).digest == cut(first, sizes).digest
    assert (first == second) == (TestIds.of(first) == cut(second, sizes))
    assert (first == second) == (TestIds.of(first).digest == cut(second, sizes).digest)


@pytest.mark.parametrize(
    "other", [["0", "a", "bb", "d"], ["0", "a", "bbc", "c"], ["", "a", "bb", "c"], ["0", "a", "b", "bc"]]
)
def test_as_many_other_ids_are_not_equal(other: list[str]) -> None:
    """Ids that differ in one place, or that cut the same characters otherwise, are not equal, wherever blocks end."""
    ids = ["0", "a", "bb", "c"]
    for sizes in ([], [1], [2]):
        assert TestIds.of(ids) == cut(ids, sizes)
        assert TestIds.of(ids) != cut(other, sizes)


@pytest.mark.parametrize("lists", [[["b", "a"]], [["a", "a"]], [["a", "b"], ["b"]], [["b"], [], ["a"]]])
def test_ids_out_of_order_are_refused(lists: list[list[str]]) -> None:
    """Ids that do not ascend strictly, within a list or from one to the next, are refused by name."""
    with pytest.raises(InvalidValue) as caught:
        TestIds.of_lists(lists)
    assert "test_ids" == caught.value.path


@pytest.mark.parametrize("width", [1, 200, BLOCK_CHARACTERS * 2])
def test_blocks_have_limits(width: int) -> None:
    """No block is larger than a message may be, unless a single id is."""
    count = 3 if width > 1000 else BLOCK_IDS * 3
    ids = [f"{number:08}{'x' * width}" for number in range(count)]
    blocks = TestIds.of_lists([ids]).blocks
    assert ids == [each for block in blocks for each in block]
    assert all(len(block) <= BLOCK_IDS for block in blocks)
    assert all(len(block.text) <= BLOCK_CHARACTERS or len(block) == 1 for block in blocks)


def test_the_digest_is_the_same_as_ever() -> None:
    """The bytes that the digest covers are count, lengths and text: stored evidence is found under it."""
    ids = TestIds.of(["a", "bc", "\u00fc\U0001f600"])
    data = b"\x03" + bytes(7) + b"\x01\0\0\0\x02\0\0\0\x02\0\0\0" + "abc\u00fc\U0001f600".encode()
    assert data == b"".join(ids.encoded())
    assert "TestIds('a', 'bc', '\u00fc\U0001f600')" == repr(ids)
