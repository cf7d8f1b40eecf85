"""Every suite condition of docs/rules.md, by the code and effect that it gives and the verdict that follows."""

from dataclasses import replace
from functools import partial
from typing import Final

import pytest

from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.completeness import IncompleteReason, assess
from autopack_model.evidence.completeness import IncompleteReason as R
from autopack_model.evidence.outcome import TestState
from autopack_model.suite_run.value import BindingState, CollectorState, StreamState
from tests.fakes.evidence import make_evidence, make_setup
from tests.fakes.gate_machine import FAILED_COMMAND
from tests.fakes.judging import TWO_SIDES
from tests.fakes.judging import judge as judge_all

# Of two sides: what base's tests say of the candidate's code is test_cross.py's.
judge = partial(judge_all, policy=TWO_SIDES)

PASSED, FAILED, SKIPPED, FLAKY = TestState.PASSED, TestState.FAILED, TestState.SKIPPED, TestState.FLAKY
ONE: Final = {"tests/test_a.py::test_x": PASSED}
GOOD = make_evidence(ONE)
EMPTY = make_evidence({})

NOTHING = make_evidence({}, exit_code=None)


INCOMPLETE = {
    R.CANCELLED: make_evidence(ONE, cancelled=True),
    R.SETUP_FAILED: make_evidence({}, setup=make_setup(exit_code=1), exit_code=None),
    R.TIMED_OUT: make_evidence(ONE, timed_out=True),
    R.KILLED: make_evidence(ONE, signal=11),
    R.NOT_STARTED: make_evidence({}, exit_code=None),
    R.INTERRUPTED: make_evidence(ONE, exit_code=2),
    R.INTERNAL_ERROR: make_evidence(ONE, exit_code=3),
    R.USAGE_ERROR: make_evidence({}, exit_code=4),
    R.UNEXPECTED_EXIT: make_evidence(ONE, exit_code=77),
    R.RECORDER_MISSING: make_evidence({}, exit_code=0, stream=StreamState.MISSING),
    R.STREAM_MALFORMED: make_evidence(ONE, stream=StreamState.MALFORMED),
    R.STREAM_TRUNCATED: make_evidence(ONE, stream=StreamState.TRUNCATED),
    R.SESSION_UNFINISHED: make_evidence(ONE, session_finished=False),
    R.EXIT_CONTRADICTION: make_evidence(ONE, session_exit_status=1),
    R.OUTCOME_CONTRADICTION: make_evidence({"tests/test_a.py::test_x": FAILED}, exit_code=0),
    R.TESTS_NOT_RUN: make_evidence({**ONE, "tests/test_a.py::test_y": TestState.NOT_RUN}),
    R.FOREIGN_TREE: make_evidence(ONE, binding=BindingState.FOREIGN),
    R.SETUP_NOT_RUN: make_evidence({}, setup=make_setup(exit_code=None, not_run=True), exit_code=None),
    R.TREE_UNVERIFIED: make_evidence(ONE, binding=BindingState.UNKNOWN),
    R.BEFORE_SIDE_FAILED: replace(NOTHING, suite_run=replace(NOTHING.suite_run, before_side=FAILED_COMMAND)),
    R.FOLDER_MISSING: replace(NOTHING, suite_run=replace(NOTHING.suite_run, folder_missing=True)),
}
BLOCKING = {
    R.SETUP_FAILED,
    R.BEFORE_SIDE_FAILED,
    R.FOLDER_MISSING,
    R.TIMED_OUT,
    R.KILLED,
    R.INTERRUPTED,
    R.INTERNAL_ERROR,
    R.USAGE_ERROR,
    R.UNEXPECTED_EXIT,
    R.SESSION_UNFINISHED,
    R.TESTS_NOT_RUN,
}


def told(decision: Decision) -> list[tuple[str, str]]:
    """Code and effect of every reason."""
    return [(reason.code.label, reason.effect.label) for reason in decision.reasons]


def changed(path: str, kind: ChangeKind = ChangeKind.MODIFIED, old_path: str | None = None) -> ChangedFile:
    """One changed text file."""
    return ChangedFile(path=path, old_path=old_path, kind=kind, lines_added=1, lines_removed=0, binary=False)


def test_every_cause_of_incompleteness_has_an_example() -> None:
    """No cause is left out of the tests below."""
    assert list(R) == sorted(INCOMPLETE)


REPAIRABLE = (R.SETUP_FAILED, R.BEFORE_SIDE_FAILED, R.INTERNAL_ERROR, R.USAGE_ERROR)


@pytest.mark.parametrize("cause", [cause for cause in R if cause not in REPAIRABLE])
def test_an_incomplete_base_is_inconclusive(cause: IncompleteReason) -> None:
    """A baseline that proves nothing, for a cause that need not come again, decides nothing."""
    for head in (GOOD, make_evidence({"tests/test_a.py::test_x": FAILED})):
        decision = judge(INCOMPLETE[cause], head)
        assert [(f"base_{cause.label}", "inconclusive")] == told(decision)
        assert Verdict.INCONCLUSIVE is decision.verdict


@pytest.mark.parametrize("cause", R)
def test_an_incomplete_head_beside_a_complete_base(cause: IncompleteReason) -> None:
    """What speaks against the head blocks; what may be tampering or a broken plugin is inconclusive."""
    decision = judge(GOOD, INCOMPLETE[cause])
    effect, verdict = ("block", Verdict.BLOCK) if cause in BLOCKING else ("inconclusive", Verdict.INCONCLUSIVE)
    assert [(f"head_{cause.label}", effect)] == told(decision)
    assert verdict is decision.verdict


@pytest.mark.parametrize("base_cause", [R.TIMED_OUT, R.CANCELLED])
@pytest.mark.parametrize("head_cause", R)
def test_two_incomplete_sides_are_inconclusive(base_cause: IncompleteReason, head_cause: IncompleteReason) -> None:
    """Without a complete base a head's incompleteness never blocks; both are named."""
    decision = judge(INCOMPLETE[base_cause], INCOMPLETE[head_cause])
    expected = [(f"base_{base_cause.label}", "inconclusive"), (f"head_{head_cause.label}", "inconclusive")]
    assert expected == told(decision)
    assert Verdict.INCONCLUSIVE is decision.verdict


@pytest.mark.parametrize("cause", R)
def test_an_incomplete_head_without_a_baseline_is_inconclusive(cause: IncompleteReason) -> None:
    """No baseline at all is not a complete base either."""
    decision = judge(None, INCOMPLETE[cause])
    assert [(f"head_{cause.label}", "inconclusive")] == told(decision)
    assert Verdict.INCONCLUSIVE is decision.verdict


def test_the_message_names_signal_and_exit_code() -> None:
    """The sentence of an incomplete side says what the process did."""
    killed, unexpected = judge(GOOD, INCOMPLETE[R.KILLED]), judge(GOOD, INCOMPLETE[R.UNEXPECTED_EXIT])
    assert "the head suite run was killed by signal 11" == killed.reasons[0].message
    expected = "the head suite run ended with exit code 77, which pytest does not use for a finished suite"
    assert expected == unexpected.reasons[0].message


def test_an_unexplained_exit_blocks() -> None:
    """Exit code 1 without a recorded failure is not a pass."""
    decision = judge(GOOD, make_evidence(ONE, exit_code=1))
    assert [("unexplained_exit", "block")] == told(decision)
    assert Verdict.BLOCK is decision.verdict


def test_an_unexplained_exit_on_both_sides_warns() -> None:
    """What base did as well is not held against the head."""
    unexplained = make_evidence(ONE, exit_code=1)
    decision = judge(unexplained, unexplained)
    assert [("unexplained_exit_on_both", "warn")] == told(decision)
    assert Verdict.ALLOW is decision.verdict


def test_an_unexplained_exit_on_base_alone_is_no_matter() -> None:
    """A head that repairs it is allowed."""
    assert [] == told(judge(make_evidence(ONE, exit_code=1), GOOD))


def test_an_unexplained_exit_without_a_baseline_blocks() -> None:
    """Nothing shows that it was so before."""
    decision = judge(None, make_evidence(ONE, exit_code=1))
    assert [("unexplained_exit", "block"), ("no_baseline", "warn")] == told(decision)


def test_an_unexplained_exit_beside_an_incomplete_base_is_left_open() -> None:
    """Whether base did the same cannot be known."""
    decision = judge(INCOMPLETE[R.TIMED_OUT], make_evidence(ONE, exit_code=1))
    assert [("base_timed_out", "inconclusive")] == told(decision)


def test_zero_tests_on_head_block() -> None:
    """A head without tests has no failures, and proves nothing; that its tests are gone is said as well."""
    decision = judge(GOOD, EMPTY)
    assert [("removed", "block"), ("zero_tests", "block")] == told(decision)
    assert Verdict.BLOCK is decision.verdict


def test_zero_tests_on_both_sides_warn() -> None:
    """The baseline proves that there was nothing to lose."""
    decision = judge(EMPTY, EMPTY)
    assert [("zero_tests_on_both", "warn")] == told(decision)
    assert Verdict.ALLOW is decision.verdict


def test_zero_tests_on_base_need_a_human() -> None:
    """A baseline that measured nothing proves nothing about the tests that head shows."""
    decision = judge(EMPTY, GOOD)
    assert [("zero_tests_on_base", "review")] == told(decision)
    assert Verdict.NEEDS_HUMAN is decision.verdict


def test_no_baseline_and_no_tests_block() -> None:
    """Nothing at all was shown."""
    decision = judge(None, EMPTY)
    assert [("no_baseline_zero_tests", "block")] == told(decision)
    assert Verdict.BLOCK is decision.verdict


def test_no_baseline_and_all_good_warn() -> None:
    """A head that only passes (skips aside) may proceed without a baseline."""
    decision = judge(None, make_evidence({**ONE, "tests/test_a.py::test_y": SKIPPED}))
    assert [("no_baseline", "warn")] == told(decision)
    assert Verdict.ALLOW is decision.verdict


@pytest.mark.parametrize("state", [FAILED, TestState.ERRORED, TestState.CRASHED, TestState.TIMED_OUT, FLAKY])
def test_no_baseline_and_a_bad_or_flaky_test_need_a_human(state: TestState) -> None:
    """Nobody can tell whether it failed before."""
    decision = judge(None, make_evidence({**ONE, "tests/test_a.py::test_y": state}))
    assert [("no_baseline_bad_tests", "review")] == told(decision)
    assert ("tests/test_a.py::test_y",) == decision.reasons[0].subjects
    assert Verdict.NEEDS_HUMAN is decision.verdict


def test_no_baseline_and_a_collection_error_need_a_human() -> None:
    """An errored collector counts as a bad test."""
    decision = judge(None, make_evidence(ONE, collectors={"tests/test_b.py": CollectorState.ERRORED}))
    assert [("no_baseline_bad_tests", "review")] == told(decision)
    assert ("tests/test_b.py",) == decision.reasons[0].subjects


def test_no_baseline_and_only_muted_tests_need_a_human() -> None:
    """A suite in which everything is skipped passed nothing."""
    decision = judge(None, make_evidence({"tests/test_a.py::test_x": SKIPPED}))
    assert [("no_baseline_bad_tests", "review")] == told(decision)


def test_no_baseline_with_neither_tests_nor_an_importable_module_blocks() -> None:
    """Both findings are reported, and the stronger decides."""
    decision = judge(None, make_evidence({}, collectors={"tests/test_b.py": CollectorState.ERRORED}))
    assert [("no_baseline_zero_tests", "block"), ("no_baseline_bad_tests", "review")] == told(decision)


PROTECTED = [
    "conftest.py",
    "tests/deep/conftest.py",
    "tests/Conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "sub/tox.ini",
    "tox.toml",
    "setup.cfg",
    "pyproject.toml",
    "libs/one/pyproject.toml",
    "noxfile.py",
    "src/sitecustomize.py",
    "src/sitecustomize/__init__.py",
    "usercustomize.py",
    "src/injected.pth",
    ".github/workflows/test.yml",
    ".github/workflows/deep/test.yml",
    ".github/actions/run/action.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "Jenkinsfile",
    ".travis.yml",
    ".ci/run",
    ".buildkite/pipeline.yml",
    "bitbucket-pipelines.yml",
    "appveyor.yml",
    ".autopack/policy.toml",
    "autopack.toml",
]


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize("kind", [ChangeKind.ADDED, ChangeKind.MODIFIED, ChangeKind.DELETED, ChangeKind.TYPE_CHANGED])
def test_touching_a_protected_path_needs_a_human(path: str, kind: ChangeKind) -> None:
    """What decides how the candidate is tested is not the candidate's to change."""
    decision = judge(GOOD, GOOD, ChangedFiles.of((changed(path, kind), changed("src/plain.py"))))
    assert [("protected_path", "review")] == told(decision)
    assert (path,) == decision.reasons[0].subjects
    assert Verdict.NEEDS_HUMAN is decision.verdict


@pytest.mark.parametrize(
    "path",
    ["src/plain.py", "myconftest.py", "conftest.py.txt", "docs/.github/workflows", "docs/.ci/run", "tests/pth.py"],
)
def test_other_paths_are_free(path: str) -> None:
    """A name that only resembles a protected one is not protected."""
    assert [] == told(judge(GOOD, GOOD, ChangedFiles.of((changed(path),))))


def test_moving_a_protected_file_away_counts() -> None:
    """The old path of a rename was touched."""
    moved = changed("attic/old.py", ChangeKind.RENAMED, "conftest.py")
    decision = judge(GOOD, GOOD, ChangedFiles.of((moved,)))
    assert [("protected_path", "review")] == told(decision)
    assert ("conftest.py",) == decision.reasons[0].subjects


def test_copying_from_a_protected_file_does_not_touch_it() -> None:
    """The source of a copy stays as it was."""
    copied = changed("attic/old.py", ChangeKind.COPIED, "conftest.py")
    assert [] == told(judge(GOOD, GOOD, ChangedFiles.of((copied,))))


STRAYS = (
    "src/shop/money.py.bak",
    "tests/test_money.py.orig",
    "tests/test_money.bak",
    "data/table.bak",
    "pytest.ini.bak",
)


@pytest.mark.parametrize(
    "path", ["tests/old.bak", "tests/data/dump.orig", "src/shop/Fixtures/a.rej", "testdata/x.backup"]
)
def test_a_backup_file_among_the_data_of_tests_is_no_stray(path: str) -> None:
    """A test may need a file that is called like a backup."""
    assert [] == told(judge(GOOD, GOOD, ChangedFiles.of((changed(path, ChangeKind.ADDED),))))


@pytest.mark.parametrize("path", STRAYS)
def test_a_backup_of_a_source_is_a_stray_wherever_it_lies(path: str) -> None:
    """A copy of a source file or of a configuration is no data, and what lies beside the sources is none."""
    decision = judge(GOOD, GOOD, ChangedFiles.of((changed(path, ChangeKind.ADDED),)))
    assert [("stray_backup_file", "block")] == told(decision)


@pytest.mark.parametrize("suffix", ["backup", "bak", "broken", "orig", "rej", "BAK"])
@pytest.mark.parametrize(
    ("kind", "old_path"),
    [(ChangeKind.ADDED, None), (ChangeKind.RENAMED, "src/a.py"), (ChangeKind.COPIED, "src/a.py")],
)
def test_a_stray_backup_file_blocks(suffix: str, kind: ChangeKind, old_path: str | None) -> None:
    """A backup file that appears with the candidate was left behind by mistake."""
    path = f"src/a.py.{suffix}"
    decision = judge(GOOD, GOOD, ChangedFiles.of((changed(path, kind, old_path),)))
    assert [("stray_backup_file", "block")] == told(decision)
    assert (path,) == decision.reasons[0].subjects
    assert Verdict.BLOCK is decision.verdict


@pytest.mark.parametrize("kind", [ChangeKind.MODIFIED, ChangeKind.DELETED])
def test_a_backup_file_that_was_there_before_is_no_matter(kind: ChangeKind) -> None:
    """Changing or deleting one adds none."""
    assert [] == told(judge(GOOD, GOOD, ChangedFiles.of((changed("src/a.py.orig", kind),))))


def test_unknown_changed_files_are_inconclusive() -> None:
    """Unknown is never empty."""
    decision = judge(GOOD, GOOD, ChangedFiles.unknown("git diff ended with exit code 128"))
    assert [("changed_files_unknown", "inconclusive")] == told(decision)
    assert Verdict.INCONCLUSIVE is decision.verdict


def test_files_are_judged_beside_incomplete_evidence() -> None:
    """A stray backup file blocks though the base proves nothing: it does not depend on the suite."""
    files = ChangedFiles.of((changed("a.bak", ChangeKind.ADDED), changed("tox.ini")))
    decision = judge(INCOMPLETE[R.TIMED_OUT], GOOD, files)
    expected = [("stray_backup_file", "block"), ("base_timed_out", "inconclusive"), ("protected_path", "review")]
    assert expected == told(decision)


@pytest.mark.parametrize(
    ("base", "head", "who"),
    [(True, False, "the base suite run"), (False, True, "the head suite run"), (True, True, "the base and head suite")],
)
def test_a_suite_that_lingered_is_judged_and_named(base: bool, head: bool, who: str) -> None:
    """A suite that reported everything and did not exit is judged on what it reported, and a warning names its side."""
    sides = [make_evidence(ONE, exit_code=None, session_finished=True, session_exit_status=0, lingered=True), GOOD]
    decision = judge(sides[not base], sides[not head])
    assert [("lingering_process", "warn")] == told(decision)
    assert decision.reasons[0].message.startswith(who)
    assert (Verdict.ALLOW, 0) == (decision.verdict, decision.head.exit_code)


def test_a_lingering_suite_without_the_end_of_its_record_proves_nothing() -> None:
    """That a process lingered stands in for its exit code, and for nothing else."""
    cut = make_evidence(
        ONE,
        exit_code=None,
        session_finished=True,
        session_exit_status=0,
        lingered=True,
        stream=StreamState.TRUNCATED,
    )
    silent = make_evidence(ONE, exit_code=None, session_finished=False, session_exit_status=None, lingered=True)
    assert {R.STREAM_TRUNCATED, R.SESSION_UNFINISHED} == {assess(cut).reason, assess(silent).reason}


def test_a_lingering_suite_with_a_failing_test_must_have_announced_it() -> None:
    """The exit status that the session announced is held against what it recorded, as an exit code is."""
    failing = {"tests/test_a.py::test_x": FAILED}
    said_1, said_0 = (
        make_evidence(failing, exit_code=None, session_finished=True, session_exit_status=status, lingered=True)
        for status in (1, 0)
    )
    assert [None, R.OUTCOME_CONTRADICTION] == [assess(said_1).reason, assess(said_0).reason]


def test_missing_submodules_are_named() -> None:
    """Submodules that stayed empty are named by a warning, once for both sides."""
    empty = make_evidence(ONE, missing_submodules=("vendor/one", "vendor/two"))
    decision = judge(empty, empty)
    assert [("submodules_missing", "warn")] == told(decision)
    assert ("vendor/one", "vendor/two") == decision.reasons[0].subjects
    assert Verdict.ALLOW is decision.verdict
