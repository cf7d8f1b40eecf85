"""What one execution of a test amounts to: its state, and the report that says why."""

import re
from dataclasses import dataclass

from autopack_executor.suite.events import Execution, Failure, StageReport
from autopack_executor.suite.signature import normalise_message, signature_of
from autopack_model.evidence.outcome import BAD, Stage, TestState

_STAGES = {"setup": Stage.SETUP, "call": Stage.CALL, "teardown": Stage.TEARDOWN}
_TIMED_OUT = re.compile(r"(?:Failed: )?Timeout (?:\(>|>)[0-9.]+ ?s")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state of one execution. ``signature`` is empty unless the state is bad."""

    state: TestState
    stage: Stage
    message: str
    signature: str


PASSED = Judgement(TestState.PASSED, Stage.CALL, "", "")
_NEVER_CALLED = Judgement(TestState.NOT_RUN, Stage.CALL, "Reported, but its call stage never ran.", "")


def judge(execution: Execution, tree: str, file: str) -> Judgement:
    """Judge one execution (stage rules: bad before muted before good; a failed call before other stages).

    ``tree`` and ``file`` are those of ``signature_of``.
    """
    if execution.reports is None:
        return PASSED
    bad = [report for report in execution.reports if _is_bad(report)]
    if bad:
        state, because = _bad_state(bad)
        return Judgement(
            state,
            _stage(because),
            because.failure.message,
            signature_of([report.failure for report in bad], tree, file),
        )
    own = [report for report in execution.reports if not report.subtest]
    for report in (*own, *execution.reports):
        if report.outcome == "skipped":
            state = _muted_state(report, own)
            return Judgement(state, _stage(report), report.xfail or report.failure.message, "")
    for report in execution.reports:
        if report.xfail is not None:
            return Judgement(TestState.XPASSED, _stage(report), report.xfail, "")
    return _NEVER_CALLED


def muted_subtests(execution: Execution, tree: str) -> tuple[str, ...]:
    """The names of the muted subtests, normalised: the n-th of the same name gets `` (occurrence n)``."""
    seen: dict[str, int] = {}
    names = []
    for name in execution.muted:
        plain = normalise_message(name, tree)
        number = seen[plain] = seen.get(plain, 0) + 1
        names.append(plain if number == 1 else f"{plain} (occurrence {number})")
    return tuple(names)


def is_timeout(failure: Failure) -> bool:
    """Whether pytest-timeout ended the test."""
    return _TIMED_OUT.match(failure.message) is not None


def telling(earlier: Judgement, latest: Judgement, state: TestState) -> Judgement:
    """Of two judgements of one test the one that explains its ``state``."""
    if state is TestState.FLAKY:
        return latest if latest.state in BAD and earlier.state not in BAD else earlier
    return earlier if earlier.state is state else latest


def _is_bad(report: StageReport) -> bool:
    """Anything but passed and skipped is: failed, and what plugins call an execution that they repeat."""
    return report.outcome not in ("passed", "skipped")


def _muted_state(report: StageReport, own: list[StageReport]) -> TestState:
    """A test that was skipped itself, or expected to fail, is muted as a whole, whatever its subtests."""
    if report.subtest and all(each.xfail is None for each in own):
        return TestState.PARTLY_MUTED
    return TestState.SKIPPED if report.xfail is None else TestState.XFAILED


def _stage(report: StageReport) -> Stage:
    return _STAGES.get(report.when, Stage.CALL)


def _bad_state(bad: list[StageReport]) -> tuple[TestState, StageReport]:
    for report in bad:
        if report.when not in _STAGES:
            return TestState.CRASHED, report
    for report in bad:
        if is_timeout(report.failure):
            return TestState.TIMED_OUT, report
    called = [report for report in bad if report.when == "call"]
    if called:
        # a test that failed of itself says more than its subtests
        return TestState.FAILED, next((report for report in called if not report.subtest), called[0])
    return TestState.ERRORED, bad[0]
