"""Which sources were written while a suite ran."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autopack_executor.suite.source_files import SourceFiles

PATHS = ("data.json", "link.py", "pytest.ini", "tests/test_a.py", "shop.py")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with a file of tests, code, configuration, data and a link."""
    (tmp_path / "tests").mkdir()
    for name in ("data.json", "pytest.ini", "tests/test_a.py", "shop.py"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link.py").symlink_to("shop.py")
    return tmp_path


def relinked(tree: Path) -> None:
    """Have the link lead elsewhere."""
    (tree / "link.py").unlink()
    (tree / "link.py").symlink_to("tests/test_a.py")


def restored(name: str) -> Callable[[Path], None]:
    """Write a file as it was, and set its times back."""

    def act(tree: Path) -> None:
        file = tree / name
        status = file.stat()
        file.write_text("something else")
        file.write_text(name)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    return act


@pytest.mark.parametrize(
    ("act", "written"),
    [
        (lambda tree: None, []),
        (lambda tree: (tree / "shop.py").write_text("more"), ["shop.py"]),
        (lambda tree: (tree / "pytest.ini").unlink(), ["pytest.ini"]),
        (lambda tree: (tree / "data.json").write_text("more"), []),
        (lambda tree: (tree / "new.py").write_text("new"), []),
        (relinked, ["link.py"]),
        (restored("shop.py"), []),
        (restored("tests/test_a.py"), ["tests/test_a.py"]),
    ],
)
def test_written_sources(tree: Path, act: Callable[[Path], object], written: list[str]) -> None:
    """Code and configuration count when they hold something else, files of tests however they were written."""
    sources = SourceFiles(tree, PATHS)
    act(tree)
    assert written == [deviation.subject for deviation in sources.written(["tests/test_a.py"])]
