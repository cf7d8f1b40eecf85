"""The suite conditions (docs/rules.md): what is true of a case as a whole, before any test is looked at."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.backup_files import is_stray_backup
from autopack_gatekeeper.domain.case import Case
from autopack_gatekeeper.domain.selection import left_out, selection
from autopack_gatekeeper.domain.setup_changes import setup_changes
from autopack_model.changed_files.value import ChangedFilesStatus, ChangeKind
from autopack_model.decision.delta import Category
from autopack_model.decision.messages import (
    base_repaired_message,
    findings_incomplete_message,
    incomplete_message,
    lingering_message,
    no_baseline_message,
    nothing_selected_message,
    too_few_tests_message,
    too_many_skips_message,
    unmeasured_beside_tests_message,
)
from autopack_model.decision.newly_bad import MAX_NEWLY_BAD
from autopack_model.decision.value import Condition, Effect, Incomplete, Reason
from autopack_model.evidence.outcome import BAD, GOOD, TestState
from autopack_model.identity.value import Side
from autopack_model.policy.path_pattern import compile_patterns

MAX_NAMED = 100
"""Where an option gives reruns to more tests than that, the reason counts them and names none."""

Rule: TypeAlias = Callable[[Case], Iterator[Reason]]


def base_incomplete(case: Case) -> Iterator[Reason]:
    """The base proves nothing: there is no baseline to compare with."""
    if case.base is not None and not case.repaired:
        yield from _incomplete(case, Side.BASE, case.base)


def base_repaired(case: Case) -> Iterator[Reason]:
    """The head repairs what kept the base from being measured. It is judged alone, and a person has to look."""
    if case.base is None or case.base.completeness.reason is None or not case.repaired:
        return
    process = case.base.evidence.suite_run.process
    suspects, errors = case.head.ids_in(BAD | {TestState.FLAKY}), case.head.facts.collection_errors
    message = base_repaired_message(
        Incomplete(side=Side.BASE, reason=case.base.completeness.reason),
        exit_code=process.exit_code,
        bad_tests=len(suspects),
        collection_errors=len(errors),
    )
    yield case.reason(Condition.BASE_REPAIRED, (*suspects, *errors), message=message)


def head_incomplete(case: Case) -> Iterator[Reason]:
    """The head proves nothing. That speaks against it only beside a base that ran to its end."""
    yield from _incomplete(case, Side.HEAD, case.head)


def _incomplete(case: Case, side: Side, assessed: AssessedSide) -> Iterator[Reason]:
    cause = assessed.completeness.reason
    if cause is None:
        return
    code = Incomplete(side=side, reason=cause)
    effect = case.policy.incomplete[code]
    run = assessed.evidence.suite_run
    yield Reason(
        code=code,
        effect=effect if case.base_complete else min(effect, Effect.INCONCLUSIVE),
        subjects=(),
        message=incomplete_message(code, exit_code=run.exit_code, signal=run.process.signal),
    )


def unexplained_exit(case: Case) -> Iterator[Reason]:
    """The head exited as for a failure though nothing that was recorded failed; milder when base did the same."""
    if not case.head.completeness.unexplained_exit:
        return
    if case.base is None or case.repaired or (case.base_complete and not case.base.completeness.unexplained_exit):
        yield case.reason(Condition.UNEXPLAINED_EXIT)
    elif case.base_complete:
        yield case.reason(Condition.UNEXPLAINED_EXIT_ON_BOTH)


def zero_tests(case: Case) -> Iterator[Reason]:
    """One of two complete sides, or both, ran no test."""
    if case.base is None or not case.comparable:
        return
    base_tests, head_tests = case.base.tests, case.head.tests
    if head_tests == 0 and base_tests == 0:
        yield from _zero_tests_on_both(case, case.base)
    elif head_tests == 0:
        yield case.reason(Condition.ZERO_TESTS, n=base_tests)
    elif base_tests == 0:
        yield case.reason(Condition.ZERO_TESTS_ON_BASE, n=head_tests)


def _zero_tests_on_both(case: Case, base: AssessedSide) -> Iterator[Reason]:
    sides = (base, case.head)
    chosen = selection(sides)
    if chosen or any(side.evidence.suite_run.recorder.deselected for side in sides):
        yield case.reason(Condition.NOTHING_SELECTED, message=nothing_selected_message(chosen))
    else:
        yield case.reason(Condition.ZERO_TESTS_ON_BOTH)


def tests_left_out(case: Case) -> Iterator[Reason]:
    """A selection leaves tests out, so that a regression in one of them would not be seen."""
    message = left_out(case.sides)
    if message and any(side.tests for _, side in case.sides):
        yield case.reason(Condition.TESTS_LEFT_OUT, message=message)


def nothing_passes(case: Case) -> Iterator[Reason]:
    """The head has tests, and none of them is good: whatever the sides have in common, nothing was shown."""
    if (case.comparable or case.repaired) and case.head.tests and GOOD.isdisjoint(case.head.facts.counts):
        yield case.reason(Condition.NOTHING_PASSES, n=case.head.tests)


def no_baseline(case: Case) -> Iterator[Reason]:
    """There is no base. A complete head then stands alone, and only one that shows nothing bad passes."""
    if case.base is not None or not case.head.completeness.complete:
        return
    errors = case.head.facts.collection_errors
    suspects = case.head.ids_in(BAD | {TestState.FLAKY})
    if case.head.tests == 0:
        yield case.reason(Condition.NO_BASELINE_ZERO_TESTS)
    if suspects or errors:
        message = no_baseline_message(len(suspects), len(errors))
        yield case.reason(Condition.NO_BASELINE_BAD_TESTS, (*suspects, *errors), message=message)
    elif case.head.tests:
        some_good = not GOOD.isdisjoint(case.head.facts.counts)
        yield case.reason(Condition.NO_BASELINE if some_good else Condition.NO_BASELINE_BAD_TESTS)


def changed_files_unknown(case: Case) -> Iterator[Reason]:
    """What the candidate touches could not be found out. Unknown is never empty."""
    if case.changed_files.status is ChangedFilesStatus.UNKNOWN:
        yield case.reason(Condition.CHANGED_FILES_UNKNOWN)


def unmeasured_change(case: Case) -> Iterator[Reason]:
    """The candidate touches code that pytest does not run. Beside a suite that ran, that is only worth a note."""
    if not case.head.completeness.complete:
        return
    ignored = compile_patterns(case.policy.ignored_paths)
    paths = {file.path for file in case.changed_files.files} | set(case.changed_files.renames)
    touched = {path for path in paths if not ignored.fullmatch(path.casefold())}
    ran = case.head.tests > 0 or (case.base is not None and case.base.tests > 0)
    for reason in _matching(case, Condition.UNMEASURED_CHANGE, case.policy.unmeasured_patterns, touched):
        if ran:
            message = unmeasured_beside_tests_message(len(reason.subjects))
            yield replace(reason, effect=Effect.NOTE, message=message)
        else:
            yield reason


def lingering_process(case: Case) -> Iterator[Reason]:
    """A suite reported everything and did not exit, so that it was judged on what it reported."""
    lingering = [side.label for side, assessed in case.sides if assessed.evidence.suite_run.process.lingered]
    if lingering:
        yield case.reason(Condition.LINGERING_PROCESS, message=lingering_message(lingering))


def submodules_missing(case: Case) -> Iterator[Reason]:
    """Submodules stayed empty on both sides."""
    missing = {path for _, assessed in case.sides for path in assessed.evidence.suite_run.missing_submodules}
    if missing:
        yield case.reason(Condition.SUBMODULES_MISSING, missing, n=len(missing))


def too_many_to_retry(case: Case) -> Iterator[Reason]:
    """So many tests are newly bad that none was run again."""
    if case.comparable and case.newly_bad > MAX_NEWLY_BAD:
        yield case.reason(Condition.TOO_MANY_TO_RETRY, n=case.newly_bad)


def retry_incomplete(case: Case) -> Iterator[Reason]:
    """Some retry proves nothing."""
    count = sum(retry.incomplete_reason is not None for _, side in case.sides for retry in side.facts.retries)
    if count:
        yield case.reason(Condition.RETRY_INCOMPLETE, n=count)


def too_few_tests(case: Case) -> Iterator[Reason]:
    """The head has fewer tests than the policy wants."""
    least, tests = case.policy.min_tests, case.head.tests
    if least is not None and tests < least and case.head.completeness.complete:
        yield case.reason(Condition.TOO_FEW_TESTS, message=too_few_tests_message(tests, least))


def too_many_skips(case: Case) -> Iterator[Reason]:
    """More tests are newly muted than the policy allows."""
    most, muted = case.policy.max_new_skips, case.newly_muted
    if most is not None and len(muted) > most and case.comparable:
        yield case.reason(Condition.TOO_MANY_SKIPS, muted, message=too_many_skips_message(len(muted), most))


def new_reruns(case: Case) -> Iterator[Reason]:
    """The candidate has tests run again that need not be: from then on it takes more for their failures to show."""
    if case.comparable and case.new_reruns:
        few = case.new_reruns if len(case.new_reruns) <= MAX_NAMED else ()
        yield case.reason(Condition.NEW_RERUNS, few, n=len(case.new_reruns))


def findings_incomplete(case: Case) -> Iterator[Reason]:
    """What the look for findings could not take in may hold some."""
    problem = case.changed_files.findings.problem
    if problem:
        yield case.reason(Condition.FINDINGS_INCOMPLETE, message=findings_incomplete_message(problem))


_APPEARING = frozenset({ChangeKind.ADDED, ChangeKind.RENAMED, ChangeKind.COPIED})


def stray_backup_file(case: Case) -> Iterator[Reason]:
    """The candidate leaves a backup file behind that is no data of tests."""
    appearing = {file.path for file in case.changed_files.files if file.kind in _APPEARING}
    found = [path for path in appearing if is_stray_backup(path, case.policy)]
    if found:
        yield case.reason(Condition.STRAY_BACKUP_FILE, found, n=len(found))


def setup_changed_files(case: Case) -> Iterator[Reason]:
    """The setup command edited on head what is tested, or how, and on base it did not do the same."""
    base_setup = None if case.base is None else case.base.evidence.suite_run.setup
    altering, harmless = setup_changes(base_setup, case.head.evidence.suite_run.setup)
    if altering:
        yield case.reason(Condition.SETUP_CHANGED_FILES, altering, n=len(altering))
    if harmless:
        yield case.reason(Condition.SETUP_CHANGED_METADATA, harmless, n=len(harmless))


def _matching(case: Case, condition: Condition, patterns: tuple[str, ...], paths: Iterable[str]) -> Iterator[Reason]:
    expression = compile_patterns(patterns)
    found = [path for path in paths if expression.fullmatch(path.casefold())]
    if found:
        yield case.reason(condition, found, n=len(found))


RULES: tuple[Rule, ...] = (
    base_incomplete,
    base_repaired,
    head_incomplete,
    unexplained_exit,
    zero_tests,
    nothing_passes,
    no_baseline,
    changed_files_unknown,
    stray_backup_file,
    setup_changed_files,
    unmeasured_change,
    lingering_process,
    submodules_missing,
    too_many_to_retry,
    retry_incomplete,
    too_few_tests,
    too_many_skips,
    tests_left_out,
    new_reruns,
    findings_incomplete,
)


def suite_reasons(case: Case) -> tuple[Reason, ...]:
    """The reasons of all suite conditions that hold."""
    return tuple(reason for rule in RULES for reason in rule(case))


def without_repetition(case: Case, reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """The ``reasons`` of a decision, waivers considered. Where tests passed on base, what became of them has reasons of
    its own, and NOTHING_PASSES adds nothing to one that is as strong.
    """
    enough = case.policy.conditions[Condition.NOTHING_PASSES]
    passed_on_base = case.base is not None and not GOOD.isdisjoint(case.base.facts.counts)
    if not passed_on_base or not any(isinstance(each.code, Category) and each.effect >= enough for each in reasons):
        return reasons
    return tuple(reason for reason in reasons if reason.code is not Condition.NOTHING_PASSES)
