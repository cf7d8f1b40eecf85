"""Which interpreter is meant, and what is refused before anything runs with it."""

import json
import os
import sys
from pathlib import Path

import pytest

from autopack_executor.environment.interpreter_probe import check_interpreter, resolve_shim
from autopack_executor.environment.interpreter_search import find_interpreter
from autopack_executor.errors import InterpreterUnusable


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_order(tmp_path: Path) -> None:
    """What is requested comes first, then the virtual environment, then conda's, then python3, then python on PATH."""
    venv, conda = program(tmp_path / "venv/bin/python"), program(tmp_path / "conda/bin/python")
    python3, python = program(tmp_path / "path/python3"), program(tmp_path / "path/python")
    environ = {
        "VIRTUAL_ENV": str(tmp_path / "venv"),
        "CONDA_PREFIX": str(tmp_path / "conda"),
        "PATH": str(tmp_path / "path"),
    }

    assert python == find_interpreter(python, environ)
    assert python == find_interpreter(Path("python"), environ)
    assert conda == find_interpreter(tmp_path / "conda", environ)
    assert venv == find_interpreter(None, environ)
    del environ["VIRTUAL_ENV"]
    assert conda == find_interpreter(None, environ)
    del environ["CONDA_PREFIX"]
    assert python3 == find_interpreter(None, environ)
    python3.unlink()
    assert python == find_interpreter(None, environ)


def test_link_of_a_virtual_environment_is_kept(tmp_path: Path) -> None:
    """The interpreter of a virtual environment is a link, and stays one: resolved it would be another environment."""
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/bin/python").symlink_to(sys.executable)

    assert tmp_path / "venv/bin/python" == find_interpreter(tmp_path / "venv", {})


@pytest.mark.parametrize("name", ["missing", "plain", "empty"])
def test_unusable_paths(tmp_path: Path, name: str) -> None:
    """A path that does not exist, a file that is not executable and a directory without interpreter are refused."""
    (tmp_path / "plain").write_text("text")
    (tmp_path / "empty").mkdir()

    with pytest.raises(InterpreterUnusable, match="--python") as caught:
        find_interpreter(tmp_path / name, {})

    assert str(tmp_path / name) == caught.value.subject


def test_removed_virtual_environment(tmp_path: Path) -> None:
    """An active virtual environment without interpreter is an error; it is not passed over for another Python."""
    with pytest.raises(InterpreterUnusable, match=r"\$VIRTUAL_ENV"):
        find_interpreter(None, {"VIRTUAL_ENV": str(tmp_path), "PATH": os.defpath})


def test_none_at_all(tmp_path: Path) -> None:
    """Where there is no Python the error says how to name one."""
    with pytest.raises(InterpreterUnusable, match="--python"):
        find_interpreter(None, {"PATH": str(tmp_path)})


def test_shim(tmp_path: Path) -> None:
    """A version manager's script is followed to the interpreter that it starts, in the caller's environment."""
    shim = program(tmp_path / "shim", f'#!/bin/sh\ntest -n "$MANAGER" && exec "{sys.executable}" "$@"\n')

    assert Path(sys.executable) == resolve_shim(shim, {"MANAGER": "1"})
    with pytest.raises(InterpreterUnusable, match="starts no Python"):
        resolve_shim(shim, {})


def test_described() -> None:
    """An interpreter describes itself: version, prefix, and every distribution once, by name."""
    found = check_interpreter(Path(sys.executable), {})

    assert ".".join(map(str, sys.version_info[:3])) == found.version
    assert (sys.implementation.name, Path(sys.prefix)) == (found.implementation, found.prefix)
    assert pytest.__version__ == found.pytest_version
    names = [distribution.name for distribution in found.distributions]
    assert sorted(set(names)) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo broken >&2; exit 9", "exit code 9.*broken"),
        ("exit 0", "exit code 0"),
        ("kill -9 $$", "killed by signal 9"),
    ],
)
def test_interpreter_that_does_not_work(tmp_path: Path, text: str, said: str) -> None:
    """A program that does not describe itself is refused with what it said and how it ended."""
    with pytest.raises(InterpreterUnusable, match=said):
        check_interpreter(program(tmp_path / "python", f"#!/bin/sh\n{text}\n"), {"PATH": os.defpath})


@pytest.mark.parametrize(("version", "message"), [("2.7.18", "is Python 2.7.18"), ("x", "is Python x")])
def test_old_python(tmp_path: Path, version: str, message: str) -> None:
    """A Python that is too old, or whose version is none, is refused."""
    document = json.dumps(
        {
            **dict.fromkeys(("build", "platform"), ""),
            **dict.fromkeys(("executable", "prefix", "base_prefix"), "/"),
            "path": [],
            "hooks": [],
            "start_hooks": [],
            "distributions": [],
            "implementation": "cpython",
            "version": version,
        }
    )
    python = program(tmp_path / "python", f"#!/bin/sh\necho '{document}' > \"$4\"\n")

    with pytest.raises(InterpreterUnusable, match=message):
        check_interpreter(python, {"PATH": os.defpath})
