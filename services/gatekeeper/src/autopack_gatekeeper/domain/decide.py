"""The decision: a pure function of both sides' evidence, the changed files and the terms (policy and waivers)."""

from collections.abc import Iterator
from typing import Final

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.case import Case
from autopack_gatekeeper.domain.collectors import TouchedFiles
from autopack_gatekeeper.domain.comparison import Comparison, compare
from autopack_gatekeeper.domain.conditions import (
    suite_reasons,
    without_repetition,
)
from autopack_gatekeeper.domain.cross import agrees, judged_by_base
from autopack_gatekeeper.domain.cross_table import SPEAKING
from autopack_gatekeeper.domain.deviations import deviation_reasons
from autopack_gatekeeper.domain.doctests import judged_by_examples
from autopack_gatekeeper.domain.environments import with_environments
from autopack_gatekeeper.domain.errors import IncomparableEvidence
from autopack_gatekeeper.domain.findings import finding_reasons
from autopack_gatekeeper.domain.matrix import BAD_TRANSITIONS
from autopack_gatekeeper.domain.newly_bad import count_newly_bad
from autopack_gatekeeper.domain.protected_files import protected_path, proven_harmless, restored_files
from autopack_gatekeeper.domain.renames import Renames
from autopack_gatekeeper.domain.reverse import judged_on_base, new_modules
from autopack_gatekeeper.domain.test_side import TestSideFiles, find_test_side
from autopack_gatekeeper.domain.waiving import with_waivers
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles, ChangedFilesStatus
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.decision.delta import Category, Delta
from autopack_model.decision.messages import (
    category_message,
    persistent_error_message,
)
from autopack_model.decision.value import VERDICTS, Condition, Decision, Effect, Reason, Severity
from autopack_model.evidence.value import Evidence
from autopack_model.finding.document import findings_digest
from autopack_model.identity.value import Side
from autopack_model.policy.document import policy_digest, waivers_digest
from autopack_model.policy.terms import Terms
from autopack_model.policy.value import Policy

_NEW_SKIPS: Final = (Category.NEWLY_MUTED, Category.ADDED_MUTED, Category.COLLECTED_MUTED, Category.MUTED_FAILING)
"""What is skipped or expected to fail on head, and was not on base."""

_CAME_TO_PASS: Final = (
    Category.NEWLY_PASSING,
    Category.PASSES_WITH_NEW_RERUNS,
    Category.COLLECTED,
    Category.UNMUTED,
    Category.FLAKY,
)
"""What did not simply pass on base, and passes on head."""

SEVERITIES: Final = ((10, Severity.CRITICAL), (5, Severity.HIGH), (2, Severity.MEDIUM), (1, Severity.LOW))
"""The smallest number of bad transitions and collection errors for each severity, worst first."""


def decide(
    base: AssessedSide | None,
    head: AssessedSide,
    changed_files: ChangedFiles,
    terms: Terms,
    cross: AssessedSide | None = None,
    reverse: AssessedSide | None = None,
) -> Decision:
    """Decide whether the change from ``base`` to ``head`` may proceed. ``base`` is None without a baseline, ``cross``
    where base's tests were not run on the candidate's code, ``reverse`` where the candidate's new tests were not run on
    base's code.

    The transition matrix counts only between two complete sides: what is not proven speaks neither for nor against
    the candidate, and the incompleteness itself gives the reason. Raises IncomparableEvidence when the sides were
    measured with different pytest arguments or setup commands.
    """
    base_evidence = None if base is None else base.evidence
    _check_comparable(base_evidence, head.evidence)
    for third in (cross, reverse):
        if third is not None:
            _check_comparable(base_evidence, third.evidence)
    comparison = compare(base_evidence, head.evidence, Renames.of(changed_files), touched_files(changed_files))
    if base is not None:
        comparison = judged_by_examples(comparison, base.evidence, changed_files.findings)
    case = Case(
        base=base,
        head=head,
        changed_files=changed_files,
        policy=terms.policy,
        newly_bad=count_newly_bad(comparison.delta),
        newly_muted=tuple(sorted(name for category in _NEW_SKIPS for name in comparison.subjects(category))),
        new_reruns=comparison.new_reruns,
    )
    found = _found(comparison, case)
    if base is not None and case.comparable:
        comparison, found = _with_third_sides(comparison, case, base, cross, reverse, terms, found)
    told = without_repetition(case, tuple(with_waivers(found, terms)))
    reasons = tuple(sorted(told, key=lambda reason: (*reason.sort_key, reason.subjects)))
    return Decision(
        verdict=VERDICTS[max((reason.effect for reason in reasons), default=Effect.NOTE)],
        severity=severity(comparison.delta),
        reasons=reasons,
        base=None if base is None else base.facts,
        head=head.facts,
        cross=None if cross is None else cross.facts,
        reverse=None if reverse is None else reverse.facts,
        changed_files_status=changed_files.status,
        changed_files_digest=changed_files_digest(changed_files),
        policy_digest=policy_digest(terms.policy),
        waivers_digest=waivers_digest(terms.waivers),
        findings_digest=findings_digest(changed_files.findings),
        delta=comparison.delta,
    )


def severity(delta: Delta) -> Severity:
    """How much went wrong: bad transitions plus collection errors, whatever the verdict."""
    transitions = sum(count for category, count in delta.counts().items() if category in BAD_TRANSITIONS)
    count = transitions + sum(len(collectors) for collectors in delta.collectors.values())
    return next((level for floor, level in SEVERITIES if count >= floor), Severity.NONE)


def touched_files(changed_files: ChangedFiles) -> TouchedFiles:
    """The files that a change touches, unknown where git could not say so."""
    if changed_files.status is ChangedFilesStatus.UNKNOWN:
        return TouchedFiles(paths=None)
    return TouchedFiles(paths=frozenset(file.path for file in changed_files.files))


def plan_cross(base: AssessedSide, head: AssessedSide, changed_files: ChangedFiles, terms: Terms) -> CrossPlan:
    """What is to be run on the cross side and on the reverse side; nothing where base and head decide already."""
    undecided = decide(base, head, changed_files, terms)
    if not any(reason.code is Condition.CROSS_MISSING for reason in undecided.reasons):
        return CrossPlan(paths=(), modules=())
    comparison = compare(base.evidence, head.evidence, Renames.of(changed_files), touched_files(changed_files))
    files = _test_side(comparison, base, head, changed_files, terms.policy)
    wanted = terms.policy.categories[Category.PROVES_NOTHING] is not None
    new = new_modules(comparison, files, changed_files) if wanted else ()
    return CrossPlan(paths=files.paths, modules=files.modules, new_modules=new)


def _test_side(
    comparison: Comparison, base: AssessedSide, head: AssessedSide, changed_files: ChangedFiles, policy: Policy
) -> TestSideFiles:
    came_to_pass = [name for category in _CAME_TO_PASS for name in comparison.tests(category)]
    came_to_pass.extend(comparison.repaired)
    return find_test_side(changed_files, base.evidence, head.evidence, came_to_pass, policy)


def _found(comparison: Comparison, case: Case) -> tuple[Reason, ...]:
    """All reasons, before any waiver."""
    matrix_reasons = _matrix_reasons(comparison, case) if case.comparable else ()
    edited = _passing_and_edited(comparison, case) if case.comparable else ()
    findings = finding_reasons(case.changed_files.findings, case.policy)
    of_the_change = (*protected_path(case), *deviation_reasons(case), *edited, *findings)
    return tuple(with_environments(case, (*suite_reasons(case), *matrix_reasons, *of_the_change)))


def _with_third_sides(
    comparison: Comparison,
    case: Case,
    base: AssessedSide,
    cross: AssessedSide | None,
    reverse: AssessedSide | None,
    terms: Terms,
    found: tuple[Reason, ...],
) -> tuple[Comparison, tuple[Reason, ...]]:
    """The comparison and the reasons with what base's tests say of the candidate's code and new tests of base's code,
    where they are asked.
    """
    files = _test_side(comparison, base, case.head, case.changed_files, case.policy)
    if not files.paths:
        return comparison, found
    if cross is None:
        open_still = all(_liftable(reason) for reason in with_waivers(found, terms))
        missing = case.reason(Condition.CROSS_MISSING, files.paths, n=len(files.paths))
        return comparison, (*found, missing) if open_still else found
    if cross.completeness.reason is not None:
        return comparison, (*found, case.incomplete_third(Side.CROSS, cross))
    comparison = judged_by_base(comparison, base.evidence, cross, files, case.changed_files)
    comparison, unproven = _proven(comparison, case, files, reverse)
    found = _found(comparison, case)
    # An adapted test says nothing of base's version, which did not run.
    harmless = not any(reason.code in SPEAKING or reason.code is Category.ADAPTED for reason in found)
    if harmless and agrees(comparison, case.head.evidence, cross.evidence):
        restored = restored_files(files.paths, case)
        found = tuple(proven_harmless(reason, restored) for reason in found)
    return comparison, (*found, *unproven)


def _proven(
    comparison: Comparison, case: Case, files: TestSideFiles, reverse: AssessedSide | None
) -> tuple[Comparison, tuple[Reason, ...]]:
    """The comparison with what new tests say of base's code, and the reason why they say nothing."""
    modules = new_modules(comparison, files, case.changed_files)
    if not modules or case.policy.categories[Category.PROVES_NOTHING] is None:
        return comparison, ()
    if reverse is None:
        return comparison, (case.reason(Condition.REVERSE_MISSING, modules, n=len(modules)),)
    if reverse.completeness.reason is not None:
        return comparison, (case.incomplete_third(Side.REVERSE, reverse),)
    return judged_on_base(comparison, reverse.evidence), ()


def _liftable(reason: Reason) -> bool:
    """Whether what base's tests say of the candidate's code may still matter beside the reason."""
    return reason.effect < Effect.INCONCLUSIVE or reason.code in (Category.NEWLY_MUTED, Category.REMOVED)


def _matrix_reasons(comparison: Comparison, case: Case) -> Iterator[Reason]:
    for category, effect in case.policy.categories.items():
        if effect is not None and (subjects := comparison.subjects(category)):
            message = category_message(category, len(subjects))
            if category is Category.PERSISTENT_COLLECTION_ERROR:
                message = persistent_error_message(message, *_persistent_errors(case, subjects))
            yield Reason(code=category, effect=effect, subjects=subjects, message=message)


def _passing_and_edited(comparison: Comparison, case: Case) -> Iterator[Reason]:
    """The tests that became green in a file that the same change edits."""
    touched = touched_files(case.changed_files)
    found = [each for each in comparison.subjects(Category.NEWLY_PASSING) if touched.touch(each)]
    if found:
        yield case.reason(Condition.PASSING_AND_EDITED, found, n=len(found))


def _persistent_errors(case: Case, subjects: tuple[str, ...]) -> tuple[tuple[str, ...], int, int]:
    """The causes of the errors of ``subjects`` on head, ascending; how many collectors errored on base, and how many
    of these do no more, or 0 where head has an error that base had not.
    """
    collectors = case.head.evidence.suite_run.recorder.collectors
    causes = {each.cause for each in collectors if each.cause and each.collector in subjects}
    base = frozenset() if case.base is None else frozenset(case.base.facts.collection_errors)
    head = frozenset(case.head.facts.collection_errors)
    return tuple(sorted(causes)), len(base), len(base - head) if head < base else 0


def _check_comparable(base: Evidence | None, head: Evidence) -> None:
    if base is None:
        return
    if base.suite_run.arguments != head.suite_run.arguments:
        raise IncomparableEvidence(
            f"base was measured with the pytest arguments {list(base.suite_run.arguments)}, head with "
            f"{list(head.suite_run.arguments)}; measure both sides with the same test command",
            subject="arguments",
        )
    base_setup, head_setup = base.suite_run.setup, head.suite_run.setup
    if base_setup is not None and head_setup is not None and base_setup.command != head_setup.command:
        raise IncomparableEvidence(
            f"base was set up by {base_setup.command!r}, head by {head_setup.command!r}; measure both sides with the "
            "same setup command",
            subject="setup",
        )
