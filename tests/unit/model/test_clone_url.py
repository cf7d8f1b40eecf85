"""Which URLs may be cloned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopack_model.errors import InvalidValue
from autopack_model.gate_request.clone_url import check_clone_url, is_allowed


@pytest.mark.parametrize(
    "url",
    [
        "https://host/repository",
        "https://host:8443/a/b.git",
        "ssh://git@host/a/b",
        "ssh://host:22/a",
        "git://127.0.0.1:9418/a",
        "https://[::1]/a",
        "file:///srv/git/a",
    ],
)
def test_plain_urls_are_fine(url: str) -> None:
    """A URL with one reading and no secret is taken as it is."""
    assert url == check_clone_url(url, "clone_url")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/srv/git",
        "host:path",
        "--upload-pack=touch x",
        "-https://host/a",
        "ext::sh -c true",
        "http://host/a",
        "HTTPS://host/a",
        "https://",
        "https://host",
        "https://token@host/a",
        "https://me:word@host/a",
        "ssh://me:word@host/a",
        "ssh://-oProxyCommand=x/a",
        "https://host/a/../b",
        "https://host/..",
        "https://host//a",
        "https://host/%2E%2e/a",
        "https://host/a%2fb",
        "https://host/a\\b",
        "https://host/a?token=x",
        "https://host/a#b",
        "https://host/a b",
        "https://host/a\n",
        "https://h\u00f6st/a",
        "https://host/" + "a" * 4096,
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    """What could be an option, another program, a secret or another place is refused, and not repeated."""
    with pytest.raises(InvalidValue) as caught:
        check_clone_url(url, "clone_url")
    assert "clone_url" == caught.value.path
    assert "word" not in caught.value.problem.replace("password", "")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://host/team/a", True),
        ("https://host/team", True),
        ("https://host/team-evil/a", False),
        ("https://host/tea", False),
        ("https://host.evil/team/a", False),
        ("ssh://host/team/a", False),
        ("https://other/a", True),
    ],
)
def test_prefixes_are_compared_by_whole_parts(url: str, allowed: bool) -> None:
    """A prefix stands for what lies at it or below it."""
    assert allowed is is_allowed(url, ("https://host/team", "https://other/"))


@given(st.text(max_size=40))
def test_nothing_is_allowed_by_no_prefix(url: str) -> None:
    """An empty list allows nothing."""
    assert not is_allowed(url, ())
