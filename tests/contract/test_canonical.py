"""Canonical JSON: what RFC 8785 says, byte by byte, whichever encoder writes it."""

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from autopack_model.canonical import Json, canonical_json

TEXT = st.text(st.characters(exclude_categories=[]))
NUMBERS = st.one_of(st.integers(-(2**54), 2**54), st.floats())
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), TEXT)


def _documents(leaves: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.recursive(
        leaves, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4))
    )


def _written(value: Json) -> bytes | None:
    try:
        return rfc8785.dumps(value)
    except ValueError:
        return None


@given(_documents(PLAIN) | _documents(PLAIN | NUMBERS))
@example({"b": 1, "a": 'x"\\\b\f\n\r\t\x00\x1f\x7f\x80\u2028é😀'})
@example({"\ue000": 1, "😀": 2})
@example([2**53 - 1, -(2**53) + 1, True, None, {}, [], 1.0, -0.0, 1e21])
@example("\ud800")
@example([2**53])
@example(float("nan"))
def test_the_bytes_are_those_of_the_reference(value: Json) -> None:
    """Every document comes to the bytes of the reference implementation, or is refused as there."""
    expected = _written(value)
    if expected is None:
        with pytest.raises(ValueError, match=r"\S"):
            canonical_json(value)
    else:
        assert expected == canonical_json(value)
