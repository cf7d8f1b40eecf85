"""The policy as data: total, strict where it must be, and named by its digest."""

import dataclasses

import pytest

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete
from autopack_model.errors import InvalidValue
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.identity.value import Side
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.document import policy_digest
from autopack_model.policy.path_pattern import compile_patterns
from autopack_model.policy.value import Policy

HEAD_TIMED_OUT = Incomplete(side=Side.HEAD, reason=IncompleteReason.TIMED_OUT)


def test_each_part_of_the_policy_changes_its_digest() -> None:
    """No effect and no pattern is left out of the digest."""
    categories = {**DEFAULT_POLICY.categories, Category.RENAMED: Effect.NOTE}
    conditions = {**DEFAULT_POLICY.conditions, Condition.NO_BASELINE: Effect.REVIEW}
    incomplete = {**DEFAULT_POLICY.incomplete, HEAD_TIMED_OUT: Effect.INCONCLUSIVE}
    variants = [
        DEFAULT_POLICY,
        dataclasses.replace(DEFAULT_POLICY, categories=categories),
        dataclasses.replace(DEFAULT_POLICY, conditions=conditions),
        dataclasses.replace(DEFAULT_POLICY, incomplete=incomplete),
        dataclasses.replace(DEFAULT_POLICY, findings=dict.fromkeys(DEFAULT_POLICY.findings, Effect.NOTE)),
        dataclasses.replace(DEFAULT_POLICY, protected_paths=()),
        dataclasses.replace(DEFAULT_POLICY, backup_patterns=()),
        dataclasses.replace(DEFAULT_POLICY, test_data_paths=()),
        dataclasses.replace(DEFAULT_POLICY, test_paths=("checks/**",)),
        dataclasses.replace(DEFAULT_POLICY, product_paths=("tests/product.py",)),
        dataclasses.replace(DEFAULT_POLICY, unmeasured_patterns=()),
    ]
    assert len(variants) == len({policy_digest(policy) for policy in variants})


def test_the_order_in_which_a_policy_is_written_does_not_change_its_digest() -> None:
    """Mappings are digested in a stated order."""
    turned = Policy(
        categories=dict(reversed([*DEFAULT_POLICY.categories.items()])),
        conditions=dict(reversed([*DEFAULT_POLICY.conditions.items()])),
        incomplete=dict(reversed([*DEFAULT_POLICY.incomplete.items()])),
        findings=dict(reversed([*DEFAULT_POLICY.findings.items()])),
        protected_paths=DEFAULT_POLICY.protected_paths,
        backup_patterns=DEFAULT_POLICY.backup_patterns,
        test_data_paths=DEFAULT_POLICY.test_data_paths,
        test_paths=DEFAULT_POLICY.test_paths,
        product_paths=DEFAULT_POLICY.product_paths,
        unmeasured_patterns=DEFAULT_POLICY.unmeasured_patterns,
    )
    assert policy_digest(DEFAULT_POLICY) == policy_digest(turned)


def test_a_missing_category_is_refused() -> None:
    """A policy says something about every category."""
    partial = {category: effect for category, effect in DEFAULT_POLICY.categories.items() if category.label != "flaky"}
    with pytest.raises(InvalidValue, match=r"policy\.categories: .*missing: \['flaky'\]"):
        dataclasses.replace(DEFAULT_POLICY, categories=partial)


def test_a_missing_finding_is_refused() -> None:
    """A policy says something about every finding."""
    with pytest.raises(InvalidValue, match=r"policy\.findings: "):
        dataclasses.replace(DEFAULT_POLICY, findings={})


def test_a_missing_condition_is_refused() -> None:
    """A policy says something about every condition."""
    with pytest.raises(InvalidValue, match=r"policy\.conditions: "):
        dataclasses.replace(DEFAULT_POLICY, conditions={})


def test_a_missing_incompleteness_is_refused() -> None:
    """A policy says something about every cause on every side."""
    with pytest.raises(InvalidValue, match=r"policy\.incomplete: .*base_cancelled"):
        dataclasses.replace(DEFAULT_POLICY, incomplete={})


@pytest.mark.parametrize(
    "cause",
    [cause for cause in DEFAULT_POLICY.incomplete if cause.side is not Side.REVERSE],
    ids=lambda cause: cause.label,
)
def test_no_policy_can_let_incomplete_evidence_pass(cause: Incomplete) -> None:
    """Every incompleteness of base and head is at least inconclusive, and one of the cross side a warning."""
    weak = Effect.NOTE if cause.side is Side.CROSS else Effect.REVIEW
    with pytest.raises(InvalidValue, match=rf"policy\.incomplete\.{cause.label}: {weak.label} is too weak"):
        dataclasses.replace(DEFAULT_POLICY, incomplete={**DEFAULT_POLICY.incomplete, cause: weak})


@pytest.mark.parametrize(
    "condition",
    [
        Condition.CHANGED_FILES_UNKNOWN,
        Condition.ZERO_TESTS,
        Condition.ZERO_TESTS_ON_BASE,
        Condition.NO_BASELINE_ZERO_TESTS,
        Condition.NO_BASELINE_BAD_TESTS,
        Condition.UNEXPLAINED_EXIT,
        Condition.ENVIRONMENTS_DIFFER,
    ],
)
def test_no_policy_can_let_unproven_conditions_pass(condition: Condition) -> None:
    """What proves nothing can be weakened to a review at most."""
    with pytest.raises(InvalidValue, match=condition.label):
        dataclasses.replace(DEFAULT_POLICY, conditions={**DEFAULT_POLICY.conditions, condition: Effect.WARN})


def test_unsorted_patterns_are_refused() -> None:
    """Patterns have one order, so that equal policies have equal digests."""
    with pytest.raises(InvalidValue, match=r"policy\.backup_patterns: must be strictly ascending"):
        dataclasses.replace(DEFAULT_POLICY, backup_patterns=("*.rej", "*.bak"))


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("conftest.py", "conftest.py", True),
        ("conftest.py", "a/b/conftest.py", True),
        ("conftest.py", "xconftest.py", False),
        ("conftest.py", "conftestxpy", False),
        ("*.pth", "a/.pth", True),
        ("*.pth", "a.pth/b", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        (".ci/**", ".ci/run", True),
        (".ci/**", ".ci/a/b", True),
        (".ci/**", ".ci", False),
        (".ci/**", "x/.ci/run", False),
        ("a/*.py", "a/b.py", True),
        ("a/*.py", "a/b/c.py", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("*.bak", "a\nb.bak", True),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    """Each pattern matches what it says, to the end of the path."""
    assert expected is (compile_patterns((pattern,)).fullmatch(path) is not None)


def test_without_patterns_nothing_matches() -> None:
    """The empty path included."""
    assert compile_patterns(()).fullmatch("") is None
