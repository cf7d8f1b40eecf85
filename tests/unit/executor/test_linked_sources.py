"""Code that an environment points to is part of what describes it."""

import dataclasses
import os
from pathlib import Path

from autopack_executor.environment.interpreter import Distribution, Interpreter
from autopack_executor.environment.linked_sources import linked_sources, sources_digest

LIBRARY = "/venv/lib/python3/site-packages"
INTERPRETER = Interpreter(
    executable=Path("/venv/bin/python"),
    implementation="cpython",
    version="3.11.0",
    build="",
    platform="",
    prefix=Path("/venv"),
    base_prefix=Path("/usr"),
    path=("/usr/lib/python3", LIBRARY),
    hooks=(),
    distributions=(Distribution(name="copied", version="1", url="file:///copied", editable=False, record=""),),
)


def test_an_ordinary_environment_points_nowhere() -> None:
    """Its own library and that of its interpreter, and what was copied into it, are described elsewhere."""
    assert () == linked_sources(INTERPRETER, own=())


def test_what_an_environment_points_to() -> None:
    """Folders on its path and editable installs count, each once; those of the project itself do not."""
    editable = tuple(
        Distribution(name=name, version="1", url=f"file:///{name}", editable=True, record="")
        for name in ("other%20one", "project")
    )
    path = (*INTERPRETER.path, "/other one/src", "/shared/b", "/tree/src")
    pointing = dataclasses.replace(INTERPRETER, path=path, distributions=editable)

    assert (Path("/other one"), Path("/shared/b")) == linked_sources(pointing, own=(Path("/project"), Path("/tree")))


def test_an_edit_changes_the_digest(tmp_path: Path) -> None:
    """An edit that keeps the size is seen by its time, a second look is not a change, bytecode is ignored."""
    module = tmp_path / "pkg" / "m.py"
    module.parent.mkdir()
    module.write_text("x = 1")
    os.utime(module, ns=(1, 1))
    before = sources_digest([tmp_path])
    (tmp_path / "pkg" / "__pycache__").mkdir()
    (tmp_path / "pkg" / "__pycache__" / "m.pyc").touch()

    assert before == sources_digest([tmp_path])
    module.write_text("x = 2")
    os.utime(module, ns=(2, 2))
    assert before != sources_digest([tmp_path])


def test_a_virtual_environment_beside_the_sources_is_left_out(tmp_path: Path) -> None:
    """What is installed into an environment that lies in the folder does not change the digest."""
    before = sources_digest([tmp_path])
    (tmp_path / ".env" / "lib").mkdir(parents=True)
    for name in ("pyvenv.cfg", "lib/m.py"):
        (tmp_path / ".env" / name).touch()

    assert before == sources_digest([tmp_path])
    (tmp_path / ".env" / "pyvenv.cfg").unlink()
    assert before != sources_digest([tmp_path])


def test_too_much_is_never_the_same(tmp_path: Path) -> None:
    """What is too large to be described differs from itself, so that nothing is reused."""
    (tmp_path / "m.py").touch()

    assert sources_digest([tmp_path], limit=0) != sources_digest([tmp_path], limit=0)


def test_a_missing_folder_is_empty(tmp_path: Path) -> None:
    """An editable install of a project that was deleted points to nothing, each time."""
    assert sources_digest([tmp_path / "gone"]) == sources_digest([tmp_path / "gone"])
