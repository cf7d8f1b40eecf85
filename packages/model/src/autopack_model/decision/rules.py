# ruff: noqa: E501  (the words read best as tables)
"""The words of every reason: the rule behind its code, and what it says of a case. ``docs/rules.md`` lists them all.

The messages are part of each decision's digest: another word is another decision. The rules are not.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from autopack_model.decision.delta import Category as C
from autopack_model.decision.newly_bad import MAX_NEWLY_BAD
from autopack_model.decision.value import Condition, Incomplete, ReasonCode
from autopack_model.evidence.completeness import IncompleteReason as R
from autopack_model.finding.value import FindingRule as F

BACKUP_SUFFIXES: Final = (".backup", ".bak", ".broken", ".orig", ".rej")
"""How the files are called that editors, patches and merges leave behind, ascending."""

# fmt: off
TEST_DATA_FOLDERS: Final = (
    "__snapshots__", "cassettes", "fixtures", "golden", "snapshots", "test", "test-data", "test_data", "testdata",
    "testing", "tests",
)
"""The folders below which a file that is called like a backup is data of tests, ascending."""
# fmt: on


class Words(NamedTuple):
    """A rule, which is a clause without a full stop, and the message of a reason.

    In a message ``{n}`` is the number of its subjects, and of ``(test|tests)`` the first stands for one of them, the
    second for any other number. The words of a cause follow "the suite run on head" and "the head suite run".
    """

    rule: str
    message: str


# fmt: off
CATEGORIES: Mapping[C, Words] = MappingProxyType({
    C.STILL_PASSING: Words("the test passes on both sides",
        "{n} (test|tests) (passes|pass) on both sides"),
    C.NEWLY_FAILING: Words("the test passed, was skipped or was expected to fail on base, and fails on head",
        "{n} (test|tests) that did not fail on base (fails|fail) on head"),
    C.NEWLY_FLAKY: Words("the test passed, was skipped or was expected to fail on base, and passes only sometimes on head",
        "{n} (test|tests) that did not fail on base (is|are) flaky on head"),
    C.NEWLY_MUTED: Words("the test passed on base, at least sometimes, and on head it or one more of its subtests is skipped or expected to fail",
        "{n} (test|tests) that ran on base (is|are) skipped or expected to fail on head, wholly or in subtests"),
    C.NEW_COLLECTION_ERROR: Words("a module or package cannot be collected on head; on base it could be, or was not there",
        "{n} (module|modules) or (package|packages) cannot be collected on head"),
    C.REMOVED: Words("the test passed on base, at least sometimes, and is gone on head",
        "{n} (test|tests) that ran on base without failing (is|are) gone on head"),
    C.NEWLY_PASSING: Words("the test failed on base, and passes on head",
        "{n} (test|tests) that failed on base (passes|pass) on head"),
    C.STILL_FAILING: Words("the test fails on both sides, and nothing shows that it fails in another way on head",
        "{n} (test|tests) (fails|fail) on both sides"),
    C.CHANGED_FAILURE: Words("the test fails on both sides, but in another way on head",
        "{n} (test|tests) (fails|fail) on both sides, but in another way on head"),
    C.NOW_FLAKY: Words("the test failed on base, and passes only sometimes on head",
        "{n} (test|tests) that failed on base (is|are) flaky on head"),
    C.MUTED_FAILING: Words("the test failed on base, and is skipped or expected to fail on head: the failure is hidden, not repaired",
        "{n} (test|tests) that failed on base (is|are) skipped or expected to fail on head"),
    C.REMOVED_FAILING: Words("the test failed on base, and is gone on head: the failure is deleted, not repaired",
        "{n} (test|tests) that failed on base (is|are) gone on head"),
    C.FLAKY: Words("the test passed only sometimes on base, and passes on head",
        "{n} (test|tests) that (was|were) flaky on base (passes|pass) on head"),
    C.FLAKY_FAILING: Words("the test passed only sometimes on base, and fails on head",
        "{n} (test|tests) that (was|were) flaky on base (fails|fail) on head"),
    C.STILL_FLAKY: Words("the test passes only sometimes on both sides",
        "{n} (test|tests) (is|are) flaky on both sides"),
    C.UNMUTED: Words("the test was skipped or expected to fail on base, and passes on head",
        "{n} (test|tests) that (was|were) skipped or expected to fail on base (passes|pass) on head"),
    C.STILL_MUTED: Words("the test is skipped or expected to fail on both sides",
        "{n} (test|tests) (is|are) skipped or expected to fail on both sides"),
    C.REMOVED_MUTED: Words("the test or module was skipped or expected to fail on base, and is gone on head",
        "{n} (test|tests) or (module|modules) that (was|were) skipped or expected to fail on base (is|are) gone on head"),
    C.COLLECTED: Words("the module of the test could not be collected on base; the test passes on head",
        "{n} (test|tests) whose (module|modules) could not be collected on base (passes|pass) on head"),
    C.REVEALED_FAILING: Words("the module of the test could not be collected on base; the test fails on head",
        "{n} (test|tests) whose (module|modules) could not be collected on base (fails|fail) on head"),
    C.REVEALED_FLAKY: Words("the module of the test could not be collected on base; the test passes only sometimes on head",
        "{n} (test|tests) whose (module|modules) could not be collected on base (is|are) flaky on head"),
    C.COLLECTED_MUTED: Words("a module could not be collected on base; on head the module or its test is skipped or expected to fail",
        "{n} (test|tests) or (module|modules) that could not be collected on base (is|are) skipped or expected to fail on head"),
    C.PERSISTENT_COLLECTION_ERROR: Words("a module or package cannot be collected on either side, so what its tests would show is unknown",
        "{n} (module|modules) or (package|packages) cannot be collected on either side"),
    C.REMOVED_MODULE: Words("a module or package could not be collected on base, and is gone on head",
        "{n} (module|modules) or (package|packages) that could not be collected on base (is|are) gone on head"),
    C.ADDED_PASSING: Words("the test is new, and passes",
        "{n} new (test|tests) (passes|pass) on head"),
    C.ADDED_FAILING: Words("the test is new, and fails",
        "{n} new (test|tests) (fails|fail) on head"),
    C.ADDED_FLAKY: Words("the test is new, and passes only sometimes",
        "{n} new (test|tests) (is|are) flaky on head"),
    C.ADDED_MUTED: Words("the test or module is new, and is skipped or expected to fail",
        "{n} new (test|tests) or (module|modules) (is|are) skipped or expected to fail on head"),
    C.REPARAMETRISED: Words("the parameters of a test function have other names on head; there are no fewer, and each that fails or is muted on head has one that did the same on base",
        "{n} test (id|ids) (differs|differ) only in (its|their) parameters, and (the|their) (function does|functions do) no worse on head"),
    C.RENAMED: Words("the test lives on under the new name of its file, or its function does under another name, in another class or in another file",
        "{n} (test lives|tests live) on under (another name|other names)"),
    C.COLLECTED_EMPTY: Words("a module or package could not be collected on base; the change touches it, and on head it holds no tests",
        "{n} (module|modules) or (package|packages) that could not be collected on base and that the change touches (holds|hold) no test on head; look whether tests were deleted"),
    C.SHADOWED_MODULE: Words("pytest refuses the module on both sides, because it imported another one of the same name before; the change does not touch the module",
        "{n} test (module is|modules are) shadowed by (another one|others) of the same name on both sides, so (its|their) tests never run; rename (it|them), or run pytest with --import-mode=importlib"),
    C.MOVED_AND_REWRITTEN: Words("the test lives on under its name in a file that moved, and was rewritten: it uses all that it used, and checks no less often",
        "{n} (test|tests) moved to another file and (was|were) rewritten on the way: compare what (it asserts|they assert)"),
    C.PASSES_WITH_NEW_RERUNS: Words("the test passes, and on head a plugin may run it again more often than on base when it fails, so that passing may be chance",
        "{n} (test|tests) that (fails|fail) on base (passes|pass) on head, where a plugin now runs (it|them) again when (it fails|they fail); see whether the cause is mended"),
    C.REWRITTEN: Words("the test passes on head, and base's version of it does not pass on the candidate's code",
        "{n} (test passes|tests pass) on head, and base's (version does|versions do) not pass on the candidate's code"),
    C.ADAPTED: Words("base's version of the test fails on the candidate's code for want of a name that the change moved, and the rewritten one asserts the same under the new name",
        "{n} (test was|tests were) adapted to names that the change moved, and (asserts|assert) the same"),
    C.RETIRED: Words("the test passed on base and is gone on head, and base's version of it passes on the candidate's code",
        "{n} (test|tests) that would still pass on the candidate's code (is|are) gone on head"),
    C.RETIRED_MUTED: Words("the test passed on base and is skipped or expected to fail on head, and base's version of it passes on the candidate's code",
        "{n} (test|tests) that would still pass on the candidate's code (is|are) skipped or expected to fail on head"),
    C.RETIRED_WITH_SUBJECT: Words("the test passed on base and is gone on head, and base's version of it cannot run on the candidate's code for want of a name that is gone",
        "{n} (test is|tests are) gone on head together with what (it|they) tested"),
    C.HIDDEN_FAILING: Words("the test passed on base and is skipped, expected to fail or gone on head, and base's version of it fails on the candidate's code",
        "{n} (test|tests) of base that (fails|fail) on the candidate's code (is|are) skipped, expected to fail or gone on head"),
    C.PASSES_BY_EDIT: Words("the test failed on base and passes on head, and base's version of it does not pass on the candidate's code",
        "{n} (test passes|tests pass) on head only because (it was|they were) edited: base's (version does|versions do) not pass on the candidate's code"),
})

CONDITIONS: Mapping[Condition, Words] = MappingProxyType({
    Condition.UNEXPLAINED_EXIT: Words("the suite run on head exited with code 1, although no failure was recorded",
        "the head suite run exited with code 1, but no failing test was recorded"),
    Condition.UNEXPLAINED_EXIT_ON_BOTH: Words("the suite runs on both sides exited with code 1, although no failure was recorded",
        "both suite runs exited with code 1, but no failing test was recorded"),
    Condition.ZERO_TESTS: Words("head has no tests, and base has some",
        "head has no test, base had {n}"),
    Condition.ZERO_TESTS_ON_BOTH: Words("neither side has any tests",
        "neither side has any test"),
    Condition.ZERO_TESTS_ON_BASE: Words("base has no tests that those on head could be compared with",
        "base has no test to compare with, head has {n}"),
    Condition.NO_BASELINE: Words("there is no baseline; on head no test fails, and at least one passes",
        "there is no baseline; no test on head fails"),
    Condition.NO_BASELINE_ZERO_TESTS: Words("there is no baseline, and head has no tests",
        "there is no baseline, and head has no test"),
    Condition.NO_BASELINE_BAD_TESTS: Words("there is no baseline, and on head a test fails or is flaky, a module cannot be collected, or no test passes",
        "there is no baseline, and no test passes on head"),
    Condition.PROTECTED_PATH: Words("the change touches a file that can alter how it is tested",
        "the change touches {n} (file|files) that can alter how it is tested"),
    Condition.STRAY_BACKUP_FILE: Words("the change adds a file whose name is that of a backup and that is no data of tests",
        "the change adds {n} stray backup (file|files)"),
    Condition.CHANGED_FILES_UNKNOWN: Words("git could not say which files the change touches",
        "the changed files could not be determined"),
    Condition.ENVIRONMENTS_DIFFER: Words("the sides ran with another interpreter or other versions of distributions, for which the change does not account; a test that is newly bad then shows nothing, otherwise it is a note",
        "{n} (difference|differences) between the environments of the sides (does|do) not come from the change"),
    Condition.SETUP_CHANGED_FILES: Words("the setup command on head changed a tracked file, or made a file that decides how tests run, and on base it did not do the same",
        "the setup command on head changed {n} (file|files) of the worktree, and not in the same way on base"),
    Condition.SETUP_CHANGED_METADATA: Words("the setup command on head changed a file that only holds versions or a lock, and on base it did not do the same",
        "the setup command on head changed {n} (file|files) with versions or a lock, and not in the same way on base"),
    Condition.NOTHING_PASSES: Words("head has tests, and none of them passes, so nothing was shown; not said where tests passed on base and a reason of at least this effect names what became of them",
        "(the only test on head does not pass|none of the {n} tests on head passes), so nothing was shown; see what (it lacks|the tests lack), give it to both sides, and run again"),
    Condition.NOTHING_SELECTED: Words("neither side has any tests, and options, paths or hooks select tests",
        "no test is selected on either side"),
    Condition.UNMEASURED_CHANGE: Words("the change touches code that pytest does not run, and neither side has any tests; a note where either has some",
        "the change touches {n} (file|files) of code that pytest does not run, and neither side has any test; measure it with its own tests, or have a person look"),
    Condition.BASE_REPAIRED: Words("head ran to its end, and base did not for a fault of its tree: a usage error, an internal error, an interruption by collection errors, a command before the suite that failed; head is judged alone",
        "head repairs what kept the base from being measured"),
    Condition.LINGERING_PROCESS: Words("a suite reported everything and did not exit, so that it was ended and judged on what it reported",
        "a suite run reported everything and did not exit"),
    Condition.SUBMODULES_MISSING: Words("submodules stayed empty on both sides, because the repository does not hold their commits; the change moves none of them",
        "{n} (submodule|submodules) stayed empty on both sides, because the repository does not hold (its commit|their commits); `git submodule update --init --recursive` in the checkout fetches (it|them)"),
    Condition.TOO_MANY_TO_RETRY: Words(f"more than {MAX_NEWLY_BAD} tests are worse on head than on base, and none of them was run again",
        "{n} tests are worse on head than on base, too many to run them again"),
    Condition.RETRY_INCOMPLETE: Words("a retry did not run to its end, so it counts for nothing",
        "{n} (retry|retries) did not run to (its|their) end, and (counts|count) for nothing"),
    Condition.CODE_DISPLACED: Words("on head, and not on base, a file of the tree stands for a module of the standard library, of a distribution or of another file of the project; or a test function of base comes from another file than the one that its id names; or a test left something else in the place of code of the project",
        "{n} (module, function or test is|modules, functions or tests are) not what (its name says|their names say)"),
    Condition.SUITE_ALTERED: Words("on head, and not on base, the tree altered while the suite ran how tests run: it replaced functions of pytest, of unittest or of the standard library, hooked into imports, swapped what collected tests run, or wrote to its own code",
        "{n} (alteration|alterations) of how tests run contradict what was recorded"),
    Condition.PLUGINS_DIFFER: Words("a plugin of pytest, or code that runs when Python starts, is installed on head and not on base",
        "{n} (plugin or start-up hook is|plugins or start-up hooks are) installed on head only"),
    Condition.CROSS_MISSING: Words("the change edits test-side files, and base's tests were not run on the candidate's code",
        "the change edits {n} test-side (file|files), and base's tests could not be run on the candidate's code"),
    Condition.TOO_FEW_TESTS: Words("head has fewer tests than the policy wants (`min_tests`)",
        "head has fewer tests than the policy wants"),
    Condition.WAIVER_UNUSED: Words("a waiver of the policy lifts nothing, because nothing that it is about stands in the way",
        "{n} (waiver lifts|waivers lift) nothing; take (it|them) out of the policy when (it is|they are) not needed any more"),
    Condition.WAIVER_EXPIRED: Words("a waiver of the policy has run out, and lifts nothing any more",
        "{n} (waiver has|waivers have) run out; take (it|them) out of the policy, or have (it|them) approved anew"),
    Condition.TOO_MANY_SKIPS: Words("more tests than the policy allows (`max_new_skips`) are newly skipped or expected to fail on head",
        "more tests are newly skipped or expected to fail on head than the policy allows"),
    Condition.TESTS_LEFT_OUT: Words("options, paths or hooks left tests out of the suites, so that nothing is known of these",
        "tests were left out of the suites"),
    Condition.NEW_RERUNS: Words("a test that does not fail on base may be run again by a plugin more often than on base; a plugin then hides when it fails",
        "a plugin may run {n} (test|tests) again more often than on base, which hides when (it fails|they fail)"),
    Condition.FINDINGS_INCOMPLETE: Words("the look for findings could not take in all changed files: one was too large, too deep or no Python that can be read, or there were too many",
        "the look for findings could not take in all changed files"),
    Condition.PASSING_AND_EDITED: Words("a test that failed on base passes on head, and the change edits the file that holds the test",
        "{n} (test|tests) that failed on base (passes|pass) on head, and the change edits the (file|files) that (holds it|hold them)"),
})

FINDINGS: Mapping[F, Words] = MappingProxyType({
    F.ASSERTION_REMOVED: Words("an assertion of a test is gone, and no other one took its place",
        "{n} (assertion|assertions) of tests (is|are) gone"),
    F.ASSERTION_LOOSER: Words("an assertion of a test accepts more than before",
        "{n} (assertion|assertions) of tests (accepts|accept) more than before"),
    F.ASSERTION_VACUOUS: Words("an assertion of a test cannot fail any more: it compares something with itself, or is always true",
        "{n} (assertion|assertions) of tests cannot fail any more"),
    F.ASSERTION_CONDITIONAL: Words("an assertion of a test stands under a new condition, or in a new loop over nothing that is known",
        "{n} (assertion|assertions) of tests (stands|stand) under a new condition"),
    F.ASSERTION_UNREACHED: Words("an assertion of a test stands behind a new statement that leaves the test before",
        "{n} (assertion|assertions) of tests (is|are) not reached any more"),
    F.EXCEPTION_SWALLOWED: Words("what a test raises is caught where it was not before, assertions included",
        "{n} new (handler|handlers) in tests (catches|catch) failures"),
    F.DECORATOR_ADDED: Words("a test has a new decorator that is no mark of pytest, so that another function runs in its place",
        "{n} (test has|tests have) a new decorator"),
    F.EXPECTATION_CHANGED: Words("a constant that an assertion expects is another one",
        "{n} (assertion|assertions) of tests (expects|expect) another constant"),
    F.INPUT_CHANGED: Words("a constant that a test gives to what it tests is another one, and the assertion is as it was",
        "{n} (input|inputs) of tests (is|are) others than before"),
    F.PARAMETERS_REMOVED: Words("a test has fewer parameters than before",
        "{n} (list|lists) of parameters of tests (is|are) shorter"),
    F.PARAMETER_CHANGED: Words("a parameter of a test has another value",
        "{n} (parameter|parameters) of tests (has another value|have other values)"),
    F.MUTE_ADDED: Words("a test has a new mark or call that skips it or expects it to fail",
        "{n} new (mark|marks) or (call|calls) (skips|skip) tests, or (expects|expect) them to fail"),
    F.EXAMPLE_SKIPPED: Words("an example of a doctest that ran is skipped",
        "{n} (example|examples) of doctests (is|are) skipped"),
    F.RETRY_ADDED: Words("a test has a new mark that runs it again when it fails",
        "{n} new (mark|marks) (runs|run) failing tests again"),
    F.TIMEOUT_ADDED: Words("a test has a new mark that limits its time, or a longer limit",
        "{n} (test has|tests have) another time limit"),
    F.BODY_NEVER_RUNS: Words("the body of a test, or of a function that it calls, never runs: it is a generator, or a coroutine that nobody awaits",
        "{n} (body|bodies) of tests never (runs|run)"),
    F.UNIT_REPLACED: Words("a test replaces what it tests, by a mock or an assignment",
        "{n} (test replaces|tests replace) what (it tests|they test)"),
    F.NAME_REDEFINED: Words("the name of a test is given to something else later, by a second definition, an assignment or an import",
        "{n} (name|names) of tests (is|are) given to something else later"),
    F.EXAMPLES_REDUCED: Words("a property-based test tries fewer examples, or checks its health less",
        "{n} property-based (test tries|tests try) less than before"),
    F.EXPECTATION_SELF_MADE: Words("a test writes the file that it compares with",
        "{n} (test writes|tests write) what (it compares|they compare) with"),
    F.TEST_DETECTED: Words("the product looks whether it is being tested, or by whom it is called",
        "the product looks {n} (time|times) whether it is being tested"),
    F.RESULT_HARD_CODED: Words("the product answers exactly the arguments of a test with a constant",
        "{n} (branch|branches) of the product (answers|answer) the arguments of a test with a constant"),
    F.SPECIAL_CASE_OF_TEST: Words("the product answers one argument of a test with a constant; a special case may be right",
        "{n} (branch|branches) of the product (answers|answer) one argument of a test with a constant"),
    F.NAMES_MOVED: Words("a test only follows names that the change moved, and asserts the same",
        "{n} (test follows|tests follow) names that the change moved, and (asserts|assert) the same"),
})

CAUSES: Mapping[R, Words] = MappingProxyType({
    R.CANCELLED: Words("was cancelled", "was cancelled"),
    R.SETUP_FAILED: Words("did not start, because the setup command failed",
        "did not start, because the setup command failed"),
    R.TIMED_OUT: Words("did not end within its time limit",
        "did not end within the time-out"),
    R.KILLED: Words("was ended by a signal",
        "was killed by signal {signal}"),
    R.NOT_STARTED: Words("could not be started", "could not be started"),
    R.INTERRUPTED: Words("was interrupted (pytest exit code 2)",
        "was interrupted (exit code 2)"),
    R.INTERNAL_ERROR: Words("ended with an internal error of pytest (exit code 3)",
        "ended with an internal error of pytest (exit code 3)"),
    R.USAGE_ERROR: Words("could not begin, because an option is wrong or a conftest.py fails (pytest exit code 4)",
        "ended with a usage error of pytest (exit code 4)"),
    R.UNEXPECTED_EXIT: Words("ended with an exit code that pytest does not use for a finished suite",
        "ended with exit code {exit_code}, which pytest does not use for a finished suite"),
    R.RECORDER_MISSING: Words("left no recording", "left no recording"),
    R.STREAM_MALFORMED: Words("left a recording that the recorder did not write",
        "left a recording that cannot be read"),
    R.STREAM_TRUNCATED: Words("left a recording that breaks off",
        "left a recording that breaks off"),
    R.SESSION_UNFINISHED: Words("ended before its pytest session did",
        "ended before its session did (exit code {exit_code})"),
    R.EXIT_CONTRADICTION: Words("ended with an exit code that contradicts its recording",
        "has an exit code ({exit_code}) that contradicts its recording"),
    R.OUTCOME_CONTRADICTION: Words("recorded outcomes that contradict its counts or its exit code",
        "has recorded outcomes that contradict its counts or its exit code ({exit_code})"),
    R.TESTS_NOT_RUN: Words("did not report every test that it collected",
        "did not report every test that it collected"),
    R.FOREIGN_TREE: Words("imported the project from outside its worktree, so it tested other code; a setup command (--setup, with an editable install for example) makes an environment of its own for each side",
        "tested packages from outside its worktree; give a setup command, which makes an environment of its own for each side"),
    R.TREE_UNVERIFIED: Words("did not show that it imported the project from its worktree",
        "did not show that it tested the packages of its worktree"),
    R.SETUP_NOT_RUN: Words("did not start, because the setup command had failed on base, and would have had the same inputs",
        "did not start, because the setup command failed on base, and was not run again with the same inputs"),
    R.BEFORE_SIDE_FAILED: Words("did not start, because the command before it failed",
        "did not start, because the command before it (before_side) failed"),
    R.FOLDER_MISSING: Words("did not start, because the folder in which its tests run is not in the tree",
        "did not start, because the folder in which its tests run is not in its tree"),
})
# fmt: on


def rule(code: ReasonCode) -> str:
    """The rule behind ``code``: a clause without a full stop."""
    match code:
        case C():
            return CATEGORIES[code].rule
        case Condition():
            return CONDITIONS[code].rule
        case F():
            return FINDINGS[code].rule
        case Incomplete(side=side, reason=cause):
            return f"the suite run on {side.label} {CAUSES[cause].rule}"
