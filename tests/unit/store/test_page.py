"""Pages and their tokens."""

import base64

import pytest

from autopack_model.decision.value import Verdict
from autopack_model.errors import InvalidValue
from autopack_store.page_token import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from autopack_store.runs.page import Page, Position, RunFilter

POSITION = Position(created_at_ms=1_700_000_000_000, run_id="run-1")


def test_a_token_leads_behind_its_position() -> None:
    """The token of a page names the position behind which the next page starts."""
    token = Page.of(10, "", RunFilter(repository="/srv/a")).token_after(POSITION)
    only = RunFilter(repository="/srv/a")
    assert Page(size=10, after=POSITION, only=only) == Page.of(10, token, only)


@pytest.mark.parametrize(
    "other",
    [
        RunFilter(repository="/srv/b"),
        RunFilter(),
        RunFilter(repository="/srv/a", verdict=Verdict.ALLOW),
        RunFilter(repository="/srv/a", created_from_ms=1),
        RunFilter(repository="/srv/a", created_before_ms=1),
    ],
)
def test_a_token_belongs_to_its_filter(other: RunFilter) -> None:
    """A token of one listing is refused in a listing with any other filter."""
    token = Page.of(10, "", RunFilter(repository="/srv/a")).token_after(POSITION)
    with pytest.raises(InvalidValue, match="something else") as caught:
        Page.of(10, token, other)
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
    """Whatever is not a token of the store is refused as page_token."""
    with pytest.raises(InvalidValue) as caught:
        Page.of(10, token, RunFilter(repository=""))
    assert "page_token" == caught.value.path


def test_page_sizes_have_limits() -> None:
    """Zero means the default, the maximum is allowed, and one more is refused as page_size."""
    assert DEFAULT_PAGE_SIZE == Page.of(0, "", RunFilter(repository="")).size
    assert MAX_PAGE_SIZE == Page.of(MAX_PAGE_SIZE, "", RunFilter(repository="")).size
    with pytest.raises(InvalidValue) as caught:
        Page.of(MAX_PAGE_SIZE + 1, "", RunFilter(repository=""))
    assert "page_size" == caught.value.path


@pytest.mark.parametrize("value", [-1, 1 << 53])
def test_a_filter_by_time_takes_times_alone(value: int) -> None:
    """A negative time, and one that no clock of ours shows, are refused by the filter's name."""
    with pytest.raises(InvalidValue) as caught:
        RunFilter(created_from_ms=value)
    assert "created_from_ms" == caught.value.path
    with pytest.raises(InvalidValue) as caught:
        RunFilter(created_before_ms=value)
    assert "created_before_ms" == caught.value.path
