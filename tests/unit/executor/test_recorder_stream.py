"""The event file while it grows, and when somebody tampers with it."""

import os
from pathlib import Path

import pytest

from autopack_executor.errors import EvidenceNotWritten
from autopack_executor.suite.stream import RecorderStream, StreamCounts
from autopack_model.suite_run.value import StreamState

START = b'{"seq":0,"event":"start","version":"7","pid":1,"python":"3","pytest":"9"}\n'
SESSION = b'{"seq":1,"event":"session","rootdir":"/r","tree":"/r","selection":[],"distributed":false,"seeds":[]}\n'
LISTED = b'{"seq":2,"event":"collected","ids":["b","a"]}\n'
FIRST = b'{"seq":3,"event":"test","test":0,"ms":5}\n'
SECOND = (
    b'{"seq":4,"event":"test","test":1,"ms":7,"reports":[{"when":"call","outcome":"failed","subtest":false,'
    b'"xfail":null,"type":"ValueError","path":"t.py","function":"test","message":"no"}]}\n'
)
FINISH = b'{"seq":5,"event":"finish","exit":1,"deselected":0}\n'
END = b'{"seq":6,"event":"end","count":7,"binding":"bound","foreign":[],"plugins":[],"deviations":[],"test_code":[]}\n'
WHOLE = START + SESSION + LISTED + FIRST + SECOND + FINISH + END


def test_counts_follow_the_file(tmp_path: Path) -> None:
    """Polling sees what whole lines say, in pieces of any size, and finishing reads the rest."""
    path = tmp_path / "stream"
    with RecorderStream(path) as stream, path.open("ab", buffering=0) as file:
        assert stream.poll() == StreamCounts(collected=0, done=0, failures=0)
        file.write(START + SESSION + LISTED)
        assert stream.poll() == StreamCounts(collected=2, done=0, failures=0)
        file.write(FIRST[:10])
        assert stream.poll() == StreamCounts(collected=2, done=0, failures=0)
        file.write(FIRST[10:] + SECOND)
        assert stream.poll() == StreamCounts(collected=2, done=2, failures=1)
        file.write(FINISH + END)
        recording = stream.finish()
    assert recording.facts.stream is StreamState.COMPLETE
    assert tuple(recording.test_ids) == ("a", "b")
    assert stream.poll() == StreamCounts(collected=2, done=2, failures=1)
    assert stream.finish() == recording


@pytest.mark.parametrize("content", [None, b""])
def test_a_stream_that_nobody_wrote_is_missing(tmp_path: Path, content: bytes | None) -> None:
    """No file, and an empty one, are a missing stream."""
    path = tmp_path / "stream"
    with RecorderStream(path) as stream:
        if content is None:
            path.unlink()
        assert stream.finish().facts.stream is StreamState.MISSING


@pytest.mark.parametrize("polled", [False, True])
def test_a_removed_or_replaced_file_is_missing(tmp_path: Path, polled: bool) -> None:
    """A file that was removed, or replaced by a forged one, counts for nothing, whatever was read before."""
    for name in ("removed", "replaced", "linked"):
        path = tmp_path / name
        with RecorderStream(path) as stream:
            path.write_bytes(WHOLE)
            if polled:
                stream.poll()
            path.unlink()
            if name == "replaced":
                path.write_bytes(WHOLE)
            elif name == "linked":
                (tmp_path / "target").write_bytes(WHOLE)
                path.symlink_to(tmp_path / "target")
            recording = stream.finish()
        assert recording.facts.stream is StreamState.MISSING
        assert not recording.test_ids


@pytest.mark.parametrize("polled", [False, True])
def test_a_cut_stream_never_looks_finished(tmp_path: Path, polled: bool) -> None:
    """Cut after any byte, before or after it was read, the stream is not a finished session."""
    for size in range(len(WHOLE)):
        path = tmp_path / f"{size}"
        with RecorderStream(path) as stream:
            path.write_bytes(WHOLE)
            if polled:
                stream.poll()
            os.truncate(path, size)
            facts = stream.finish().facts
        finished = facts.session_finished and facts.stream is StreamState.COMPLETE
        assert not finished, size
        in_a_line = not polled and size and WHOLE[size - 1 : size] != b"\n"
        assert not in_a_line or facts.stream is StreamState.TRUNCATED, size


def test_the_last_line_needs_its_line_feed(tmp_path: Path) -> None:
    """A stream whose end lacks only its line feed is truncated."""
    path = tmp_path / "stream"
    with RecorderStream(path) as stream:
        path.write_bytes(WHOLE[:-1])
        assert stream.finish().facts.stream is StreamState.TRUNCATED


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """A line that no event can be that long is malformed, without being held in memory."""
    path = tmp_path / "stream"
    with RecorderStream(path) as stream:
        with path.open("wb") as file:
            file.write(START)
            file.truncate(40 << 20)
        assert stream.finish().facts.stream is StreamState.MALFORMED


def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """Where no stream can be created the run has no evidence, and the error names the path."""
    with pytest.raises(EvidenceNotWritten, match="nowhere") as raised:
        RecorderStream(tmp_path / "nowhere" / "stream")
    assert raised.value.subject == str(tmp_path / "nowhere" / "stream")
