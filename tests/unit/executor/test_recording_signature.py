"""The same failure has one signature, another failure another."""

import pytest

from autopack_executor.suite.events import Failure
from autopack_executor.suite.signature import normalise_message, normalise_path, signature_of


def sign(
    message: str = "m",
    *,
    kind: str = "E",
    path: str = "t.py",
    function: str = "f",
    tree: str = "/a/tree",
    file: str = "tests/test_it.py",
) -> str:
    """The signature of one failure of a test in ``file``."""
    return signature_of([Failure(kind, path, function, message)], tree, file)


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
    ("SHA 0123456789ABCDEF", "SHA FEDCBA9876543210"),
    ("assert <shop.Basket ob...cc5176b0> is None", "assert <shop.Basket ob...7fd08a10> is None"),
    ("assert <Basket at 0x7f00...76b0> is None", "assert <Basket at 0x7f11...8a10> is None"),
    ("'<object at 0x7f[35 chars]76b0>' != ''", "'<object at 0x7a[35 chars]8a10>' != ''"),
    ("'<object [35 chars]76b0>' != ''", "'<object [35 chars]8a10>' != ''"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("pid 812 is gone", "pid 93 is gone"),
    ("<Thread(Thread-3 (serve), started 140)>", "<Thread(Thread-12 (serve), started 140)>"),
    ("in ThreadPoolExecutor-0_1", "in ThreadPoolExecutor-4_0"),
    ("on worker gw0", "on worker gw1"),
    ("uses 12.5 MiB", "uses 13.25 MiB"),
    ("assert {'a', 'b'} == {'c'}", "assert {'b', 'a'} == {'c'}"),
    ("{<A at 0x12>, <B at 0x34>}", "{<B at 0x56>, <A at 0x78>}"),
    ("on Sat, 28 Nov 2026 02:10:24", "on Sun, 29 Nov 2026 03:11:25"),
    ("Nov 28 02:10:24 2026", "Dec  1 12:00:00 2027"),
    ("datetime.datetime(2026, 11, 28, 2, 10)", "datetime.datetime(2027, 1, 2, 3, 4)"),
    ("in /tmp/tmp.AbCdEf1234", "in /tmp/tmp.ZyXwVu9876"),
    ("tests/old/helpers.py:3: boom", "tests/new/helpers.py:4: boom"),
    ("docs/a.txt:3: DocTestFailure", "docs/a.txt:31: DocTestFailure"),
    ("fileno=12 is closed", "fileno=7 is closed"),
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
    ("404 Not Found", "500 Internal Server Error"),
    ("{'a': 1}", "{'a': 2}"),
    ("assert {'a', 'b'} == {'c'}", "assert {'a', 'd'} == {'c'}"),
    ("assert 'one...two' is None", "assert 'one...ten' is None"),
    ("5 MB", "6 MB"),
    ("pid is missing", "pid is there"),
    ("Thread died", "Process died"),
    ("version 1.2.3", "version 1.2.4"),
    ("at version-1", "at version-2"),
    ("May 3", "May 4"),
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
        signature_of([failure, failure], "", "tests/test_it.py"),
    }
    assert len(signatures) == 6
    assert all(len(signature) == 16 and int(signature, 16) >= 0 for signature in signatures)


def test_paths_are_told_without_their_machine() -> None:
    """Installed and standard modules keep what follows their root, others their name: folders are renamed."""
    paths = {
        "pkg/mod.py": "mod.py",
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


def test_the_name_of_the_own_file_does_not_count() -> None:
    """A failing test whose file or folder is renamed fails in the same way; another module has a name that counts."""
    old = {"path": "tests/test_old.py", "file": "tests/test_old.py", "kind": "tests.test_old.Odd"}
    new = {"path": "spec/test_new.py", "file": "spec/test_new.py", "kind": "spec.test_new.Odd"}
    message = "{0}.py:3: <{1}.Thing object at 0x12> in {0}"
    before = sign(message.format("tests/test_old", "tests.test_old"), **old)
    assert before == sign(message.format("spec/test_new", "spec.test_new"), **new)
    assert before != sign(message.format("spec/test_new", "spec.test_other"), **new)


LISTING = """{0} Adds.
{1} >>> add(1, 2)
Expected:
    4
Got:
    {2}

/run/tree/pkg/a.py:{1}: DocTestFailure"""


def test_the_line_numbers_of_a_listed_doctest_do_not_count() -> None:
    """A doctest that moves down its file fails in the same way; what it gave counts, a number in front as well."""
    kind = "doctest.DocTestFailure"
    assert sign(LISTING.format("001", "002", "3"), kind=kind) == sign(LISTING.format("041", "042", "3"), kind=kind)
    assert sign(LISTING.format("001", "002", "3"), kind=kind) != sign(LISTING.format("001", "002", "404"), kind=kind)
    assert sign("404 Not Found") != sign("500 Internal Server Error")
