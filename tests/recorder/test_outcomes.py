"""What the recorder makes of every way in which a test can end."""

from pathlib import Path

from autopack_model.evidence.outcome import Stage
from autopack_model.suite_run.value import BindingState, CollectorState, StreamState
from tests.recorder.recorded import every_python, has, need, record

OUTCOMES = {
    "test_outcomes.py": """
        import pytest, unittest

        def test_pass(): pass
        def test_fail(): assert 1 == 2
        def test_skip(): pytest.skip("not today")

        @pytest.mark.skip(reason="in setup")
        def test_skip_mark(): pass

        @pytest.mark.xfail(reason="known")
        def test_xfail(): assert False

        @pytest.mark.xfail(reason="known")
        def test_xpass(): pass

        @pytest.mark.xfail(strict=True)
        def test_strict(): pass

        @pytest.mark.xfail(run=False)
        def test_xfail_not_run(): pass

        @pytest.fixture
        def bad_setup(): raise RuntimeError("no setup")

        @pytest.fixture
        def bad_teardown():
            yield
            raise RuntimeError("no teardown")

        def test_setup(bad_setup): pass
        def test_teardown(bad_teardown): pass
        def test_both(bad_teardown): raise KeyError("call")
        def test_no_fixture(missing): pass

        class Case(unittest.TestCase):
            def test_ok(self): pass
            def test_bad(self): self.assertEqual(1, 2)
            @unittest.skip("unit")
            def test_skipped(self): pass
            @unittest.expectedFailure
            def test_expected(self): self.fail()
            @unittest.expectedFailure
            def test_unexpected(self): pass
    """,
    "doc.py": '''
        def one():
            """
            >>> one()
            1
            """
            return 1

        def two():
            """
            >>> two()
            3
            """
            return 2
    ''',
}

STATES = {
    "doc.py::doc.one": "passed",
    "doc.py::doc.two": "failed",
    "test_outcomes.py::Case::test_bad": "failed",
    "test_outcomes.py::Case::test_expected": "xfailed",
    "test_outcomes.py::Case::test_ok": "passed",
    "test_outcomes.py::Case::test_skipped": "skipped",
    "test_outcomes.py::Case::test_unexpected": "failed",
    "test_outcomes.py::test_both": "failed",
    "test_outcomes.py::test_fail": "failed",
    "test_outcomes.py::test_no_fixture": "errored",
    "test_outcomes.py::test_pass": "passed",
    "test_outcomes.py::test_setup": "errored",
    "test_outcomes.py::test_skip": "skipped",
    "test_outcomes.py::test_skip_mark": "skipped",
    "test_outcomes.py::test_strict": "failed",
    "test_outcomes.py::test_teardown": "errored",
    "test_outcomes.py::test_xfail": "xfailed",
    "test_outcomes.py::test_xfail_not_run": "xfailed",
    "test_outcomes.py::test_xpass": "xpassed",
}


@every_python
def test_every_outcome_has_its_state(tmp_path: Path, python: str) -> None:
    """Each kind of outcome of functions, TestCases and doctests is folded into its state, warnings as errors."""
    got = record(tmp_path, "--doctest-modules", "-W", "error", python=python, files=OUTCOMES)
    assert got.states == STATES
    assert got.exit_code == 1
    facts = got.recording.facts
    assert facts.stream is StreamState.COMPLETE
    assert (facts.session_started, facts.session_finished, facts.session_exit_status) == (True, True, 1)
    assert (facts.collected, facts.deselected, facts.reported) == (19, 0, 19)
    assert got.recording.binding.state is BindingState.BOUND


@every_python
def test_details_say_stage_and_message(tmp_path: Path, python: str) -> None:
    """A detail names the stage that decided, its message, a signature when bad, and one execution."""
    got = record(tmp_path, "--doctest-modules", python=python, files=OUTCOMES)
    stages = {
        "test_fail": (Stage.CALL, "assert 1 == 2"),
        "test_skip": (Stage.CALL, "not today"),
        "test_skip_mark": (Stage.SETUP, "in setup"),
        "test_setup": (Stage.SETUP, "RuntimeError: no setup"),
        "test_teardown": (Stage.TEARDOWN, "RuntimeError: no teardown"),
        "test_both": (Stage.CALL, "KeyError: 'call'"),
        "test_xpass": (Stage.CALL, "known"),
    }
    found = {name: got.detail(f"test_outcomes.py::{name}") for name in stages}
    assert {name: (detail.stage, detail.message) for name, detail in found.items()} == stages
    assert {detail.executions for detail in found.values()} == {1}
    assert {name for name, detail in found.items() if detail.signature} == {
        "test_fail",
        "test_setup",
        "test_teardown",
        "test_both",
    }


@every_python
def test_xdist_gives_the_same_states(tmp_path: Path, python: str) -> None:
    """Two workers report the same states, counts and binding as one process."""
    need(python, "xdist")
    got = record(tmp_path, "--doctest-modules", "-n", "2", "-W", "error", python=python, files=OUTCOMES)
    assert got.states == STATES
    assert (got.recording.facts.collected, got.recording.facts.reported) == (19, 19)
    assert got.recording.facts.session_exit_status == got.exit_code == 1
    assert got.recording.binding.state is BindingState.BOUND


@every_python
def test_signatures_do_not_depend_on_how_it_runs(tmp_path: Path, python: str) -> None:
    """The signatures of one process, of two workers and of another folder are equal."""
    need(python, "xdist")
    plain = record(tmp_path / "a", "--tb=native", "--doctest-modules", python=python, files=OUTCOMES)
    other = record(tmp_path / "another", "--doctest-modules", "-n2", python=python, files=OUTCOMES)
    assert [detail.signature for detail in other.recording.details] == [
        detail.signature for detail in plain.recording.details
    ]


@every_python
def test_workers_say_which_tests_they_begin(tmp_path: Path, python: str) -> None:
    """With workers each test is begun by name before it is reported; without them the order of the list says it."""
    need(python, "xdist")
    files = {"test_a.py": "def test_one(): pass\ndef test_two(): pass\n", "test_b.py": "def test_three(): assert 0\n"}
    begun = {}
    for name, arguments in (("workers", ("-n2",)), ("plain", ())):
        events = record(tmp_path / name, *arguments, python=python, files=files).events
        begun[name] = sorted(str(event["test"]) for event in events if event["event"] == "begin")
    assert {"workers": ["0", "1", "2"], "plain": []} == begun


@every_python
def test_a_worker_that_dies_leaves_the_name_of_its_test(tmp_path: Path, python: str) -> None:
    """What had begun and did not end when the session broke off is known, though other tests went on."""
    need(python, "xdist")
    files = {
        "conftest.py": """
            import os

            reached = set()

            def reach(what):
                reached.add(what)
                if "PYTEST_XDIST_WORKER" not in os.environ and reached >= {"one ended", "two began"}:
                    os._exit(3)

            def pytest_runtest_logstart(nodeid):
                if nodeid.endswith("test_two"):
                    reach("two began")

            def pytest_runtest_logreport(report):
                if report.nodeid.endswith("test_one") and report.when == "teardown":
                    reach("one ended")
        """,
        "test_a.py": "def test_one(): pass\n",
        "test_b.py": """
            import threading

            def test_two():
                threading.Event().wait()
        """,
    }
    recorded = record(tmp_path, "-n2", "--dist=loadfile", python=python, files=files)
    assert ("test_b.py::test_two",) == recorded.recording.facts.running


@every_python
def test_a_test_is_as_bad_as_its_worst_subtest(tmp_path: Path, python: str) -> None:
    """A failing subtest fails its test, else a skipped one mutes it in part, though pytest says that it passed."""
    if not has(python, "_pytest.subtests"):
        need(python, "pytest_subtests")
    files = {
        "test_sub.py": """
            import unittest, pytest

            def test_bad(subtests):
                for number in range(3):
                    with subtests.test(number=number):
                        assert number != 1

            def test_good(subtests):
                with subtests.test("fine"):
                    pass

            def test_skipping(subtests):
                with subtests.test("fine"):
                    pass
                for number in range(2):
                    with subtests.test("skips"):
                        pytest.skip("one of them")

            @pytest.mark.xfail
            def test_expected(subtests):
                with subtests.test("fails"):
                    assert False

            def test_skipping_and_bad(subtests):
                with subtests.test("skips"):
                    pytest.skip("one of them")
                with subtests.test("fails"):
                    assert False

            class Case(unittest.TestCase):
                def test_bad(self):
                    for number in range(3):
                        with self.subTest(number=number):
                            self.assertNotEqual(number, 1)
                def test_good(self):
                    with self.subTest(number=1):
                        pass
        """
    }
    states = {
        "test_sub.py::Case::test_bad": "failed",
        "test_sub.py::Case::test_good": "passed",
        "test_sub.py::test_bad": "failed",
        "test_sub.py::test_expected": "xfailed",
        "test_sub.py::test_good": "passed",
        "test_sub.py::test_skipping": "partly_muted",
        "test_sub.py::test_skipping_and_bad": "failed",
    }
    for arguments in ([], ["-p", "no:terminal"], ["-n2"] if has(python, "xdist") else []):
        got = record(tmp_path / "-".join(["run", *arguments]), *arguments, python=python, files=files)
        assert got.states == states
        assert got.exit_code == 1
        assert got.detail("test_sub.py::test_bad").signature != ""
        assert ("[skips]", "[skips] (occurrence 2)") == got.detail("test_sub.py::test_skipping").muted_subtests
        assert ("[skips]",) == got.detail("test_sub.py::test_skipping_and_bad").muted_subtests


@every_python
def test_reruns_that_disagree_are_flaky(tmp_path: Path, python: str) -> None:
    """A test that fails and then passes on a rerun is flaky; one that always fails is failed; both keep their count."""
    need(python, "pytest_rerunfailures", "xdist")
    files = {
        "test_rerun.py": """
            import pathlib, pytest
            def test_flaky():
                mark = pathlib.Path("seen")
                if not mark.exists():
                    mark.write_text("")
                    raise ValueError("first time")
            def test_bad(): assert False
            def test_good(): pass

            @pytest.fixture
            def flaky_setup():
                mark = pathlib.Path("set-up")
                if not mark.exists():
                    mark.write_text("")
                    raise ValueError("first set-up")
            def test_setup(flaky_setup): pass
        """
    }
    for arguments in ([], ["-n2"]):
        got = record(tmp_path / "-".join(["run", *arguments]), "--reruns=2", *arguments, python=python, files=files)
        assert got.states == {
            "test_rerun.py::test_bad": "failed",
            "test_rerun.py::test_flaky": "flaky",
            "test_rerun.py::test_good": "passed",
            "test_rerun.py::test_setup": "flaky",
        }
        flaky = got.detail("test_rerun.py::test_flaky")
        assert (flaky.message, flaky.executions) == ("ValueError: first time", 2)
        assert got.detail("test_rerun.py::test_bad").executions == 3
        assert got.recording.facts.reported == 4


@every_python
def test_timeouts_are_told_from_failures(tmp_path: Path, python: str) -> None:
    """A test that pytest-timeout ends is timed out; one that merely says so is failed."""
    need(python, "pytest_timeout")
    files = {
        "test_time.py": """
            import time
            def test_slow(): time.sleep(30)
            def test_says(): raise ValueError("Timeout (>1.0s) from pytest-timeout.")
        """
    }
    got = record(tmp_path, "--timeout=0.3", "--timeout-method=signal", python=python, files=files)
    assert got.states == {"test_time.py::test_says": "failed", "test_time.py::test_slow": "timed_out"}


@every_python
def test_a_crashed_worker_marks_its_test(tmp_path: Path, python: str) -> None:
    """The test in which a worker of pytest-xdist dies is crashed; all others still report, and the tree is bound."""
    need(python, "xdist")
    files = {
        "test_crash.py": """
            import os, pytest
            @pytest.mark.parametrize("number", range(6))
            def test_it(number):
                if number == 2:
                    os._exit(3)
        """
    }
    got = record(tmp_path, "-n2", python=python, files=files)
    states = got.states
    assert states.pop("test_crash.py::test_it[2]") == "crashed"
    assert set(states.values()) == {"passed"}
    assert len(states) == 5
    assert got.recording.facts.session_finished
    assert got.recording.binding.state is BindingState.BOUND


@every_python
def test_collectors_without_tests_are_named(tmp_path: Path, python: str) -> None:
    """Modules that raise or skip are collectors with their state and reason; other modules run all the same."""
    files = {
        "test_broken.py": "import nothing_of_the_kind\n",
        "test_syntax.py": "def broken(:\n",
        "test_raises.py": "raise RuntimeError('at import')\n",
        "test_skipped.py": "import pytest\npytest.skip('all of it', allow_module_level=True)\n",
        "test_missing.py": "import pytest\npytest.importorskip('nothing_of_the_kind')\n",
        "test_fine.py": "def test_fine(): pass\n",
    }
    for arguments in ([], ["-x", "-n2"] if has(python, "xdist") else ["-x"]):
        got = record(tmp_path / "-".join(["run", *arguments]), *arguments, python=python, files=files)
        collectors = {each.collector: each for each in got.recording.facts.collectors}
        assert {name: each.state for name, each in collectors.items()} == {
            "test_broken.py": CollectorState.ERRORED,
            "test_missing.py": CollectorState.SKIPPED,
            "test_raises.py": CollectorState.ERRORED,
            "test_skipped.py": CollectorState.SKIPPED,
            "test_syntax.py": CollectorState.ERRORED,
        }
        message = "ModuleNotFoundError: No module named 'nothing_of_the_kind'"
        assert collectors["test_broken.py"].message == message
        assert collectors["test_raises.py"].message == "RuntimeError: at import"
        assert collectors["test_skipped.py"].message == "all of it"
        assert [bool(collectors[name].signature) for name in sorted(collectors)] == [True, False, True, False, True]
        assert got.states == {"test_fine.py::test_fine": "passed"}
        assert got.recording.facts.session_exit_status == got.exit_code == 1


@every_python
def test_two_modules_that_skip_in_the_same_place_are_two(tmp_path: Path, python: str) -> None:
    """Collectors whose reports are equal word for word are all named, also when workers collect them."""
    need(python, "xdist")
    files = {
        "skipper.py": "import pytest\ndef skip(): pytest.skip('together', allow_module_level=True)\n",
        "test_a.py": "import skipper\nskipper.skip()\n",
        "test_b.py": "import skipper\nskipper.skip()\n",
        "test_c.py": "def test_c(): pass\n",
    }
    got = record(tmp_path, "-n2", python=python, files=files)
    assert [each.collector for each in got.recording.facts.collectors] == ["test_a.py", "test_b.py"]


@every_python
def test_a_raising_conftest_in_a_folder_is_a_collector(tmp_path: Path, python: str) -> None:
    """A conftest that raises in a folder that is reached during collection is a collector error, never a pass."""
    files = {
        "sub/conftest.py": "raise RuntimeError('conftest')\n",
        "sub/test_sub.py": "def test_sub(): pass\n",
        "test_top.py": "def test_top(): pass\n",
    }
    got = record(tmp_path, python=python, files=files)
    assert got.exit_code == 1
    errors = [each for each in got.recording.facts.collectors if each.state is CollectorState.ERRORED]
    assert len(errors) == 1
    assert "conftest" in errors[0].message
    assert "sub/test_sub.py::test_sub" not in got.states


@every_python
def test_collectors_that_passed_without_tests_are_named(tmp_path: Path, python: str) -> None:
    """A module in which no selected test lies is there all the same; folders and modules with tests need no mention."""
    files = {
        "pytest.ini": "[pytest]\n",
        "sub/test_base.py": "class Base: pass\n",
        "sub/test_sub.py": "def test_sub(): pass\n",
        "test_top.py": "class TestNothing: pass\ndef test_top(): pass\n",
        "test_unselected.py": "def test_other(): pass\n",
    }
    for arguments in (["-k", "not other"], ["-k", "not other", "-n2"] if has(python, "xdist") else ["-knot other"]):
        got = record(tmp_path / "-".join(["run", *arguments[2:]]), *arguments, python=python, files=files)
        collectors = {each.collector: each.state for each in got.recording.facts.collectors}
        expected = ("sub/test_base.py", "test_top.py::TestNothing", "test_unselected.py")
        assert dict.fromkeys(expected, CollectorState.PASSED) == collectors
        assert {"sub/test_sub.py::test_sub", "test_top.py::test_top"} == set(got.states)
        assert got.recording.facts.selection == ("-k not other",)


@every_python
def test_what_narrows_a_suite_down_is_named(tmp_path: Path, python: str) -> None:
    """Options of the command and of the configuration count, and so do paths; other options select nothing."""
    files = {
        "pytest.ini": "[pytest]\naddopts = -m 'not slow'\nmarkers = slow\n",
        "tests/test_a.py": "def test_a(): pass\n",
    }
    got = record(tmp_path, "-q", "--tb", "short", "--deselect", "tests/test_b.py", "tests", python=python, files=files)
    assert got.recording.facts.selection == ("-m not slow", "--deselect tests/test_b.py", "tests")
    assert record(tmp_path / "bare", "-q", python=python, files={"test_a.py": ""}).recording.facts.selection == ()


@every_python
def test_the_group_of_a_test_is_no_part_of_its_name(tmp_path: Path, python: str) -> None:
    """pytest-xdist writes a group behind the id of a test; an at sign of a parameter or a folder stays."""
    need(python, "xdist")
    files = {
        "at@home/test_it.py": """
            import pytest

            @pytest.mark.xdist_group("db")
            def test_plain(): pass

            @pytest.mark.xdist_group("db@[1]")
            def test_odd(): pass

            @pytest.mark.xdist_group("db")
            @pytest.mark.parametrize("user", ["me@host", "a]@b", "plain"])
            def test_grouped(user): assert user != "plain"

            @pytest.mark.parametrize("user", ["me@host", "a]@b"])
            def test_alone(user): pass
        """
    }
    grouped = record(tmp_path / "grouped", "-n2", "--dist", "loadgroup", python=python, files=files)
    plain = record(tmp_path / "plain", python=python, files=files)
    assert plain.states == grouped.states
    assert grouped.states["at@home/test_it.py::test_grouped[plain]"] == "failed"
    assert len(grouped.states) == 7


@every_python
def test_muted_subtests_beyond_a_bound_are_counted(tmp_path: Path, python: str) -> None:
    """Of very many muted subtests the first are named, and how many more there are."""
    if not has(python, "_pytest.subtests"):
        need(python, "pytest_subtests")
    files = {
        "test_many.py": """
            import pytest
            def test_many(subtests):
                for number in range(1005):
                    with subtests.test(number=number):
                        pytest.skip("no")
        """
    }
    got = record(tmp_path, python=python, files=files)
    muted = got.detail("test_many.py::test_many").muted_subtests
    assert len(muted) == 1001
    assert {"(number=0)", "(number=999)", "and 5 more"} <= set(muted)
