"""The decision as a whole: verdict, severity, reasons, and what it records of its inputs."""

import dataclasses
import itertools

import pytest

from autopack_gatekeeper.domain.errors import IncomparableEvidence
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangedFilesStatus, ChangeKind
from autopack_model.decision.delta import Category
from autopack_model.decision.document import decision_bytes
from autopack_model.decision.messages import category_message
from autopack_model.decision.value import Condition, Effect, Severity, Verdict
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.document import policy_digest, waivers_digest
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence, make_setup
from tests.fakes.judging import TWO_SIDES, judge

PASSED, FAILED, SKIPPED, FLAKY = TestState.PASSED, TestState.FAILED, TestState.SKIPPED, TestState.FLAKY


def mixed() -> tuple[Evidence, Evidence, ChangedFiles]:
    """Two sides and changed files that give reasons of every effect but INCONCLUSIVE."""
    base = make_evidence(
        {"a.py::x": PASSED, "a.py::y": FAILED, "a.py::z": PASSED, "b.py::f": FLAKY, "c.py::s": SKIPPED},
        collectors={"d.py": CollectorState.SKIPPED},
    )
    head = make_evidence(
        {"a.py::x": FAILED, "a.py::y": PASSED, "b.py::f": FAILED, "c.py::n": SKIPPED},
        collectors={"e.py": CollectorState.ERRORED},
    )
    touched = ChangedFile(
        path="tox.ini", old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=1, binary=False
    )
    return base, head, ChangedFiles.of((touched,))


def test_reasons_are_sorted_strongest_first_with_sorted_subjects_and_counts() -> None:
    """Every finding is a reason with its code, effect, subjects and sentence, in the stated order."""
    decision = judge(*mixed())
    expected = [
        ("new_collection_error", "block", ("e.py",), "1 module or package cannot be collected on head"),
        ("newly_failing", "block", ("a.py::x",), "1 test that did not fail on base fails on head"),
        ("removed", "block", ("a.py::z",), "1 test that ran on base without failing is gone on head"),
        ("flaky_failing", "review", ("b.py::f",), "1 test that was flaky on base fails on head"),
        (
            "protected_path",
            "review",
            ("tox.ini",),
            "the change touches 1 file that can alter how it is tested: tox.ini (modified; +1 -1)",
        ),
        ("added_muted", "warn", ("c.py::n",), "1 new test or module is skipped or expected to fail on head"),
        (
            "removed_muted",
            "warn",
            ("c.py::s", "d.py"),
            "2 tests or modules that were skipped or expected to fail on base are gone on head",
        ),
        ("newly_passing", "note", ("a.py::y",), "1 test that failed on base passes on head"),
    ]
    assert expected == [
        (reason.code.label, reason.effect.label, reason.subjects, reason.message) for reason in decision.reasons
    ]
    assert Verdict.BLOCK is decision.verdict


def test_the_decision_names_everything_it_was_derived_from() -> None:
    """Digests of both sides, of the changed files, of policy and waivers, and the facts of each side."""
    base, head, files = mixed()
    decision = judge(base, head, files)
    assert decision.base is not None
    assert evidence_digest(base) == decision.base.evidence_digest
    assert facts_digest(base) == decision.base.facts_digest
    assert evidence_digest(head) == decision.head.evidence_digest
    assert facts_digest(head) == decision.head.facts_digest
    assert changed_files_digest(files) == decision.changed_files_digest
    assert ChangedFilesStatus.AVAILABLE is decision.changed_files_status
    assert policy_digest(DEFAULT_POLICY) == decision.policy_digest
    assert waivers_digest(()) == decision.waivers_digest
    assert ("e.py",) == decision.head.collection_errors
    assert {FAILED: 2, PASSED: 1, SKIPPED: 1} == dict(decision.head.counts)
    assert (1, "b" * 40) == (decision.head.exit_code, decision.head.tree)


def test_a_skipped_collector_is_no_collection_error() -> None:
    """Only errored collectors are listed for a side."""
    side = make_evidence(
        {"a.py::x": PASSED}, collectors={"b.py": CollectorState.SKIPPED, "c.py": CollectorState.ERRORED}
    )
    assert ("c.py",) == judge(side, side).head.collection_errors


def test_digests_are_those_of_each_side_when_the_test_ids_are_shared() -> None:
    """Sharing the digest of equal test ids between the sides changes no digest."""
    base, head = make_evidence({"a::x": PASSED}), make_evidence({"a::x": FAILED})
    decision = judge(base, head)
    assert evidence_digest(head) == decision.head.evidence_digest
    assert facts_digest(head) == decision.head.facts_digest


def test_a_decision_survives_the_wire() -> None:
    """What comes back from chunks is the same decision."""
    decision = judge(*mixed())
    assert decision == decision_from_chunks(decision_chunks(decision))


@pytest.mark.parametrize(
    ("effect", "verdict"),
    [
        (Effect.NOTE, Verdict.ALLOW),
        (Effect.WARN, Verdict.ALLOW),
        (Effect.REVIEW, Verdict.NEEDS_HUMAN),
        (Effect.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Effect.BLOCK, Verdict.BLOCK),
    ],
)
def test_the_strongest_effect_makes_the_verdict(effect: Effect, verdict: Verdict) -> None:
    """The policy's effect of the strongest finding decides."""
    policy = dataclasses.replace(DEFAULT_POLICY, categories={**DEFAULT_POLICY.categories, Category.REMOVED: effect})
    base, head = make_evidence({"a::x": PASSED, "a::y": PASSED}), make_evidence({"a::x": PASSED})
    decision = judge(base, head, policy=policy)
    assert verdict is decision.verdict
    assert [effect] == [reason.effect for reason in decision.reasons]
    assert policy_digest(policy) == decision.policy_digest


@pytest.mark.parametrize(
    ("failing", "severity"),
    [
        (0, Severity.NONE),
        (1, Severity.LOW),
        (2, Severity.MEDIUM),
        (4, Severity.MEDIUM),
        (5, Severity.HIGH),
        (9, Severity.HIGH),
        (10, Severity.CRITICAL),
        (11, Severity.CRITICAL),
    ],
)
def test_severity_counts_bad_transitions(failing: int, severity: Severity) -> None:
    """The number of newly failing tests gives the severity at each bound."""
    ids = [f"a::{number:02d}" for number in range(12)]
    base = make_evidence(dict.fromkeys(ids, PASSED))
    head = make_evidence({name: FAILED if index < failing else PASSED for index, name in enumerate(ids)})
    assert severity is judge(base, head).severity


def test_severity_adds_collection_errors_to_bad_transitions() -> None:
    """A collector counts once, however many tests it hides; what is bad on both sides does not count."""
    base = make_evidence({"a.py::x": PASSED, "b.py::1": PASSED, "b.py::2": PASSED, "c.py::x": FAILED})
    head = make_evidence({"a.py::x": FAILED, "c.py::x": FAILED}, collectors={"b.py": CollectorState.ERRORED})
    assert Severity.MEDIUM is judge(base, head).severity


def test_one_fixed_and_one_broken_is_a_regression() -> None:
    """Identities are compared, not counts."""
    base, head = make_evidence({"a::x": FAILED, "a::y": PASSED}), make_evidence({"a::x": PASSED, "a::y": FAILED})
    assert Verdict.BLOCK is judge(base, head).verdict


def test_a_rename_of_the_changed_files_is_honoured() -> None:
    """Tests of a renamed file are paired, and nothing is reported."""
    moved = ChangedFile(
        path="tests/new.py",
        old_path="tests/old.py",
        kind=ChangeKind.RENAMED,
        lines_added=0,
        lines_removed=0,
        binary=False,
    )
    base, head = make_evidence({"tests/old.py::x": PASSED}), make_evidence({"tests/new.py::x": PASSED})
    assert () == judge(base, head, ChangedFiles.of((moved,)), TWO_SIDES).reasons
    assert Verdict.BLOCK is judge(base, head).verdict


def test_other_pytest_arguments_are_incomparable() -> None:
    """Sides that were measured with different arguments are refused, with the arguments named."""
    base = make_evidence({"a::x": PASSED}, arguments=("-k", "x"))
    with pytest.raises(IncomparableEvidence, match=r"\['-k', 'x'\].*same test command"):
        judge(base, make_evidence({"a::x": PASSED}))


def test_another_setup_command_is_incomparable() -> None:
    """Sides that were set up differently are refused, with the commands named."""
    base = make_evidence({"a::x": PASSED}, setup=make_setup(command="make one"))
    head = make_evidence({"a::x": PASSED}, setup=make_setup(command="make two"))
    with pytest.raises(IncomparableEvidence, match=r"make one.*make two"):
        judge(base, head)


def test_what_a_decision_must_not_depend_on_does_not_change_its_bytes() -> None:
    """Times, durations, paths, and the fingerprint of the machine leave the canonical bytes as they are."""
    outcomes = {"a::x": PASSED, "a::y": FAILED}
    base = make_evidence(outcomes)
    elsewhere = make_evidence(
        outcomes,
        durations_ms={"a::x": 17},
        tree_path="/other/tree",
        fingerprint="sha256:" + "d" * 64,
        started_at_ms=1,
        ended_at_ms=2,
        revision="e" * 40,
    )
    assert evidence_digest(base) != evidence_digest(elsewhere)
    assert decision_bytes(judge(base, base)) == decision_bytes(judge(elsewhere, elsewhere))


def test_the_reason_why_changed_files_are_unknown_does_not_change_the_bytes() -> None:
    """It may name hosts and paths."""
    side = make_evidence({"a::x": PASSED})
    one, other = (judge(side, side, ChangedFiles.unknown(problem)) for problem in ("one", "other"))
    assert decision_bytes(one) == decision_bytes(other)


def test_every_category_has_a_sentence_for_one_and_for_many() -> None:
    """No category is without words, and the number is in them."""
    for category, count in itertools.product(Category, (1, 3)):
        assert category_message(category, count).startswith(f"{count} ")


def test_every_condition_and_category_is_reachable_in_the_default_policy() -> None:
    """The default policy names an effect for each."""
    assert set(Condition) == set(DEFAULT_POLICY.conditions)
    assert set(Category) == set(DEFAULT_POLICY.categories)
