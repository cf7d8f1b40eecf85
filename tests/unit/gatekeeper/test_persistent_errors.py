"""A module that neither side can collect: what the reason says, and what a policy may make of it."""

import dataclasses

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Decision, Effect, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.value import Policy
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import NO_FILES, judge

OTHER = {"other.py::test_other": TestState.PASSED}
CAUSES = {
    "a.py": "ModuleNotFoundError: No module named 'one.two'",
    "b.py": "ModuleNotFoundError: No module named 'three'",
    "c.py": "ImportError: cannot import name 'x'",
    "d.py": "RuntimeError: d",
}
REST = (
    "so what the tests in it show is unknown; install what provides {} in the environment of both sides (--setup), or "
    "leave it out (--ignore)"
)


def decided(base: str, head: str, policy: Policy = DEFAULT_POLICY) -> Decision:
    """The decision when the modules named by these letters cannot be collected on the sides."""
    before, after = (
        make_evidence(OTHER, collectors={f"{name}.py": CollectorState.ERRORED for name in names}, causes=CAUSES)
        for names in (base, head)
    )
    return judge(before, after, NO_FILES, policy)


def test_the_message_says_why_and_what_to_install() -> None:
    """The cause is quoted, and the package that is missing is named."""
    (reason,) = decided("a", "a").reasons
    assert Verdict.BLOCK is decided("a", "a").verdict
    expected = (
        "1 module or package cannot be collected on either side (ModuleNotFoundError: No module named 'one.two'), "
    )
    assert expected + REST.format("one") == reason.message


def test_where_errors_only_became_fewer_that_stands_first() -> None:
    """A change that mends some of them hears that before it hears of the rest."""
    message = {reason.code.label: reason.message for reason in decided("abc", "b").reasons}
    assert message["persistent_collection_error"].startswith(
        "head mends 2 of the 3 collection errors of base; 1 module or package cannot"
    )


def test_beside_a_new_error_nothing_became_fewer() -> None:
    """Mended errors are no merit of a change that brings another one."""
    message = {reason.code.label: reason.message for reason in decided("ab", "ac").reasons}
    assert message["persistent_collection_error"].startswith("1 module or package cannot")


def test_some_causes_are_quoted_and_the_others_counted() -> None:
    """A message stays one that a person reads."""
    (reason,) = decided("abcd", "abcd").reasons
    assert "; ModuleNotFoundError: No module named 'three'; and 1 more cause), so" in reason.message
    assert "install what provides one, three in" in reason.message


def test_a_policy_may_lower_it() -> None:
    """Whoever knows that a module cannot be collected in this environment may live with it."""
    categories = {**DEFAULT_POLICY.categories, Category.PERSISTENT_COLLECTION_ERROR: Effect.WARN}
    policy = dataclasses.replace(DEFAULT_POLICY, categories=categories)
    assert Verdict.ALLOW is decided("a", "a", policy).verdict
