"""Pages and their tokens."""

import base64

import pytest

from autopack_results.errors import InvalidValue
from autopack_store.domain.page import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page, Position

POSITION = Position(created_at_ms=1_700_000_000_000, run_id="run-1")


def test_a_token_leads_behind_its_position() -> None:
    """The token of a page names the position behind which the next page starts."""
    token = Page.of(10, "", "/srv/a").token_after(POSITION)
    assert Page(size=10, after=POSITION, repository="/srv/a") == Page.of(10, token, "/srv/a")


def test_a_token_belongs_to_its_filter() -> None:
    """A token of a listing of one repository is refused in a listing of another."""
    token = Page.of(10, "", "/srv/a").token_after(POSITION)
    with pytest.raises(InvalidValue, match="another repository") as caught:
        Page.of(10, token, "/srv/b")
    assert "page_token" == caught.value.path


@pytest.mark.parametrize(
    "token",
    [
        "?",
        "ünicode",
        "AAAA",
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[1]").decode(),
        base64.urlsafe_b64encode(b'["1","run-1","x"]').decode(),
        base64.urlsafe_b64encode(b'[-1,"run-1","x"]').decode(),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_made_up_token_is_refused(token: str) -> None:
    """Whatever is no token of the store is refused as page_token."""
    with pytest.raises(InvalidValue) as caught:
        Page.of(10, token, "")
    assert "page_token" == caught.value.path


def test_page_sizes_have_limits() -> None:
    """Zero means the default, the maximum is allowed, and one more is refused as page_size."""
    assert DEFAULT_PAGE_SIZE == Page.of(0, "", "").size
    assert MAX_PAGE_SIZE == Page.of(MAX_PAGE_SIZE, "", "").size
    with pytest.raises(InvalidValue) as caught:
        Page.of(MAX_PAGE_SIZE + 1, "", "")
    assert "page_size" == caught.value.path
