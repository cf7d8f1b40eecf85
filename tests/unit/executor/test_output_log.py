"""The end of a log, as it is kept beside evidence."""

from pathlib import Path

import pytest

from autopack_executor.isolation.output_log import last_line, read_tail

TAILS = [
    (b"", ""),
    (b"one\ntwo\n", "one\ntwo\n"),
    (b"first line\nsecond\n", "second\n"),
    (b"x" * 20, "x" * 10),
    (b"\xff is bad\n", "\ufffd is bad\n"),
    ("\u00e9\u00e9\u00e9\u00e9\n".encode() * 20, "\u00e9\u00e9\u00e9\u00e9\n"),
]


@pytest.mark.parametrize(("content", "tail"), TAILS)
def test_the_tail_begins_with_a_whole_line(tmp_path: Path, content: bytes, tail: str) -> None:
    """The end of a log begins with a whole line where it can, and bytes that are not text are replaced."""
    (tmp_path / "log").write_bytes(content)
    assert tail == read_tail(tmp_path / "log", 10)


def test_no_log_has_no_tail(tmp_path: Path) -> None:
    """A log that is not there has nothing to say."""
    assert "" == read_tail(tmp_path / "log")


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", ""), (b"one\n  two\n\n", "two"), (b"10 %\r20 %\r", "20 %"), (b"one\npart of a", "part of a")],
)
def test_the_last_line_of_a_growing_log(tmp_path: Path, content: bytes, line: str) -> None:
    """The last line with anything on it is told, also one that is not finished or was written over."""
    (tmp_path / "log").write_bytes(content)
    assert line == last_line(tmp_path / "log")
    assert "" == last_line(tmp_path / "no log")
