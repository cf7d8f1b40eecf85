"""The same failure has one signature, another failure another."""

import pytest

from autopack_executor.suite.events import Failure
from autopack_executor.suite.signature import normalise_message, normalise_path, signature_of


def sign(message: str = "m", *, kind: str = "E", path: str = "t.py", function: str = "f", tree: str = "/a/tree") -> str:
    """The signature of one failure."""
    return signature_of([Failure(kind, path, function, message)], tree)


SAME = [
    ("<object at 0x7f00aa>", "<object at 0x10FF>"),
    ("no file /a/tree/data/x.txt", "no file /b/tree/data/x.txt"),
    ("in /tmp/pytest-of-me/pytest-12/test_a0/out.txt", "in /tmp/pytest-of-you/pytest-3/test_a0/out.txt"),
    ("/tmp/tmpab12cd34 is there", "/tmp/tmpzz98yy76 is there"),
    ("took 1.23s, not 2s", "took 9.9s, not 2s"),
    ("took 12 ms", "took 130 ms"),
    ("bad syntax (test_a.py, line 3)", "bad syntax (test_a.py, line 40)"),
    ("at t.py:10: here", "at t.py:11: here"),
    ("at 2024-01-01 10:00:00.123", "at 2025-12-31 23:59:59"),
    ("pid 12345", "pid 99999"),
    ("port 127.0.0.1:43210", "port 127.0.0.1:56789"),
    ("assert 0.12345678 == 0.5", "assert 0.87654321 == 0.5"),
    ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-e89b-12d3-a456-426614174fff"),
    ("commit 0123456789abcdef0123", "commit fedcba9876543210fedc"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_varies_does_not_count(one: str, other: str) -> None:
    """Addresses, folders, times, durations, line numbers and long numbers leave the signature alone."""
    assert sign(one, tree="/a/tree") == sign(other, tree="/b/tree")


DIFFERENT = [
    ("assert 1 == 2", "assert 1 == 3"),
    ("no file /a/tree/data/x.txt", "no file /a/tree/data/y.txt"),
    ("expected a/b", "expected a/c"),
    ("KeyError: 'one'", "KeyError: 'two'"),
    ("deadbeef", "decade"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_another_failure_has_another_signature(one: str, other: str) -> None:
    """Small numbers, file names and words count."""
    assert sign(one) != sign(other)


def test_every_part_counts() -> None:
    """Type, path, function, message and the number of failures each change the signature; it has 16 hex digits."""
    failure = Failure("E", "t.py", "f", "m")
    signatures = {
        sign(),
        sign(kind="F"),
        sign(path="u.py"),
        sign(function="g"),
        sign("n"),
        signature_of([failure, failure], ""),
    }
    assert len(signatures) == 6
    assert all(len(signature) == 16 and int(signature, 16) >= 0 for signature in signatures)


def test_paths_are_told_without_their_machine() -> None:
    """Paths in the tree stay; installed and standard modules keep what follows their root; others their name."""
    paths = {
        "pkg/mod.py": "pkg/mod.py",
        "/v/lib/python3.11/site-packages/dep/mod.py": "dep/mod.py",
        "/usr/lib/python3/dist-packages/dep.py": "dep.py",
        "/usr/lib/python3.11/json/decoder.py": "json/decoder.py",
        "/somewhere/else.py": "else.py",
        "<string>": "<string>",
    }
    assert {path: normalise_path(path) for path in paths} == paths


def test_a_long_hostile_message_is_normalised_in_time() -> None:
    """Messages at the bound of what an event carries cost no more than an ordinary one, whatever they repeat."""
    for unit in ("/", "a/", "/a", "0", "0.", "0a", "1-", " /a b", "://"):
        message = (unit * 4096)[:4096]
        assert len(normalise_message(message, "/a/tree")) < 40_000
