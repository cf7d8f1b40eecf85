"""The suite conditions of DESIGN 5.2: what is true of a case as a whole, before any test is looked at."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.patterns import compile_patterns
from autopack_gatekeeper.domain.policy import Policy
from autopack_gatekeeper.domain.wording import counted, incomplete_sentence
from autopack_model.changed_files.value import ChangedFiles, ChangedFilesStatus, ChangeKind
from autopack_model.decision.value import Condition, Effect, Incomplete, Reason
from autopack_model.evidence.outcome import BAD, GOOD, TestState
from autopack_model.identity.value import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a suite condition may look at. ``base`` is None when no baseline was obtainable."""

    base: AssessedSide | None
    head: AssessedSide
    changed_files: ChangedFiles
    policy: Policy

    @property
    def base_complete(self) -> bool:
        """Whether there is a base, and it proves something."""
        return self.base is not None and self.base.completeness.complete

    @property
    def comparable(self) -> bool:
        """Whether both sides prove something, so that their tests may be compared."""
        return self.base_complete and self.head.completeness.complete

    def reason(self, condition: Condition, message: str, subjects: Iterable[str] = ()) -> Reason:
        """The reason that ``condition`` gives under the policy."""
        return Reason(
            code=condition,
            effect=self.policy.conditions[condition],
            subjects=tuple(sorted(set(subjects))),
            message=message,
        )


Rule: TypeAlias = Callable[[Case], Iterator[Reason]]


def base_incomplete(case: Case) -> Iterator[Reason]:
    """The base proves nothing: there is no baseline to compare with."""
    if case.base is not None:
        yield from _incomplete(case, Side.BASE, case.base)


def head_incomplete(case: Case) -> Iterator[Reason]:
    """The head proves nothing. That speaks against it only beside a base that ran to its end."""
    yield from _incomplete(case, Side.HEAD, case.head)


def _incomplete(case: Case, side: Side, assessed: AssessedSide) -> Iterator[Reason]:
    cause = assessed.completeness.reason
    if cause is None:
        return
    code = Incomplete(side=side, reason=cause)
    effect = case.policy.incomplete[code]
    process = assessed.evidence.suite_run.process
    yield Reason(
        code=code,
        effect=effect if case.base_complete else min(effect, Effect.INCONCLUSIVE),
        subjects=(),
        message=incomplete_sentence(side.label, cause, exit_code=process.exit_code, signal=process.signal),
    )


def unexplained_exit(case: Case) -> Iterator[Reason]:
    """The head exited as for a failure though nothing that was recorded failed; milder when base did the same."""
    if not case.head.completeness.unexplained_exit:
        return
    if case.base is None or (case.base_complete and not case.base.completeness.unexplained_exit):
        yield case.reason(
            Condition.UNEXPLAINED_EXIT, "the head suite run exited with code 1, but no failing test was recorded"
        )
    elif case.base_complete:
        yield case.reason(
            Condition.UNEXPLAINED_EXIT_ON_BOTH, "both suite runs exited with code 1, but no failing test was recorded"
        )


def zero_tests(case: Case) -> Iterator[Reason]:
    """One of two complete sides, or both, ran no test."""
    if case.base is None or not case.comparable:
        return
    base_tests, head_tests = case.base.tests, case.head.tests
    if head_tests == 0 and base_tests == 0:
        yield case.reason(Condition.ZERO_TESTS_ON_BOTH, "neither side has any test")
    elif head_tests == 0:
        yield case.reason(Condition.ZERO_TESTS, f"head has no test, base had {base_tests}")
    elif base_tests == 0:
        yield case.reason(Condition.ZERO_TESTS_ON_BASE, f"base has no test to compare with, head has {head_tests}")


def no_baseline(case: Case) -> Iterator[Reason]:
    """There is no base. A complete head then stands alone, and only one that shows nothing bad passes."""
    if case.base is not None or not case.head.completeness.complete:
        return
    errors = case.head.facts.collection_errors
    suspects = case.head.ids_in(BAD | {TestState.FLAKY})
    good = sum(case.head.facts.counts.get(state, 0) for state in GOOD)
    if case.head.tests == 0:
        yield case.reason(Condition.NO_BASELINE_ZERO_TESTS, "there is no baseline, and head has no test")
    if suspects or errors:
        yield case.reason(
            Condition.NO_BASELINE_BAD_TESTS,
            "there is no baseline, and head has "
            f"{counted(len(suspects), 'failing or flaky test', 'failing or flaky tests')} and "
            f"{counted(len(errors), 'collection error', 'collection errors')}",
            (*suspects, *errors),
        )
    elif case.head.tests and not good:
        yield case.reason(Condition.NO_BASELINE_BAD_TESTS, "there is no baseline, and no test passes on head")
    elif case.head.tests:
        yield case.reason(Condition.NO_BASELINE, "there is no baseline; no test on head fails")


def changed_files_unknown(case: Case) -> Iterator[Reason]:
    """What the candidate touches could not be found out. Unknown is never empty."""
    if case.changed_files.status is ChangedFilesStatus.UNKNOWN:
        yield case.reason(Condition.CHANGED_FILES_UNKNOWN, "the changed files could not be determined")


def protected_path(case: Case) -> Iterator[Reason]:
    """The candidate touches what decides how it is tested; moving such a file away counts as well."""
    protected = compile_patterns(case.policy.protected_paths)
    touched = {file.path for file in case.changed_files.files} | set(case.changed_files.renames)
    found = [path for path in touched if protected.fullmatch(path.casefold())]
    if found:
        yield case.reason(
            Condition.PROTECTED_PATH,
            f"the change touches {counted(len(found), 'file', 'files')} that can alter how it is tested",
            found,
        )


_APPEARING = frozenset({ChangeKind.ADDED, ChangeKind.RENAMED, ChangeKind.COPIED})


def stray_backup_file(case: Case) -> Iterator[Reason]:
    """The candidate leaves a backup file behind."""
    backup = compile_patterns(case.policy.backup_patterns)
    found = [
        file.path
        for file in case.changed_files.files
        if file.kind in _APPEARING and backup.fullmatch(file.path.casefold())
    ]
    if found:
        yield case.reason(
            Condition.STRAY_BACKUP_FILE,
            f"the change adds {counted(len(found), 'stray backup file', 'stray backup files')}",
            found,
        )


RULES: tuple[Rule, ...] = (
    base_incomplete,
    head_incomplete,
    unexplained_exit,
    zero_tests,
    no_baseline,
    changed_files_unknown,
    protected_path,
    stray_backup_file,
)


def suite_reasons(case: Case) -> tuple[Reason, ...]:
    """The reasons of all suite conditions that hold."""
    return tuple(reason for rule in RULES for reason in rule(case))
