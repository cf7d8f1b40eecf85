"""Whether the imported project packages came from the worktree."""

import json
from pathlib import Path

import pytest

from autopack_executor.suite.stream import recorder_variables
from autopack_model.suite_run.value import BindingState
from tests.recorder.recorded import every_python, need, record, write_files

PACKAGE = {
    "src/product/__init__.py": "",
    "src/product/core.py": "value = 1\n",
    "test_product.py": "import product.core\ndef test_value(): assert product.core.value == 1\n",
}
WORKERS = pytest.mark.parametrize("workers", [[], ["-n2"]])


@every_python
@WORKERS
def test_modules_of_the_worktree_are_bound(tmp_path: Path, python: str, workers: list[str]) -> None:
    """A project that is imported from its own worktree is bound, through a symbolic link too."""
    if workers:
        need(python, "xdist")
    (tmp_path / "link").symlink_to(tmp_path / "project" / "src")
    got = record(tmp_path, *workers, python=python, files=PACKAGE, variables=_path(tmp_path / "link"))
    assert got.exit_code == 0
    assert (got.recording.binding.state, got.recording.binding.foreign) == (BindingState.BOUND, ())


@every_python
@WORKERS
def test_modules_from_elsewhere_are_foreign(tmp_path: Path, python: str, workers: list[str]) -> None:
    """Modules with the project's names from another checkout are foreign, and named with their path."""
    if workers:
        need(python, "xdist")
    other = write_files(tmp_path / "other", PACKAGE)
    got = record(tmp_path, *workers, python=python, files=PACKAGE, variables=_path(other / "src"))
    assert got.exit_code == 0
    assert got.recording.binding.state is BindingState.FOREIGN
    assert got.recording.binding.foreign == (
        f"product.core={other}/src/product/core.py",
        f"product={other}/src/product/__init__.py",
    )


@every_python
@pytest.mark.parametrize(("elsewhere", "expected"), [(True, BindingState.FOREIGN), (False, BindingState.BOUND)])
def test_a_module_that_replaces_itself_is_found(
    tmp_path: Path, python: str, elsewhere: bool, expected: BindingState
) -> None:
    """An object that a module put in its own place has no file; then counts where the module is found."""
    files = {
        "src/lazy.py": "import sys\nclass Lazy:\n    value = 1\nsys.modules[__name__] = Lazy()\n",
        "test_lazy.py": "import lazy\ndef test_value(): assert lazy.value == 1\n",
    }
    other = write_files(tmp_path / "other", files) if elsewhere else tmp_path / "project"
    got = record(tmp_path, python=python, files=files, variables=_path(other / "src"))
    assert (0, expected) == (got.exit_code, got.recording.binding.state)


@every_python
def test_a_copy_that_is_installed_inside_the_worktree_is_foreign(tmp_path: Path, python: str) -> None:
    """An environment inside the worktree does not turn the copy that is installed in it into the checkout."""
    packages = "env/lib/python3/site-packages"
    files = PACKAGE | {f"{packages}/product/__init__.py": "", f"{packages}/product/core.py": "value = 1\n"}
    got = record(
        tmp_path, "test_product.py", python=python, files=files, variables=_path(tmp_path / "project" / packages)
    )
    assert got.recording.binding.state is BindingState.FOREIGN


@every_python
def test_at_most_twenty_foreign_modules_are_named(tmp_path: Path, python: str) -> None:
    """The list of foreign modules is sorted and bounded."""
    names = [f"product_{number:02}" for number in range(30)]
    modules = {f"src/{name}.py": "" for name in names}
    files = modules | {"test_all.py": "\n".join(f"import {name}" for name in names) + "\ndef test_it(): pass\n"}
    other = write_files(tmp_path / "other", modules)
    got = record(tmp_path, python=python, files=files, variables=_path(other / "src"))
    assert got.recording.binding.foreign == tuple(f"{name}={other}/src/{name}.py" for name in names[:20])


@every_python
def test_what_is_not_the_project_is_not_foreign(tmp_path: Path, python: str) -> None:
    """The standard library, a module without file, a mock and a lazy module under project names are left alone."""
    files = {
        "src/json/__init__.py": "",
        "src/sys.py": "",
        "src/mocked.py": "",
        "src/lazy.py": "raise RuntimeError('woken')\n",
        "test_it.py": """
            import importlib.util, json, sys
            from unittest import mock
            sys.modules["mocked"] = mock.MagicMock()
            spec = importlib.util.spec_from_file_location("lazy", "src/lazy.py")
            spec.loader = importlib.util.LazyLoader(spec.loader)
            sys.modules["lazy"] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules["lazy"])
            def test_it(): pass
        """,
    }
    got = record(tmp_path, python=python, files=files)
    assert got.exit_code == 0
    assert got.recording.binding.state is BindingState.BOUND


@every_python
@WORKERS
@pytest.mark.parametrize("content", [None, "not json", json.dumps(["a list"])])
def test_without_a_list_of_modules_the_binding_is_unknown(
    tmp_path: Path, python: str, workers: list[str], content: str | None
) -> None:
    """When the list of modules is missing or unreadable nothing is claimed."""
    if workers:
        need(python, "xdist")
    other = tmp_path / "other.json"
    if content is not None:
        other.write_text(content)
    variables = recorder_variables(tmp_path / "stream.jsonl", tmp_path / "project", other)
    got = record(
        tmp_path, *workers, python=python, files=PACKAGE, variables=variables | _path(tmp_path / "project/src")
    )
    assert got.exit_code == 0
    assert got.recording.binding.state is BindingState.UNKNOWN


@every_python
def test_a_worker_that_says_nothing_makes_the_binding_unknown(tmp_path: Path, python: str) -> None:
    """A worker that dies before its first report has not shown where its modules came from."""
    need(python, "xdist")
    files = {
        "conftest.py": """
            import os
            def pytest_runtest_protocol(item, nextitem):
                if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
                    os._exit(1)
        """,
        "test_it.py": "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_it(n): pass\n",
    }
    got = record(tmp_path, "-n2", python=python, files=files)
    assert "crashed" in got.states.values()
    assert got.recording.binding.state is BindingState.UNKNOWN


def _path(folder: Path) -> dict[str, str]:
    """PYTHONPATH with ``folder``."""
    return {"PYTHONPATH": str(folder)}
