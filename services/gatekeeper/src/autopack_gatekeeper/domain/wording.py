"""The sentence of each reason: for one subject, and for any other number of them."""

from collections.abc import Mapping
from types import MappingProxyType

from autopack_model.decision.delta import Category as C
from autopack_model.evidence.completeness import IncompleteReason as R

_CATEGORIES: Mapping[C, tuple[str, str]] = MappingProxyType(
    {
        C.STILL_PASSING: ("1 test passes on both sides", "{n} tests pass on both sides"),
        C.NEWLY_FAILING: (
            "1 test that did not fail on base fails on head",
            "{n} tests that did not fail on base fail on head",
        ),
        C.NEWLY_FLAKY: (
            "1 test that did not fail on base is flaky on head",
            "{n} tests that did not fail on base are flaky on head",
        ),
        C.NEWLY_MUTED: (
            "1 test that ran on base is skipped or expected to fail on head",
            "{n} tests that ran on base are skipped or expected to fail on head",
        ),
        C.NEW_COLLECTION_ERROR: (
            "1 module or package cannot be collected on head",
            "{n} modules or packages cannot be collected on head",
        ),
        C.REMOVED: (
            "1 test that ran on base without failing is gone on head",
            "{n} tests that ran on base without failing are gone on head",
        ),
        C.NEWLY_PASSING: ("1 test that failed on base passes on head", "{n} tests that failed on base pass on head"),
        C.STILL_FAILING: ("1 test fails on both sides", "{n} tests fail on both sides"),
        C.CHANGED_FAILURE: (
            "1 test fails on both sides, but in another way on head",
            "{n} tests fail on both sides, but in another way on head",
        ),
        C.NOW_FLAKY: ("1 test that failed on base is flaky on head", "{n} tests that failed on base are flaky on head"),
        C.MUTED_FAILING: (
            "1 test that failed on base is skipped or expected to fail on head",
            "{n} tests that failed on base are skipped or expected to fail on head",
        ),
        C.REMOVED_FAILING: (
            "1 test that failed on base is gone on head",
            "{n} tests that failed on base are gone on head",
        ),
        C.FLAKY: ("1 test that was flaky on base passes on head", "{n} tests that were flaky on base pass on head"),
        C.FLAKY_FAILING: (
            "1 test that was flaky on base fails on head",
            "{n} tests that were flaky on base fail on head",
        ),
        C.STILL_FLAKY: ("1 test is flaky on both sides", "{n} tests are flaky on both sides"),
        C.UNMUTED: (
            "1 test that was skipped or expected to fail on base passes on head",
            "{n} tests that were skipped or expected to fail on base pass on head",
        ),
        C.STILL_MUTED: (
            "1 test is skipped or expected to fail on both sides",
            "{n} tests are skipped or expected to fail on both sides",
        ),
        C.REMOVED_MUTED: (
            "1 test or module that was skipped or expected to fail on base is gone on head",
            "{n} tests or modules that were skipped or expected to fail on base are gone on head",
        ),
        C.COLLECTED: (
            "1 test whose module could not be collected on base passes on head",
            "{n} tests whose modules could not be collected on base pass on head",
        ),
        C.REVEALED_FAILING: (
            "1 test whose module could not be collected on base fails on head",
            "{n} tests whose modules could not be collected on base fail on head",
        ),
        C.REVEALED_FLAKY: (
            "1 test whose module could not be collected on base is flaky on head",
            "{n} tests whose modules could not be collected on base are flaky on head",
        ),
        C.COLLECTED_MUTED: (
            "1 test or module that could not be collected on base is skipped or expected to fail on head",
            "{n} tests or modules that could not be collected on base are skipped or expected to fail on head",
        ),
        C.PERSISTENT_COLLECTION_ERROR: (
            "1 module or package cannot be collected on either side",
            "{n} modules or packages cannot be collected on either side",
        ),
        C.REMOVED_MODULE: (
            "1 module or package that could not be collected on base is gone on head",
            "{n} modules or packages that could not be collected on base are gone on head",
        ),
        C.ADDED_PASSING: ("1 new test passes on head", "{n} new tests pass on head"),
        C.ADDED_FAILING: ("1 new test fails on head", "{n} new tests fail on head"),
        C.ADDED_FLAKY: ("1 new test is flaky on head", "{n} new tests are flaky on head"),
        C.ADDED_MUTED: (
            "1 new test or module is skipped or expected to fail on head",
            "{n} new tests or modules are skipped or expected to fail on head",
        ),
        C.REPARAMETRISED: (
            "1 test id differs only in its parameters, and all tests of the function pass on head",
            "{n} test ids differ only in their parameters, and all tests of their functions pass on head",
        ),
        C.RENAMED: ("1 test lives on in a renamed file", "{n} tests live on in renamed files"),
    }
)

_CAUSES: Mapping[R, str] = MappingProxyType(
    {
        R.CANCELLED: "was cancelled",
        R.SETUP_FAILED: "did not start, because the setup command failed",
        R.TIMED_OUT: "did not end within the time-out",
        R.KILLED: "was killed by signal {signal}",
        R.NOT_STARTED: "could not be started",
        R.INTERRUPTED: "was interrupted (exit code 2)",
        R.INTERNAL_ERROR: "ended with an internal error of pytest (exit code 3)",
        R.USAGE_ERROR: "ended with a usage error of pytest (exit code 4)",
        R.UNEXPECTED_EXIT: "ended with exit code {exit_code}, which pytest does not use for a finished suite",
        R.RECORDER_MISSING: "left no recording",
        R.STREAM_MALFORMED: "left a recording that cannot be read",
        R.STREAM_TRUNCATED: "left a recording that breaks off",
        R.SESSION_UNFINISHED: "ended before its session did (exit code {exit_code})",
        R.EXIT_CONTRADICTION: "has an exit code ({exit_code}) that contradicts its recording",
        R.OUTCOME_CONTRADICTION: "has recorded outcomes that contradict its counts or its exit code ({exit_code})",
        R.TESTS_NOT_RUN: "did not report every test that it collected",
        R.FOREIGN_TREE: "tested packages from outside its worktree; give a setup command, which makes an environment "
        "of its own for each side",
        R.TREE_UNVERIFIED: "did not show that it tested the packages of its worktree",
    }
)


def category_sentence(category: C, count: int) -> str:
    """The sentence for ``count`` subjects of ``category``."""
    one, many = _CATEGORIES[category]
    return one if count == 1 else many.format(n=count)


def incomplete_sentence(side: str, cause: R, *, exit_code: int | None, signal: int | None) -> str:
    """The sentence for an incomplete suite run; ``side`` is its label."""
    return f"the {side} suite run {_CAUSES[cause].format(exit_code=exit_code, signal=signal)}"


def counted(count: int, one: str, many: str) -> str:
    """``1 file`` or ``3 files``."""
    return f"{count} {one if count == 1 else many}"
