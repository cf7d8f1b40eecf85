"""What a waiver lifts, and what of a waiver is reported."""

from dataclasses import replace
from datetime import date

from autopack_gatekeeper.domain.waiving import with_waivers
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Decision, Effect, Reason, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.document import waivers_digest
from autopack_model.policy.terms import Terms
from autopack_model.policy.waiver import Waiver
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import NO_FILES, TWO_SIDES, judge
from tests.fakes.store import TERMS

PASSED, SKIPPED = TestState.PASSED, TestState.SKIPPED
BASE = make_evidence({"a::x": PASSED, "a::y[1]": PASSED, "a::z": PASSED})
HEAD = make_evidence({"a::z": PASSED})


def waiver(
    subjects: str, code: Category | Condition = Category.REMOVED, *, expires: date = TERMS.day, approver: str = "owner"
) -> Waiver:
    """A waiver that holds today."""
    return Waiver(code=code, subjects=subjects, reason="they are gone", approver=approver, expires=expires)


def terms(*waivers: Waiver) -> Terms:
    """The default policy with waivers."""
    return replace(TERMS, waivers=tuple(sorted(waivers, key=lambda each: each.sort_key)))


def decided(*waivers: Waiver) -> Decision:
    """The decision on a head that lacks two of three tests."""
    return judge(BASE, HEAD, terms=terms(*waivers))


def said(decision: Decision) -> list[tuple[str, str, tuple[str, ...]]]:
    """Effect, code and subjects of each reason."""
    return [(reason.effect.label, reason.code.label, reason.subjects) for reason in decision.reasons]


def test_a_waived_subject_does_not_block() -> None:
    """What a waiver matches is listed in a warning that says who waived it, until when and why."""
    decision = decided(waiver("a::*"))
    assert Verdict.ALLOW is decision.verdict
    assert [("warn", "removed", ("a::x", "a::y[1]"))] == said(decision)
    assert (
        "waived by owner until 2030-01-01 (they are gone): 2 tests that ran on base without failing are gone on head"
        == decision.reasons[0].message
    )


def test_what_no_waiver_matches_blocks() -> None:
    """The rest of the subjects keeps its effect, and the message counts those that are waived."""
    decision = decided(waiver("a::x"))
    assert Verdict.BLOCK is decision.verdict
    assert [("block", "removed", ("a::y[1]",)), ("warn", "removed", ("a::x",))] == said(decision)
    assert [
        "2 tests that ran on base without failing are gone on head; 1 of them waived",
        "waived by owner until 2030-01-01 (they are gone): 1 of 2 tests that ran on base without failing are gone on "
        "head",
    ] == [reason.message for reason in decision.reasons]


def test_each_waiver_has_a_reason_of_its_own() -> None:
    """Two waivers cover a subject each, in a stated order; brackets stand for themselves."""
    decision = decided(waiver("a::y[1]"), waiver("a::?", approver="another"))
    assert [("warn", "removed", ("a::x",)), ("warn", "removed", ("a::y[1]",))] == said(decision)
    assert Verdict.ALLOW is decision.verdict


def test_a_waiver_that_lifts_nothing_is_reported() -> None:
    """A waiver of other subjects, of another code, or of what another waiver lifts already."""
    others = (waiver("b::*"), waiver("a::*", Category.NEWLY_MUTED), waiver("a::x", approver="the second"))
    decision = decided(waiver("a::*", approver="the first"), *others)
    assert ("note", "waiver_unused", ("newly_muted a::*", "removed a::x", "removed b::*")) in said(decision)


def test_an_expired_waiver_lifts_nothing_and_is_reported() -> None:
    """A waiver holds until the end of its last day."""
    decision = decided(waiver("*", expires=date(2029, 12, 31)))
    assert Verdict.BLOCK is decision.verdict
    assert [("block", "removed", ("a::x", "a::y[1]")), ("warn", "waiver_expired", ("removed *",))] == said(decision)


def test_waivers_are_in_the_digest() -> None:
    """The decision cites the waivers that it was derived from."""
    assert waivers_digest([waiver("a::*")]) == decided(waiver("a::*")).waivers_digest
    assert decided().waivers_digest != decided(waiver("a::*")).waivers_digest


def test_a_condition_is_waived_by_its_files() -> None:
    """A protected file that a waiver names asks nobody any more."""
    files = ChangedFiles.of(
        (
            ChangedFile(
                path="tox.ini", old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=1, binary=False
            ),
        )
    )
    waived = terms(waiver("tox.ini", Condition.PROTECTED_PATH))
    decision = judge(BASE, BASE, files, terms=replace(waived, policy=TWO_SIDES))
    assert (Verdict.ALLOW, [("warn", "protected_path", ("tox.ini",))]) == (decision.verdict, said(decision))


def test_a_reason_without_subjects_is_waived_as_a_whole() -> None:
    """A pattern that matches everything matches a reason that lists nothing; any other does not."""
    reason = Reason(code=Condition.LINGERING_PROCESS, effect=Effect.BLOCK, subjects=(), message="it lingers")
    lifted = [*with_waivers([reason], terms(waiver("*", Condition.LINGERING_PROCESS)))]
    kept = [*with_waivers([reason], terms(waiver("a", Condition.LINGERING_PROCESS)))]
    assert [Effect.WARN] == [each.effect for each in lifted]
    assert [(Effect.BLOCK, Condition.LINGERING_PROCESS), (Effect.NOTE, Condition.WAIVER_UNUSED)] == [
        (each.effect, each.code) for each in kept
    ]


def test_a_waiver_is_about_its_enumeration() -> None:
    """A category and a condition with the same number are not taken for each other."""
    code = Condition(Category.REMOVED.value)
    reason = Reason(code=code, effect=Effect.BLOCK, subjects=("a::x",), message="alone")
    assert reason in with_waivers([reason], terms(waiver("*")))


def test_fewer_tests_than_the_policy_wants_block() -> None:
    """The count of tests on head has a floor of its own, whatever became of each test."""
    policies = [replace(DEFAULT_POLICY, min_tests=least) for least in (1, 2)]
    decisions = [judge(HEAD, HEAD, policy=policy) for policy in policies]
    assert [Verdict.ALLOW, Verdict.BLOCK] == [decision.verdict for decision in decisions]
    assert ["head has 1 test, and the policy wants at least 2"] == [each.message for each in decisions[1].reasons]


def test_more_new_skips_than_the_policy_allows_block() -> None:
    """New tests that are skipped count, and so do those that were not skipped before."""
    head = make_evidence({"a::x": PASSED, "a::y[1]": PASSED, "a::z": PASSED, "b": SKIPPED, "c": SKIPPED})
    policies = [replace(DEFAULT_POLICY, max_new_skips=most) for most in (2, 1)]
    decisions = [judge(BASE, head, policy=policy) for policy in policies]
    assert [Verdict.ALLOW, Verdict.BLOCK] == [decision.verdict for decision in decisions]
    assert ("block", "too_many_skips", ("b", "c")) == said(decisions[1])[0]


def changed(path: str) -> ChangedFiles:
    """A file that is new."""
    file = ChangedFile(path=path, old_path=None, kind=ChangeKind.ADDED, lines_added=1, lines_removed=0, binary=False)
    return ChangedFiles.of((file,))


def test_paths_of_the_policy_count() -> None:
    """An unprotected path asks nobody; an ignored one is neither a stray backup file nor code of another language."""
    policy = replace(TWO_SIDES, unprotected_paths=("docs/**",), ignored_paths=("old/**",))
    paths = ("docs/conftest.py", "old/shop.py.bak", "old/shop.go")
    assert [["protected_path"], ["stray_backup_file"], ["unmeasured_change"]] == [
        [code for _, code, _ in said(judge(HEAD, HEAD, changed(path), TWO_SIDES))] for path in paths
    ]
    assert [[], [], []] == [said(judge(HEAD, HEAD, changed(path), policy=policy)) for path in paths]


def test_without_waivers_nothing_changes() -> None:
    """The reasons are as they were."""
    assert judge(BASE, HEAD, NO_FILES) == decided()
