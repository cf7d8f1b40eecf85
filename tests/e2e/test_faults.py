"""The fault matrix: on either side, whatever keeps a suite from proving that it ran to its end is never ALLOW."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from autopack_clients.report import FullReport
from autopack_model.decision.value import Incomplete
from autopack_model.gate_request.candidate import CommitCandidate
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, verdict

CANDIDATE = CommitCandidate(revision="candidate")

# The same on both sides; what goes wrong is in fault.py, so that no protected path is touched.
CONFTEST = """
    import fault

    def pytest_collection_modifyitems(items):
        fault.collected(items)

    def pytest_sessionfinish(session):
        fault.finished(session)
"""

TESTS = """
    import fault

    def test_first():
        assert fault is not None

    def test_second():
        fault.running()

    def test_third():
        pass
"""

HEALTHY = """
    import atexit, os, signal, sys

    # Found before the recorder closes it: a candidate can do the same.
    LINKS = [os.path.realpath(f"/proc/self/fd/{number}") for number in range(100)]
    STREAM = next((path for path in LINKS if path.endswith("recorder.jsonl")), None)

    def collected(items):
        pass

    def running():
        pass

    def finished(session):
        pass
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, as Python code after the healthy hooks, and the reason codes that name it; ``unread`` is the
    cause where the executor had read nothing of the stream before.
    """

    name: str
    code: str
    cause: str
    head_verdict: str = "BLOCK"
    timeout_ms: int = 120_000
    unread: str = ""


def _truncated(percent: int) -> Fault:
    return Fault(
        name=f"stream_truncated_at_{percent}_percent",
        code=f"""
            def cut():
                os.truncate(STREAM, os.stat(STREAM).st_size * {percent} // 100)

            atexit.register(cut)
        """,
        cause="stream_truncated",
        head_verdict="INCONCLUSIVE",
        unread="" if percent else "recorder_missing",
    )


FAULTS = [
    Fault(
        name="time_out",
        code="def running():\n    import time\n    time.sleep(3600)",
        cause="timed_out",
        timeout_ms=15_000,
    ),
    Fault(name="sigkill", code="def running():\n    os.kill(os.getpid(), signal.SIGKILL)", cause="killed"),
    Fault(name="sigsegv", code="def running():\n    import ctypes\n    ctypes.string_at(0)", cause="killed"),
    Fault(name="exit_2", code="def running():\n    raise KeyboardInterrupt", cause="interrupted"),
    Fault(
        name="exit_3",
        code="def collected(items):\n    raise RuntimeError('a plugin fails')",
        cause="internal_error",
    ),
    Fault(
        name="plugin_fails_at_the_end",
        code="def finished(session):\n    raise RuntimeError('a plugin fails')",
        cause="exit_contradiction",
        head_verdict="INCONCLUSIVE",
    ),
    Fault(
        name="exit_4",
        code="import pytest\ndef collected(items):\n    raise pytest.UsageError('no such option')",
        cause="usage_error",
    ),
    Fault(
        name="forced_exit_5",
        code="def finished(session):\n    session.exitstatus = 5",
        cause="exit_contradiction",
        head_verdict="INCONCLUSIVE",
    ),
    Fault(name="exit_9", code="def finished(session):\n    session.exitstatus = 9", cause="unexpected_exit"),
    Fault(name="os_exit_0", code="def running():\n    os._exit(0)", cause="session_unfinished"),
    Fault(name="conftest_raises", code="raise RuntimeError('broken conftest')", cause="usage_error"),
    Fault(name="conftest_exits_0", code="sys.exit(0)", cause="session_unfinished"),
    Fault(
        name="stream_removed",
        code="atexit.register(lambda: os.unlink(STREAM))",
        cause="recorder_missing",
        head_verdict="INCONCLUSIVE",
    ),
    *(_truncated(percent) for percent in range(0, 100, 10)),
]


REPAIRED = ("internal_error", "usage_error")
"""Causes that lie in base itself, and that a head without them has repaired."""


def _repository(root: Path, *, base: str, head: str) -> Path:
    repository = GitSandbox(root)
    repository.commit({"conftest.py": dedent(CONFTEST), "test_sample.py": dedent(TESTS), "fault.py": base})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"fault.py": head})
    return root


def _module(fault: Fault) -> str:
    return dedent(HEALTHY) + "\n" + dedent(fault.code) + "\n"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_on_head_never_allows(gates: Gates, tmp_path: Path, fault: Fault) -> None:
    """A suite on head that does not prove its end blocks or is inconclusive, and the code names the cause."""
    repository = _repository(tmp_path / "repository", base=dedent(HEALTHY), head=_module(fault))

    report = gates.gate(repository, candidate=CANDIDATE, timeout_ms=fault.timeout_ms)

    assert (fault.head_verdict, True) == (verdict(report), _incompleteness(report) in _named(fault, "head"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_on_base_never_allows(gates: Gates, tmp_path: Path, fault: Fault) -> None:
    """A suite on base that does not prove its end makes the baseline unusable, and the code names the cause. Where base
    is at fault itself, and head repairs it, a person looks at head alone.
    """
    repository = _repository(tmp_path / "repository", base=_module(fault), head=dedent(HEALTHY))

    report = gates.gate(repository, candidate=CANDIDATE, timeout_ms=fault.timeout_ms)

    if fault.cause in REPAIRED:
        assert ("NEEDS_HUMAN", ["base_repaired"]) == (verdict(report), codes(report))
    else:
        assert ("INCONCLUSIVE", True) == (verdict(report), _incompleteness(report) in _named(fault, "base"))


def _named(fault: Fault, side: str) -> list[list[str]]:
    """The reasons that may name the fault."""
    return [[f"{side}_{cause}"] for cause in (fault.cause, fault.unread) if cause]


NO_TESTS = "def collected(items):\n    items.clear()"


def test_no_tests_on_head_block(gates: Gates, tmp_path: Path) -> None:
    """A head whose suite finds no tests (pytest exit code 5) is blocked when base had some."""
    fault = Fault(name="exit_5", code=NO_TESTS, cause="")
    repository = _repository(tmp_path / "repository", base=dedent(HEALTHY), head=_module(fault))

    report = gates.gate(repository, candidate=CANDIDATE)

    assert report.head is not None
    assert ("BLOCK", 5) == (verdict(report), report.head.suite_run.process.exit_code)
    assert "zero_tests" in codes(report)


def test_no_tests_on_base_need_a_human(gates: Gates, tmp_path: Path) -> None:
    """A base whose suite finds no tests (pytest exit code 5) proves nothing, so a person has to look."""
    fault = Fault(name="exit_5", code=NO_TESTS, cause="")
    repository = _repository(tmp_path / "repository", base=_module(fault), head=dedent(HEALTHY))

    report = gates.gate(repository, candidate=CANDIDATE)

    assert report.base is not None
    assert ("NEEDS_HUMAN", 5) == (verdict(report), report.base.suite_run.process.exit_code)
    assert ["zero_tests_on_base"] == codes(report)


def _incompleteness(gated: FullReport) -> list[str]:
    assert gated.report.decision is not None
    return [reason.code.label for reason in gated.report.decision.reasons if isinstance(reason.code, Incomplete)]
