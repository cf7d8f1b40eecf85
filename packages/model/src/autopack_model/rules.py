"""The rule behind each reason code, in a sentence (DESIGN 5.2)."""

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Incomplete, ReasonCode
from autopack_model.evidence.completeness import IncompleteReason

_CATEGORIES = {
    Category.STILL_PASSING: "passes on both sides",
    Category.NEWLY_FAILING: "passed or was skipped on base, fails on head",
    Category.NEWLY_FLAKY: "passed or was skipped on base, passes only sometimes on head",
    Category.NEWLY_MUTED: "ran on base, is skipped or expected to fail on head",
    Category.NEW_COLLECTION_ERROR: "a module or package that cannot be collected on head, and could on base",
    Category.REMOVED: "ran on base, is not there on head",
    Category.NEWLY_PASSING: "failed on base, passes on head",
    Category.STILL_FAILING: "fails on both sides in the same way",
    Category.CHANGED_FAILURE: "fails on both sides, in another way on head",
    Category.NOW_FLAKY: "failed on base, passes sometimes on head",
    Category.MUTED_FAILING: "failed on base, is skipped or expected to fail on head: the failure is hidden, not mended",
    Category.REMOVED_FAILING: "failed on base, is not there on head: the failure is deleted, not mended",
    Category.FLAKY: "passed only sometimes on base, passes on head",
    Category.FLAKY_FAILING: "passed only sometimes on base, fails on head",
    Category.STILL_FLAKY: "passes only sometimes on both sides",
    Category.UNMUTED: "was skipped on base, passes on head",
    Category.STILL_MUTED: "is skipped on both sides",
    Category.REMOVED_MUTED: "was skipped on base, is not there on head",
    Category.COLLECTED: "could not be collected on base, passes on head",
    Category.REVEALED_FAILING: "could not be collected on base, fails on head",
    Category.REVEALED_FLAKY: "could not be collected on base, passes only sometimes on head",
    Category.COLLECTED_MUTED: "could not be collected on base, is skipped on head",
    Category.PERSISTENT_COLLECTION_ERROR: "a module or package that cannot be collected on either side: what it holds "
    "is unknown",
    Category.REMOVED_MODULE: "a module that could not be collected on base and is not there on head",
    Category.ADDED_PASSING: "is new and passes",
    Category.ADDED_FAILING: "is new and fails",
    Category.ADDED_FLAKY: "is new and passes only sometimes",
    Category.ADDED_MUTED: "is new and skipped",
    Category.REPARAMETRISED: "the function's parameters changed names; none was lost and all pass",
    Category.RENAMED: "lives on under the new name of its file",
}

_CONDITIONS = {
    Condition.UNEXPLAINED_EXIT: "the suite exited with an error on head though nothing that was recorded failed",
    Condition.UNEXPLAINED_EXIT_ON_BOTH: "the suite exits with an error on both sides though nothing recorded failed",
    Condition.ZERO_TESTS: "head has no tests, base had some",
    Condition.ZERO_TESTS_ON_BOTH: "neither side has any tests",
    Condition.ZERO_TESTS_ON_BASE: "base has no tests, so nothing proves what head did to them",
    Condition.NO_BASELINE: "there is no baseline to compare with; everything on head is good",
    Condition.NO_BASELINE_ZERO_TESTS: "there is no baseline, and head has no tests",
    Condition.NO_BASELINE_BAD_TESTS: "there is no baseline, and something fails on head",
    Condition.PROTECTED_PATH: "the change touches a file that can change how the tests run",
    Condition.STRAY_BACKUP_FILE: "the change adds a stray backup file",
    Condition.CHANGED_FILES_UNKNOWN: "git could not say which files the change touches",
}

_CAUSES = {
    IncompleteReason.CANCELLED: "was cancelled",
    IncompleteReason.SETUP_FAILED: "could not be set up: the setup command failed",
    IncompleteReason.TIMED_OUT: "exceeded its time limit",
    IncompleteReason.KILLED: "was ended by a signal",
    IncompleteReason.NOT_STARTED: "never started",
    IncompleteReason.INTERRUPTED: "was interrupted (pytest exit code 2)",
    IncompleteReason.INTERNAL_ERROR: "ended in an internal error of pytest (exit code 3)",
    IncompleteReason.USAGE_ERROR: "could not start: wrong options, or a conftest.py that fails (pytest exit code 4)",
    IncompleteReason.UNEXPECTED_EXIT: "ended with an exit code that pytest does not use",
    IncompleteReason.RECORDER_MISSING: "left no record of its tests",
    IncompleteReason.STREAM_MALFORMED: "left a record that the recorder did not write",
    IncompleteReason.STREAM_TRUNCATED: "left a record that is cut short",
    IncompleteReason.SESSION_UNFINISHED: "ended before its session finished",
    IncompleteReason.EXIT_CONTRADICTION: "exited with another code than its session announced",
    IncompleteReason.OUTCOME_CONTRADICTION: "recorded outcomes that contradict its exit code",
    IncompleteReason.TESTS_NOT_RUN: "did not run all the tests that it collected",
    IncompleteReason.FOREIGN_TREE: "imported the project from outside its worktree, so it tested another tree; "
    "with --setup (an editable install, say) each side gets an environment of its own",
    IncompleteReason.TREE_UNVERIFIED: "did not show where it imported the project from",
}


def rule(code: ReasonCode) -> str:
    """The rule behind ``code``."""
    match code:
        case Category():
            return _CATEGORIES[code]
        case Condition():
            return _CONDITIONS[code]
        case Incomplete(side=side, reason=reason):
            return f"the suite on {side.label} {_CAUSES[reason]}"
