"""Text and blobs as they are stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from autopack_model.digest import digest_bytes
from autopack_model.evidence.document import digest_test_ids
from autopack_model.evidence.test_ids import TestIds
from autopack_store.domain.errors import DataLoss
from autopack_store.storage.columns import DIGEST, ExactText
from autopack_store.storage.compression import framed, packed, unframed, unpacked
from autopack_store.storage.id_list import decoded, decoded_block, picked

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


@given(test_ids=st.sets(st.text(st.characters(exclude_categories=["Cs"]))).map(sorted), size=st.integers(0, 100))
def test_test_ids_are_stored_as_their_digest_covers_them(test_ids: list[str], size: int) -> None:
    """A test set's bytes come to its digest and read back equal."""
    ids = TestIds.of(test_ids)
    data = b"".join(ids.encoded())
    assert digest_bytes(data) == digest_test_ids(ids)
    assert ids == decoded(iter([data[:size], data[size:]]), "test set")
    assert test_ids == list(decoded_block(data, "test set"))
    for indexes in (range(len(ids)), range(0, len(ids), 3), range(size, len(ids))):
        assert [test_ids[index] for index in indexes] == picked(data, indexes, "test set")


@pytest.mark.parametrize("indexes", [[0, 3], [3], [-1, 0]])
def test_an_id_that_a_block_does_not_have_is_data_loss(indexes: list[int]) -> None:
    """A block that has fewer ids than it should is never read as another one."""
    data = b"".join(TestIds.of(["a", "bc", "d"]).encoded())
    with pytest.raises(DataLoss, match="test set: its test ids are damaged"):
        picked(data, indexes, "test set")


def test_a_cut_test_set_is_data_loss() -> None:
    """A test set that lost its end at any byte, or gained one, is never read as another one."""
    data = b"".join(TestIds.of(["a", "bc", "\u00fc"]).encoded())
    for damaged in [*(data[:length] for length in range(len(data))), data + b"x"]:
        with pytest.raises(DataLoss, match="test set"):
            decoded(iter([damaged]), "test set")
        with pytest.raises(DataLoss, match="test set"):
            decoded_block(damaged, "test set")
        with pytest.raises(DataLoss, match="test set"):
            picked(damaged, [0], "test set")


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
