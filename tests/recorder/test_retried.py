"""A session of some of the tests, as a retry has it."""

from pathlib import Path

import pytest

from tests.recorder.recorded import every_python, need, record

FILES = {
    "conftest.py": """
        def pytest_collection_modifyitems(items):
            items.reverse()
    """,
    "tests/test_a.py": """
        import pytest

        @pytest.mark.parametrize("value", ["1", "1 x", "[::]"])
        def test_it(value):
            assert value != "1 x"
    """,
    "tests/test_b.py": "def test_it():\n    pass\n",
}


@every_python
@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["plain", "distributed"])
def test_only_the_wanted_tests_are_run(python: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    """The wanted tests run whatever their names hold, and every other test is counted as deselected."""
    need(python, *(("xdist",) if arguments else ()))
    wanted = ["tests/test_a.py::test_it[1 x]", "tests/test_a.py::test_it[[::]]", "tests/test_gone.py::test_it"]
    recorded = record(tmp_path, *arguments, python=python, files=FILES, tests=wanted)
    facts = recorded.recording.facts
    assert {wanted[0]: "failed", wanted[1]: "passed"} == recorded.states
    assert (4, 2, 2, 1) == (facts.collected, facts.deselected, facts.reported, recorded.exit_code)


@every_python
def test_a_session_without_any_wanted_test_runs_nothing(python: str, tmp_path: Path) -> None:
    """Where no wanted test is there any more, nothing is run."""
    recorded = record(tmp_path, python=python, files=FILES, tests=["tests/test_gone.py::test_it"])
    assert ({}, 5) == (recorded.states, recorded.exit_code)


@every_python
def test_tests_of_one_name_stay_together(python: str, tmp_path: Path) -> None:
    """Where one of several tests of the same id is wanted, all of them run, under the names that they always have."""
    files = {
        "conftest.py": """
            def pytest_collection_modifyitems(items):
                items.extend(list(items))
        """,
        "test_a.py": "def test_it():\n    pass\n\ndef test_other():\n    pass\n",
    }
    recorded = record(tmp_path, python=python, files=files, tests=["test_a.py::test_it (occurrence 2)"])
    assert ["test_a.py::test_it", "test_a.py::test_it (occurrence 2)"] == sorted(recorded.states)


@every_python
def test_a_list_that_cannot_be_read_proves_nothing(python: str, tmp_path: Path) -> None:
    """A session that was to run some tests, and cannot know which, is not recorded as if it had run them."""
    missing = {"AUTOPACK_RECORDER_TESTS": str(tmp_path / "missing.json")}
    recorded = record(tmp_path, python=python, files=FILES, variables=missing)
    assert "truncated" == recorded.recording.facts.stream.label
