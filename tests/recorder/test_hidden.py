"""Plugins that try a failed test again, and do not log what failed before."""

from pathlib import Path

import pytest

from tests.recorder.recorded import every_python, need, record

DISTRIBUTED = pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["plain", "distributed"])
PASSES_AT_LAST = """
    import pytest

    N = 0

    @pytest.mark.flaky({options})
    def test_it():
        global N
        N += 1
        assert N >= 3

    def test_other():
        pass
"""


@every_python
@DISTRIBUTED
@pytest.mark.parametrize(
    ("module", "options"),
    [("flaky", "max_runs=4"), ("pytest_retry", "retries=4"), ("pytest_rerunfailures", "reruns=4")],
)
def test_a_test_that_a_plugin_tries_again_is_flaky(
    python: str, module: str, options: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """A test that fails twice before it passes is flaky, whichever plugin hides the failures."""
    need(python, module, *(("xdist",) if arguments else ()))
    others = {"flaky": "flaky", "pytest_retry": "pytest-retry", "pytest_rerunfailures": "rerunfailures"}
    blocked = [option for name, plugin in others.items() if name != module for option in ("-p", f"no:{plugin}")]
    files = {"test_a.py": PASSES_AT_LAST.format(options=options)}
    recorded = record(tmp_path, *blocked, *arguments, python=python, files=files)
    assert (0, {"test_a.py::test_it": "flaky", "test_a.py::test_other": "passed"}) == (
        recorded.exit_code,
        recorded.states,
    )
    assert "AssertionError" in recorded.detail("test_a.py::test_it").message or recorded.output


HIDING = {
    "reports that are not logged": """
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            for _ in range(4):
                reports = runtestprotocol(item, nextitem=nextitem, log=False)
                if not any(report.failed for report in reports):
                    break
                item._initrequest()
            for report in reports:
                item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            return True
    """,
    "a report that is made to pass": """
        import pytest

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            outcome = yield
            report = outcome.get_result()
            if report.failed:
                report.outcome = "passed"
    """,
    "a set-up that is tried again": """
        import pytest
        from _pytest.runner import call_and_report, show_test_item

        SETUPS = []

        @pytest.fixture(autouse=True)
        def service():
            SETUPS.append(None)
            assert len(SETUPS) != 1

        def pytest_runtest_protocol(item, nextitem):
            for _ in range(3):
                report = call_and_report(item, "setup", log=False)
                if report.passed:
                    break
                call_and_report(item, "teardown", log=False, nextitem=nextitem)
                item._initrequest()
            item.ihook.pytest_runtest_logreport(report=report)
            item.test_is_set_up = True
            call_and_report(item, "call")
            call_and_report(item, "teardown", nextitem=nextitem)
            return True
    """,
}


@every_python
@DISTRIBUTED
@pytest.mark.parametrize("plugin", HIDING.values(), ids=HIDING)
def test_what_a_plugin_hides_is_seen(python: str, plugin: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    """A failure that a plugin of the project does not log, or logs as a pass, makes the test flaky."""
    need(python, *(("xdist",) if arguments else ()))
    test = "N = 0\n\n\ndef test_it():\n    global N\n    N += 1\n    assert N != 1\n"
    if "SETUPS" in plugin:
        test = "def test_it():\n    pass\n"
    recorded = record(tmp_path, *arguments, python=python, files={"conftest.py": plugin, "test_a.py": test})
    assert "flaky" == recorded.states["test_a.py::test_it"]


@every_python
@DISTRIBUTED
def test_what_is_logged_is_not_counted_twice(python: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Failures, skips, expected failures and subtests that pytest logs itself are no hidden ones."""
    need(python, *(("xdist",) if arguments else ()))
    files = {
        "test_a.py": """
            import unittest

            import pytest

            def test_fails():
                assert False

            def test_skipped():
                pytest.skip("no")

            @pytest.mark.xfail
            def test_expected():
                assert False

            class TestIt(unittest.TestCase):
                def test_sub(self):
                    with self.subTest(n=1):
                        self.assertTrue(False)

                def test_passes(self):
                    pass
        """
    }
    recorded = record(tmp_path, *arguments, python=python, files=files)
    assert {
        "test_a.py::TestIt::test_passes": "passed",
        "test_a.py::TestIt::test_sub": "failed",
        "test_a.py::test_expected": "xfailed",
        "test_a.py::test_fails": "failed",
        "test_a.py::test_skipped": "skipped",
    } == recorded.states
    assert 1 == recorded.detail("test_a.py::test_fails").executions
