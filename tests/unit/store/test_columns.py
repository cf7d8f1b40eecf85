"""Text and blobs as they are stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from autopack_model.errors import InvalidValue
from autopack_model.evidence.test_ids import TestIds
from autopack_store.database.compression import framed, packed, unframed, unpacked
from autopack_store.errors import DataLoss
from autopack_store.evidence.blocks import PackedTestIds, block_of, contains, ids_of, picked
from autopack_store.schema.columns import DIGEST, ExactText

DIALECT = sqlite.dialect()
POSTGRESQL = make_url("postgresql+psycopg:///name").get_dialect()()


@given(text=st.text(st.sampled_from(["\\", "\0", "0", "a"])))
def test_text_is_exact_and_without_nul(text: str) -> None:
    """Any text is stored without a NUL character and read back equal."""
    stored = ExactText().process_bind_param(text, DIALECT)
    assert stored is not None
    assert "\0" not in stored
    assert text == ExactText().process_result_value(stored, DIALECT)


@pytest.mark.parametrize(("kind", "expected"), [(DIGEST, "VARCHAR(71)"), (ExactText(), "TEXT")])
def test_text_is_ordered_by_code_point_on_every_database(kind: TypeEngine[str], expected: str) -> None:
    """PostgreSQL is told to order text as SQLite does by itself."""
    assert expected == DIALECT.type_compiler_instance.process(kind)
    assert f'{expected} COLLATE "C"' == POSTGRESQL.type_compiler_instance.process(kind)


CHARACTERS = st.one_of(st.sampled_from("\0\1\2ab"), st.characters(exclude_categories=["Cs"]))


@given(test_ids=st.sets(st.text(CHARACTERS)).map(sorted), other=st.text(CHARACTERS), cut=st.integers(0, 100))
def test_test_ids_are_packed_and_read_back_equal(test_ids: list[str], other: str, cut: int) -> None:
    """Whatever characters ids have, their blocks come to their digest, read back equal, and tell what they hold."""
    packed_ids = PackedTestIds.of([test_ids[:cut], test_ids[cut:]])
    assert (TestIds.of(test_ids).digest, len(test_ids)) == (packed_ids.digest, packed_ids.count)
    blocks = [unpacked(block.data, "test set") for block in packed_ids.blocks]
    assert test_ids == [test_id for block in blocks for test_id in ids_of(block, "test set")]
    for test_id in (*test_ids, other):
        assert (test_id in test_ids) is any(contains(block, test_id, "test set") for block in blocks)
    for block in blocks:
        ids = ids_of(block, "test set")
        assert ids[::3] == picked(block, range(0, len(ids), 3), "test set")


def test_blocks_have_a_size() -> None:
    """Blocks are closed when they are large enough, and say at which index they begin."""
    ids = [f"{number:06}{'x' * 94}" for number in range(10_000)]
    blocks = PackedTestIds.of(ids[start : start + 1000] for start in range(0, len(ids), 1000)).blocks
    assert [0, 4000, 8000] == [block.first_index for block in blocks]
    assert [ids[block.first_index] for block in blocks] == [block.first_id for block in blocks]


@pytest.mark.parametrize("lists", [[["b", "a"]], [["a", "a"]], [["a", "b"], ["b"]], [["b"], ["a"]]])
def test_ids_that_do_not_ascend_are_refused(lists: list[list[str]]) -> None:
    """Ids have one order, and none comes twice."""
    with pytest.raises(InvalidValue, match="strictly ascending"):
        PackedTestIds.of(lists)


@pytest.mark.parametrize("damaged", [b"", b"\0", b"\0a", b"\0a\0\xc3", b"\0a\0bx", b"\xff\xff"])
def test_what_is_no_block_is_data_loss(damaged: bytes) -> None:
    """A block that lost its end, or has another one, is never read as another one."""
    assert ["a", "\u00fc"] == ids_of(block_of(["a", "\u00fc"]), "test set")
    for look in (
        lambda: ids_of(damaged, "test set"),
        lambda: picked(damaged, [1], "test set"),
        lambda: contains(damaged, "b", "test set"),
    ):
        with pytest.raises(DataLoss, match="test set: is damaged"):
            look()


@pytest.mark.parametrize("indexes", [[0, 3], [3], [-1, 0]])
def test_an_id_that_a_block_does_not_have_is_data_loss(indexes: list[int]) -> None:
    """A block that has fewer ids than it should is never read as another one."""
    with pytest.raises(DataLoss, match="test set: is damaged"):
        picked(block_of(["a", "bc", "d"]), indexes, "test set")


@given(items=st.lists(st.binary()))
def test_frames_read_back_equal(items: list[bytes]) -> None:
    """Items behind their lengths, compressed, read back equal."""
    assert items == list(unframed(unpacked(packed(framed(items)), "record"), "record"))


def test_a_cut_record_is_data_loss() -> None:
    """A record that lost its end at any byte, compressed or not, is damaged, unless the cut is between two items."""
    data = framed([b"abc", b"de"])
    for length in set(range(len(data))) - {0, 7}:
        with pytest.raises(DataLoss, match="record"):
            list(unframed(data[:length], "record"))
    blob = packed(data)
    for length in range(len(blob)):
        with pytest.raises(DataLoss, match="record"):
            unpacked(blob[:length], "record")
    with pytest.raises(DataLoss, match="record"):
        unpacked(blob + b"x", "record")
