"""Sessions that stop early, die, hide or select tests: what the stream then says."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from autopack_model.suite_run.value import StreamState
from tests.recorder.recorded import child_variables, every_python, has, need, record

THREE = {
    "test_three.py": """
        def test_a(): assert False
        def test_b(): pass
        def test_c(): assert False
    """
}
THREE_STATES = {"test_three.py::test_a": "failed", "test_three.py::test_b": "passed", "test_three.py::test_c": "failed"}


@every_python
@pytest.mark.parametrize("options", [["-x"], ["--maxfail=1", "-n2"], ["--stepwise"], ["--sw-skip"]])
def test_the_suite_runs_whole(tmp_path: Path, python: str, options: list[str]) -> None:
    """Options that stop at the first failure, on the command line or in the ini, do not stop the suite."""
    if "-n2" in options:
        need(python, "xdist")
    here = record(tmp_path / "arguments", *options, python=python, files=THREE)
    ini = record(
        tmp_path / "ini", python=python, files=THREE | {"pytest.ini": f"[pytest]\naddopts = {' '.join(options)}\n"}
    )
    assert (here.states, here.exit_code) == (THREE_STATES, 1)
    assert (ini.states, ini.exit_code) == (THREE_STATES, 1)


@every_python
@pytest.mark.parametrize(
    "options",
    [
        "-q -q",
        "-p no:terminal",
        "-p no:cacheprovider",
        "--strict-markers --strict-config -W error",
        "--import-mode=importlib",
        "-s --tb=no -p no:logging",
        "-vv -rA --tb=line --showlocals",
        "--junitxml=out.xml -o junit_family=xunit1",
        "--ff --nf --lf --durations=3",
    ],
)
def test_any_options_in_the_ini(tmp_path: Path, python: str, options: str) -> None:
    """Whatever output and import options the project has chosen, its tests are recorded alike."""
    got = record(tmp_path, python=python, files=THREE | {"pytest.ini": f"[pytest]\naddopts = {options}\n"})
    assert got.states == THREE_STATES
    assert got.recording.facts.session_finished
    assert got.recording.facts.session_exit_status == got.exit_code == 1


@every_python
@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_deselected_tests_are_counted(tmp_path: Path, python: str, workers: list[str]) -> None:
    """Tests that -k and --deselect take away are counted as collected and deselected, and have no state."""
    if workers:
        need(python, "xdist")
    options = ["-k", "not test_a", "--deselect", "test_three.py::test_c", *workers]
    got = record(tmp_path, *options, python=python, files=THREE)
    facts = got.recording.facts
    assert got.states == {"test_three.py::test_b": "passed"}
    assert (facts.collected, facts.deselected, facts.reported) == (3, 2, 1)


@every_python
def test_no_tests_is_a_whole_session(tmp_path: Path, python: str) -> None:
    """A session that finds nothing finishes with exit status 5 and zero counts."""
    got = record(tmp_path, python=python, files={"nothing.py": ""})
    facts = got.recording.facts
    assert (facts.stream, facts.session_finished, facts.session_exit_status) == (StreamState.COMPLETE, True, 5)
    assert (facts.collected, facts.reported, got.exit_code) == (0, 0, 5)


@every_python
@pytest.mark.parametrize(
    "conftest",
    ["import sys; sys.exit(0)", "import os; os._exit(0)", "raise RuntimeError('no')", "def pytest_configure(): 1/0"],
)
def test_a_conftest_that_ends_the_session_leaves_it_unfinished(tmp_path: Path, python: str, conftest: str) -> None:
    """When a conftest exits or raises before the session begins, the stream has a start and nothing else."""
    got = record(tmp_path, python=python, files=THREE | {"conftest.py": conftest + "\n"})
    facts = got.recording.facts
    assert (facts.stream, facts.session_started, facts.session_finished) == (StreamState.COMPLETE, False, False)
    assert [event["event"] for event in got.events] == ["start"]


@every_python
@pytest.mark.parametrize(
    ("body", "exit_code"), [("os._exit(0)", 0), ("os.kill(os.getpid(), 9)", -9), ("os.kill(os.getpid(), 11)", -11)]
)
def test_a_test_that_ends_the_process_leaves_the_session_unfinished(
    tmp_path: Path, python: str, body: str, exit_code: int
) -> None:
    """When the process dies in a test, that test and those after it are not run and the session has no finish."""
    files = {"test_die.py": f"import os\ndef test_a(): pass\ndef test_b(): {body}\ndef test_c(): pass\n"}
    got = record(tmp_path, python=python, files=files)
    facts = got.recording.facts
    assert got.exit_code == exit_code
    assert (facts.session_started, facts.session_finished, facts.session_exit_status) == (True, False, None)
    assert list(got.states.values()) == ["passed", "not_run", "not_run"]
    assert ("test_die.py::test_b",) == facts.running
    assert facts.reported == 1


@every_python
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("pytest.exit('enough')", 2),
        ("pytest.exit('enough', returncode=0)", 0),
        ("raise KeyboardInterrupt", 2),
    ],
)
def test_an_interrupted_session_has_tests_that_did_not_run(tmp_path: Path, python: str, body: str, status: int) -> None:
    """An interrupt is recorded with pytest's status; the tests after it are not run."""
    files = {"test_stop.py": f"import pytest\ndef test_a(): pass\ndef test_b(): {body}\ndef test_c(): pass\n"}
    got = record(tmp_path, python=python, files=files)
    facts = got.recording.facts
    assert (facts.session_finished, facts.session_exit_status, got.exit_code) == (True, status, status)
    assert list(got.states.values()) == ["passed", "not_run", "not_run"]


@every_python
def test_errors_of_pytest_itself_are_its_exit_status(tmp_path: Path, python: str) -> None:
    """An internal error finishes with 3, a path that does not exist with 4."""
    broken = {"conftest.py": "def pytest_runtest_logfinish(): raise RuntimeError('plugin')\n"}
    internal = record(tmp_path / "internal", python=python, files=THREE | broken)
    usage = record(tmp_path / "usage", "nowhere.py", python=python, files=THREE)
    assert (internal.exit_code, internal.recording.facts.session_exit_status) == (3, 3)
    assert (usage.exit_code, usage.recording.facts.session_exit_status) == (4, 4)
    assert usage.recording.facts.collected == 0


@every_python
def test_the_exit_status_is_the_one_that_plugins_leave(tmp_path: Path, python: str) -> None:
    """A plugin that changes the exit status when the session finishes is believed."""
    files = {
        "conftest.py": """
            import pytest
            @pytest.hookimpl(hookwrapper=True, tryfirst=True)
            def pytest_sessionfinish(session):
                yield
                session.exitstatus = 1
        """,
        "test_fine.py": "def test_fine(): pass\n",
    }
    got = record(tmp_path, python=python, files=files)
    assert (got.exit_code, got.recording.facts.session_exit_status) == (1, 1)
    assert got.states == {"test_fine.py::test_fine": "passed"}


@every_python
@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_strange_ids_stay_apart(tmp_path: Path, python: str, workers: list[str]) -> None:
    """Non-ASCII, long, multi-line, surrogate, empty and repeated ids each are one test, whatever it prints."""
    if workers:
        need(python, "xdist")
    names = ["new\nline", "euro \u20ac", "x" * 12000, "::", "", "é [1] \x00", "a (occurrence 2)", "a", "a"]
    names += [] if workers else ["lone \udc80"]
    files = {
        "conftest.py": f"""
            import os, pathlib, pytest
            NAMES = {names!a}
            class Strange(pytest.Item):
                def runtest(self):
                    os.write(1, bytes(range(256)))
            class Names(pytest.File):
                def collect(self):
                    return [Strange.from_parent(self, name=name) for name in NAMES]
            def pytest_collect_file(parent, file_path):
                if file_path.suffix == ".txt":
                    return Names.from_parent(parent, path=file_path)
        """,
        "strange.txt": "",
    }
    got = record(tmp_path, *workers, python=python, files=files)
    expected = [f"strange.txt::{name}" for name in names if "\udc80" not in name]
    expected[-1] += " (occurrence 2)"
    expected[6] += " (occurrence 1)"
    expected += [] if workers else ["strange.txt::lone \\udc80"]
    assert got.states == dict.fromkeys(expected, "passed")
    assert got.recording.facts.session_finished


@every_python
@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_repeated_ids_are_told_apart_by_occurrence(tmp_path: Path, python: str, workers: list[str]) -> None:
    """Items that share an id, and one item that is listed twice, keep a state each."""
    if workers:
        need(python, "xdist")
    files = {
        "conftest.py": """
            def pytest_collection_modifyitems(items):
                items[:] = items + items[:1]
        """,
        "test_twice.py": "def test_a(): pass\ndef test_b(): assert False\n",
    }
    got = record(tmp_path, "--keep-duplicates", "test_twice.py", "test_twice.py", *workers, python=python, files=files)
    assert got.states == {
        "test_twice.py::test_a": "passed",
        "test_twice.py::test_a (occurrence 2)": "passed",
        "test_twice.py::test_a (occurrence 3)": "passed",
        "test_twice.py::test_b": "failed",
        "test_twice.py::test_b (occurrence 2)": "failed",
    }
    assert got.recording.facts.reported == 5


@every_python
def test_a_report_under_another_id_belongs_to_the_running_test(tmp_path: Path, python: str) -> None:
    """A plugin that rewrites the ids of reports does not hide the test that ran."""
    files = THREE | {
        "conftest.py": """
            import pytest
            @pytest.hookimpl(hookwrapper=True)
            def pytest_runtest_makereport(item):
                outcome = yield
                outcome.get_result().nodeid = "something else"
        """
    }
    got = record(tmp_path, python=python, files=files)
    assert got.states == THREE_STATES


@every_python
def test_an_uncollected_test_that_reports_is_listed_but_not_counted(tmp_path: Path, python: str) -> None:
    """A report of a test that nobody collected is kept beside counts that then contradict it."""
    files = {
        "conftest.py": """
            import pytest
            def pytest_runtest_logreport(report): pass
            @pytest.hookimpl(tryfirst=True)
            def pytest_runtestloop(session):
                for when in ("setup", "call", "teardown"):
                    report = pytest.TestReport("ghost", ("ghost", 1, "ghost"), {}, "passed", None, when)
                    session.config.hook.pytest_runtest_logreport(report=report)
        """,
        "test_fine.py": "def test_fine(): pass\n",
    }
    got = record(tmp_path, python=python, files=files)
    assert got.states == {"ghost": "passed", "test_fine.py::test_fine": "passed"}
    assert (got.recording.facts.collected, got.recording.facts.reported) == (1, 2)


@every_python
def test_tests_that_fork_and_close_everything_do_not_disturb(tmp_path: Path, python: str) -> None:
    """A child that a test forks writes nothing, and closed descriptors are opened again, never written to blindly."""
    files = {
        "test_rough.py": """
            import os
            def test_fork():
                if os.fork() == 0:
                    return  # the child goes on through the suite
                os.wait()
            def test_close():
                os.closerange(3, 50)
                for _ in range(40):
                    os.open("other", os.O_CREAT | os.O_RDWR)
            def test_after():
                assert os.path.getsize("other") == 0
        """
    }
    got = record(tmp_path, "-p", "no:cacheprovider", "-s", python=python, files=files)
    assert got.recording.facts.stream is StreamState.COMPLETE
    assert got.states == {f"test_rough.py::test_{name}": "passed" for name in ("after", "close", "fork")}
    assert (tmp_path / "project" / "other").read_bytes() == b""


@every_python
def test_a_full_disk_ends_the_stream_and_not_the_tests(tmp_path: Path, python: str) -> None:
    """When the stream cannot grow any more, tests and exit code are as without it, and no finish is recorded."""
    files = {
        "conftest.py": """
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
        """,
        "test_many.py": """
            import pytest
            @pytest.mark.parametrize("number", range(50))
            def test_it(number): pass
        """,
    }
    got = record(tmp_path, "-p", "no:cacheprovider", python=python, files=files)
    assert got.exit_code == 0
    assert "50 passed" in got.output
    assert not got.recording.facts.session_finished
    assert got.recording.facts.stream is StreamState.TRUNCATED


@every_python
def test_the_tests_see_the_environment_of_a_session_without_recorder(tmp_path: Path, python: str) -> None:
    """No variable of the recorder, nor its folder in PYTHONPATH, reaches tests, workers or their children."""
    files = {
        "test_env.py": """
            import os
            def test_env():
                assert not [name for name in os.environ if name.startswith("AUTOPACK")]
                assert "PYTHONPATH" not in os.environ
        """
    }
    for workers in ([], ["-n2"] if has(python, "xdist") else []):
        got = record(tmp_path / "-".join(["run", *workers]), *workers, python=python, files=files)
        assert got.states == {"test_env.py::test_env": "passed"}


@every_python
def test_an_inner_pytest_does_not_write_into_the_stream(tmp_path: Path, python: str) -> None:
    """A pytest that a test starts with the same plugin leaves the stream alone."""
    files = {
        "test_outer.py": """
            import os, subprocess, sys
            def test_outer():
                folder = [path for path in sys.path if path.endswith("recorder")][0]
                env = dict(os.environ, PYTHONPATH=folder)
                command = [sys.executable, "-m", "pytest", "-p", "autopack_recorder", "inner.py"]
                assert subprocess.call(command, env=env) == 1
        """,
        "inner.py": "def test_inner(): assert False\n",
    }
    got = record(tmp_path, python=python, files=files)
    assert got.states == {"test_outer.py::test_outer": "passed"}


@every_python
def test_the_recorder_changes_no_outcome(tmp_path: Path, python: str) -> None:
    """The summary of every test, and the exit code, are those of a session without the recorder."""
    files = {
        "test_all.py": """
            import pytest, warnings
            def test_pass(): pass
            def test_fail(): assert [1] == [2]
            def test_skip(): pytest.skip("why")
            def test_warns(): warnings.warn("loud")
            @pytest.mark.xfail
            def test_xfail(): assert False
            @pytest.fixture
            def late():
                yield
                raise ValueError
            def test_late(late): pass
            class Rude(Exception):
                def __str__(self): raise RuntimeError("no text")
            def test_rude(): raise Rude
        """
    }
    options = ["-rA", "-q", "-W", "error", "-p", "no:cacheprovider"]
    got = record(tmp_path, *options, python=python, files=files)
    bare = subprocess.run(
        [python, "-m", "pytest", *options],
        cwd=tmp_path / "project",
        env=child_variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert got.recording.facts.session_finished
    assert got.exit_code == bare.returncode
    assert _without_times(got.output) == _without_times(bare.stdout)


def test_the_plugin_is_inert_without_a_stream(tmp_path: Path) -> None:
    """Loaded without its variables, the plugin leaves options alone and writes nothing."""
    got = record(tmp_path, "-x", files=THREE, variables={"AUTOPACK_RECORDER_STREAM": ""})
    assert got.recording.facts.stream is StreamState.MISSING
    assert "1 failed" in got.output
    assert "passed" not in got.output


def _without_times(output: str) -> str:
    return re.sub(r"in [0-9.]+s|0x[0-9a-f]+", "", output)


def test_children_get_no_variables_of_this_process() -> None:
    """The harness hands no recorder variable of an outer session to the sessions that it starts."""
    assert not {name for name in child_variables() if name.startswith("AUTOPACK")}
    assert "PATH" in child_variables() or "PATH" not in os.environ
