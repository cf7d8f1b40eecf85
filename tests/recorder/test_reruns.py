"""How often a plugin may run a test again, known before the test fails."""

from pathlib import Path

import pytest

from tests.recorder.recorded import Recorded, every_python, need, record

DISTRIBUTED = pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["plain", "distributed"])

MARKED = """
    import pytest

    class TestIt:
        pytestmark = pytest.mark.flaky({options})

        @pytest.mark.parametrize("n", [1, 2])
        def test_marked(self, n):
            pass

        @pytest.mark.skip
        def test_skipped(self):
            pass

    def test_plain():
        pass
"""
DECORATED = """
    import unittest

    from flaky import flaky

    @flaky(max_runs=4)
    class TestIt(unittest.TestCase):
        def test_marked(self):
            pass

    @flaky
    def test_twice():
        pass

    def test_plain():
        pass
"""
PLUGINS = {"flaky": "flaky", "pytest_retry": "pytest-retry", "pytest_rerunfailures": "rerunfailures"}


def reruns(recorded: Recorded) -> dict[str, int]:
    """The reruns of the tests that have any, by their names alone."""
    column, ids = recorded.recording.reruns, recorded.recording.test_ids
    return {name.rpartition("::")[2]: count for name, count in zip(ids, column, strict=bool(column)) if count}


def alone(module: str) -> tuple[str, ...]:
    """The options that leave only this one of the plugins."""
    return tuple(option for name, plugin in PLUGINS.items() if name != module for option in ("-p", f"no:{plugin}"))


@every_python
@DISTRIBUTED
@pytest.mark.parametrize(
    ("module", "options", "expected"),
    [
        ("pytest_rerunfailures", "reruns=5", 5),
        ("pytest_rerunfailures", "5", 5),
        ("pytest_rerunfailures", "", 1),
        ("pytest_rerunfailures", "reruns=5, condition=False", 0),
        ("pytest_rerunfailures", "reruns=1000", 255),
        ("pytest_retry", "retries=3", 3),
        ("pytest_retry", "", 1),
        ("flaky", "max_runs=4", 3),
        ("flaky", "", 1),
    ],
)
def test_a_mark_is_known_before_the_test_fails(
    python: str, module: str, options: str, expected: int, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """A mark of each plugin gives its tests their reruns, also where all of them pass at once."""
    need(python, module, *(("xdist",) if arguments else ()))
    files = {"test_a.py": MARKED.format(options=options)}
    recorded = record(tmp_path, *alone(module), *arguments, python=python, files=files)
    counts = {"test_marked[1]": expected, "test_marked[2]": expected} if expected else {}
    found = reruns(recorded)
    found.pop("test_skipped", None)
    assert (0, counts) == (recorded.exit_code, found)


@every_python
@DISTRIBUTED
def test_a_decorator_is_known(python: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    """The decorator of box/flaky counts on functions and on classes of unittest."""
    need(python, "flaky", *(("xdist",) if arguments else ()))
    recorded = record(tmp_path, *alone("flaky"), *arguments, python=python, files={"test_a.py": DECORATED})
    assert {"test_marked": 3, "test_twice": 1} == reruns(recorded)


@every_python
@DISTRIBUTED
@pytest.mark.parametrize(
    ("module", "setting", "expected"),
    [
        ("pytest_rerunfailures", "addopts = --reruns 2", {"test_marked": 5, "test_plain": 2}),
        ("pytest_rerunfailures", "addopts = --reruns 2 --reruns-delay 0.1", {"test_marked": 5, "test_plain": 2}),
        ("pytest_rerunfailures", "reruns = 2", {"test_marked": 5, "test_plain": 2}),
        ("pytest_rerunfailures", "addopts = --force-reruns 7", {"test_marked": 7, "test_plain": 7}),
        (
            "pytest_rerunfailures",
            "addopts = --reruns 2 --reruns-mode append",
            {"test_marked": 7, "test_plain": 2},
        ),
        ("pytest_rerunfailures", "addopts = --reruns 0", {"test_marked": 5}),
        ("pytest_retry", "addopts = --retries 2", {"test_marked": 5, "test_plain": 2}),
        ("pytest_retry", "retries = 2", {"test_marked": 5, "test_plain": 2}),
        ("flaky", "addopts = --force-flaky --max-runs 3", {"test_marked": 2, "test_plain": 2}),
    ],
)
def test_the_configuration_is_known(
    python: str, module: str, setting: str, expected: dict[str, int], arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """An option in the configuration, or a setting, gives reruns to every test; a mark goes before it."""
    need(python, module, *(("xdist",) if arguments else ()))
    mark = {"flaky": "max_runs=6", "pytest_retry": "retries=5"}.get(module, "reruns=5")
    files = {
        "pytest.ini": f"[pytest]\n{setting}\n",
        "test_a.py": f"""
            import pytest

            @pytest.mark.flaky({mark})
            def test_marked():
                pass

            def test_plain():
                pass
        """,
    }
    recorded = record(tmp_path, *alone(module), *arguments, python=python, files=files)
    if "unrecognized arguments" in recorded.output or "Unknown config option" in recorded.output:
        pytest.skip(f"{module} is too old for {setting}")
    assert (0, expected) == (recorded.exit_code, reruns(recorded))


@every_python
def test_a_mark_without_its_plugin_is_a_label(python: str, tmp_path: Path) -> None:
    """Where no plugin reads the mark, nothing is run again."""
    files = {"test_a.py": MARKED.format(options="reruns=5"), "pytest.ini": "[pytest]\nreruns = 5\n"}
    recorded = record(tmp_path, *alone(""), python=python, files=files)
    assert {} == reruns(recorded)


@every_python
@DISTRIBUTED
def test_what_a_hook_marks_is_known(python: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    """A mark that conftest.py adds to collected tests counts as well."""
    need(python, "pytest_rerunfailures", *(("xdist",) if arguments else ()))
    hook = """
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.flaky(reruns=9))
    """
    files = {"conftest.py": hook, "test_a.py": "def test_it():\n    pass\n"}
    recorded = record(tmp_path, *alone("pytest_rerunfailures"), *arguments, python=python, files=files)
    assert {"test_it": 9} == reruns(recorded)
