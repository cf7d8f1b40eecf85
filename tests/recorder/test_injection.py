"""The recorder as a guest: what it brings into the target's process, and what it leaves alone."""

from pathlib import Path

from autopack_executor.suite.stream import PLUGIN, pytest_with_recorder
from tests.recorder.recorded import every_python, record

FOLDER = Path(pytest_with_recorder("python")[1]).parent
MODULES = sorted(path.stem for path in (FOLDER / PLUGIN).glob("[!_]*.py") if path.stem != "fields")


def test_the_folder_holds_nothing_but_the_package() -> None:
    """What is put on the target's import path offers two names to import: the package, and what starts pytest."""
    names = sorted(path.name for path in FOLDER.iterdir() if path.name != "__pycache__")
    assert [PLUGIN, "start_pytest.py"] == names


@every_python
def test_all_of_it_is_loaded_before_any_code_of_the_project(tmp_path: Path, python: str) -> None:
    """A conftest finds the whole recorder imported, no assertion of it rewritten, and nothing else of ours."""
    files = {
        "conftest.py": f"""
            import sys
            OURS = {{name: module for name, module in sys.modules.items() if name.startswith("autopack")}}
            assert sorted(OURS) == {[PLUGIN, *(f"{PLUGIN}.{name}" for name in MODULES)]}, sorted(OURS)
            assert not [name for name, module in OURS.items() if hasattr(module, "@pytest_ar")]
        """,
        "test_it.py": "def test_it(): pass\n",
    }
    got = record(tmp_path, python=python, files=files)
    assert {"test_it.py::test_it": "passed"} == got.states, got.output


@every_python
def test_a_project_with_modules_of_the_same_names(tmp_path: Path, python: str) -> None:
    """Modules of the project that are named as those of the recorder are imported, and do not disturb it."""
    files = {f"{name}.py": f"value = {name!r}\n" for name in MODULES}
    files["test_it.py"] = "".join(
        f"def test_{name}():\n    import {name}\n    assert {name}.value == {name!r}\n" for name in MODULES
    )
    got = record(tmp_path, python=python, files=files)
    assert {f"test_it.py::test_{name}": "passed" for name in MODULES} == got.states
    assert got.recording.facts.session_finished
