"""Builder results of the old shape: placed whole, or refused with every pointer that has no place."""

import json

import pytest

from autopack_bridge.reading.payload import MAX_PAYLOAD_BYTES, MAX_VALUES
from autopack_bridge.reading.refusal import OldResultRefused
from autopack_git.errors import PatchUnreadable
from autopack_git.patch_files import patch_files
from autopack_model.builder_result.value import BuilderResult
from autopack_model.canonical import Json
from tests.contract.legacy_case import LegacyCase, legacy_case, legacy_names, mapped, refused_pointers

MINIMAL = legacy_case("builder_minimal")


def _with(**members: Json) -> bytes:
    return json.dumps({**json.loads(MINIMAL.payload), **members}).encode()


def _without(*names: str) -> bytes:
    return json.dumps(
        {name: value for name, value in json.loads(MINIMAL.payload).items() if name not in names}
    ).encode()


def _result(payload: bytes) -> BuilderResult:
    result = mapped("builder", payload, MINIMAL.spec)
    assert isinstance(result, BuilderResult)
    return result


def _refused(payload: bytes) -> tuple[str, ...]:
    with pytest.raises(OldResultRefused) as caught:
        mapped("builder", payload, MINIMAL.spec)
    return refused_pointers(caught.value)


@pytest.mark.parametrize("name", legacy_names("builder"))
def test_golden_builder_result(name: str) -> None:
    """Each golden payload becomes exactly the typed result, or names exactly the pointers, that stand beside it."""
    case: LegacyCase = legacy_case(name)

    assert (case.expected or case.refused) == case.outcome()


def test_the_importer_names_the_attempt_where_the_result_does_not() -> None:
    """A result without ids belongs to the attempt that the importer names; with others it is refused."""
    from autopack_bridge.reading.attempt import Target
    from autopack_bridge.reading.builder import map_builder
    from autopack_bridge.reading.payload import read_payload
    from autopack_git.patch_files import patch_files

    target = Target(spec=MINIMAL.spec, phase="build", attempt=3)
    bare = read_payload(_without("run_id", "phase_id", "attempt"))

    assert "run-1/build/3" == str(map_builder(bare, target, patch_files).attempt)
    with pytest.raises(OldResultRefused) as caught:
        map_builder(read_payload(MINIMAL.payload), target, patch_files)
    assert ("/attempt", "/phase_id") == refused_pointers(caught.value)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"{",
        b"[]",
        b'"SUCCESS"',
        b"NaN",
        b'{"status": "SUCCESS"} {}',
        b"{'status': 'SUCCESS'}",
        b"[" * 1_000_000,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" + b"[]," * MAX_VALUES + b"[]]",
        b'"' + b" " * MAX_PAYLOAD_BYTES + b'"',
    ],
    ids=[
        "nothing",
        "not UTF-8",
        "byte order mark",
        "cut off",
        "list",
        "text",
        "NaN",
        "two documents",
        "not JSON",
        "deep lists",
        "deep objects",
        "very many values",
        "too large",
    ],
)
def test_what_is_no_object_is_refused_as_a_whole(payload: bytes) -> None:
    """What cannot be read as one bounded JSON object is refused under the pointer of the document."""
    assert ("",) == _refused(payload)


@pytest.mark.parametrize("tail", [b"a" * 1_000_000, rb"a\n" * 300_000, rb"\"" * 300_000, rb"\"" * 300_000 + b"\\"])
def test_a_text_that_does_not_end_is_refused(tail: bytes) -> None:
    """A file that was cut off in the middle of a long text is refused as any other that is not JSON, and at once."""
    assert ("",) == _refused(b'{"status": "FAILED", "notes": "' + tail)


UNREADABLE = {
    "no prefixes": "--- src/app.py\n+++ src/app.py\n@@ -1 +1 @@\n-a\n+b\n",
    "no prefixes by git": "diff --git src/x src/x\n--- src/x\n+++ src/x\n@@ -1 +1 @@\n-a\n+b\n",
    "an absolute name": "--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-a\n+b\n",
    "two names": "--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
    "a hunk that is too long": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+c\n+d\n",
    "a combined diff": "diff --cc secret\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
    "a context diff": "*** a/x\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
    "a quoted diff": "--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n\n> diff --git a/x b/x\n",
    "a submodule": "--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\nSubmodule s a..b:\n",
}


@pytest.mark.parametrize("patch", UNREADABLE.values(), ids=UNREADABLE)
def test_a_patch_that_git_would_not_read_whole_is_refused(patch: str) -> None:
    """What git would skip, or read under another name, is refused at the patch and not recorded without it."""
    with pytest.raises(PatchUnreadable):
        patch_files(patch.encode())


READABLE = {
    "mail": "From 1\nSubject: x\n\n- one\n- two\n---\n x | 2 +-\n\ndiff --git a/x b/x\nindex 1..2 100644\n"
    "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \n2.40.0\n",
    "mnemonic": "diff --git i/x w/x\n--- i/x\n+++ w/x\n@@ -1 +1 @@\n-a\n+b\n",
    "no newline": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
    "rename": "diff --git a/y b/x\nsimilarity index 90%\nrename from y\nrename to x\n"
    "--- a/y\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
    "dashes": "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a\n+++ b\n c\n",
    "new": "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n",
    "timestamps": "--- old/x\t2024-01-01\n+++ new/x\t2024-01-02\n@@ -1 +1 @@\n-a\n+b\n",
}


@pytest.mark.parametrize("patch", READABLE.values(), ids=READABLE)
def test_a_patch_of_another_kind_is_read(patch: str) -> None:
    """Mails, mnemonic prefixes, missing newlines, renames and lines like headers are read as git means them."""
    assert ["x"] == [file.path for file in patch_files(patch.encode())]


def test_a_name_that_is_given_twice_is_refused() -> None:
    """Two values of one name cannot both be placed, equal or not, wherever they stand."""
    twice = MINIMAL.payload[:-1] + b', "notes": "a", "notes": "a", "metadata": {"model": "a", "model": "b"}}'
    bags = MINIMAL.payload[:-1] + b', "metadata": {"notes": "a"}, "metadata": {"notes": "b"}}'

    assert ("/metadata/model", "/notes") == _refused(twice)
    assert ("/metadata",) == _refused(bags)


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000, "2.0", "2e0", "-1", "true", '"2"', "[2]"]
)
def test_only_whole_numbers_that_are_spelt_so_are_whole(number: str) -> None:
    """Anything else in the place of a whole number is refused by its pointer: 2 is one, 2.0 and true are none."""
    payload = json.dumps({**json.loads(MINIMAL.payload), "builder_attempts": 777}).replace("777", number)

    assert ("/builder_attempts",) == _refused(payload.encode())


@pytest.mark.parametrize(
    ("minutes", "milliseconds"),
    [
        ("0", 0),
        ("1", 60_000),
        ("0.1", 6000),
        ("1.5e1", 900_000),
        ("0.00005", 3),
        ("2.50", 150_000),
        ("0.7166666666666667", 43_000),
        ("0.3333333333333333", 20_000),
        ("0.000001", 0),
    ],
)
def test_durations_are_kept_to_the_millisecond(minutes: str, milliseconds: int) -> None:
    """A decimal number of minutes is placed as the nearest number of milliseconds."""
    payload = json.dumps({**json.loads(MINIMAL.payload), "duration_minutes": 777}).replace("777", minutes)

    assert milliseconds == _result(payload.encode()).duration_ms


@pytest.mark.parametrize("minutes", ["-1", "-0.000001", "NaN", "1e99", "1e999999999", "1" * 400, '"1"', "true", "[]"])
def test_what_is_no_duration_is_refused(minutes: str) -> None:
    """A duration that is negative, immense or no number at all is refused by its pointer."""
    payload = json.dumps({**json.loads(MINIMAL.payload), "duration_minutes": 777}).replace("777", minutes)

    assert ("/duration_minutes",) == _refused(payload.encode())


def test_half_a_character_is_refused() -> None:
    """A lone surrogate is not a character, in texts and in names."""
    payload = MINIMAL.payload[:-1] + rb', "notes": "\ud800", "\udfff": 1}'

    assert ("/notes", "/\udfff") == _refused(payload)


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a//b", "a/./b", "", "a\0b"])
def test_paths_that_leave_the_repository_are_refused(name: str) -> None:
    """A name in the list of files that is not a path inside the repository is refused by its pointer."""
    assert ("/files_modified/0",) == _refused(_with(files_modified=[name, "src/app.py"]))


@pytest.mark.parametrize("lost", ["was_truncated", "builder_attempts", "duration_minutes"])
def test_what_is_not_said_is_unknown(lost: str) -> None:
    """A sparse result is placed; what it does not say of attempts, duration and truncation is unknown, not zero."""
    result = _result(_without(lost))
    field = {"was_truncated": "truncated", "duration_minutes": "duration_ms"}.get(lost, lost)

    assert getattr(result, field) is None


def test_null_is_unknown_only_where_the_contract_has_unknown() -> None:
    """Null stands for unknown where the contract has unknown; for other facts it is not a value."""
    result = _result(
        _with(
            files_modified=None,
            tokens_used=None,
            model=None,
            stop_reason=None,
            lines_added=None,
            builder_attempts=None,
            duration_minutes=None,
            was_truncated=None,
        )
    )

    assert "the old result says null instead of a list" == result.changed_files.problem
    assert (None, None, None, None) == (result.tokens, result.model, result.stop_reason, result.lines_added)
    assert (None, None, None) == (result.builder_attempts, result.duration_ms, result.truncated)
    assert ("/metadata", "/notes", "/output", "/status") == _refused(
        _with(notes=None, output=None, status=None, metadata=None)
    )
