"""Environments that differ beyond the change speak against nobody, and are named."""

import dataclasses

import pytest

from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Condition, Decision, Verdict
from autopack_model.evidence.document import facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_environment, make_evidence, make_setup
from tests.fakes.judging import judge

PASSED, FAILED, SKIPPED = TestState.PASSED, TestState.FAILED, TestState.SKIPPED
ONE = {"tests/test_a.py::test_x": PASSED, "tests/test_a.py::test_z": PASSED}


def within(
    evidence: Evidence, *distributions: str, python_version: str = "3.11.7", moved: tuple[str, ...] = ()
) -> Evidence:
    """The evidence, as if measured with these distributions, of which the change accounts for ``moved``."""
    run = dataclasses.replace(
        evidence.suite_run,
        environment=make_environment(distributions=distributions, python_version=python_version),
        setup=make_setup(moved=moved),
    )
    return dataclasses.replace(evidence, suite_run=run)


def told(decision: Decision) -> dict[str, str]:
    """Effect by code of every reason."""
    return {reason.code.label: reason.effect.label for reason in decision.reasons}


BASE = within(make_evidence(ONE), "acme==1.0", "pytest==9.0.0")
NEWLY_BAD = {
    "newly_failing": make_evidence({**ONE, "tests/test_a.py::test_x": FAILED}),
    "newly_muted": make_evidence({**ONE, "tests/test_a.py::test_x": SKIPPED}),
    "new_collection_error": make_evidence(ONE, collectors={"tests/test_b.py": CollectorState.ERRORED}),
    "added_failing": make_evidence({**ONE, "tests/test_a.py::test_y": FAILED}),
    "head_usage_error": make_evidence({}, exit_code=4),
    "unexplained_exit": make_evidence(ONE, exit_code=1),
}


@pytest.mark.parametrize("code", NEWLY_BAD)
def test_what_another_version_can_explain_is_inconclusive(code: str) -> None:
    """What became bad beside a version that the change did not move speaks against nobody; the versions are named."""
    decision = judge(BASE, within(NEWLY_BAD[code], "acme==1.1", "pytest==9.0.0"))

    assert {code: "inconclusive", "environments_differ": "inconclusive"} == told(decision)
    assert Verdict.INCONCLUSIVE is decision.verdict
    differing = next(reason for reason in decision.reasons if reason.code is Condition.ENVIRONMENTS_DIFFER)
    assert ("acme 1.0 on base, 1.1 on head",) == differing.subjects


@pytest.mark.parametrize("code", NEWLY_BAD)
def test_a_version_that_the_change_moved_excuses_nothing(code: str) -> None:
    """What the change itself moved is the change."""
    decision = judge(BASE, within(NEWLY_BAD[code], "acme==1.1", "pytest==9.0.0", moved=("acme",)))

    assert {code: "block"} == told(decision)


def test_without_newly_bad_tests_the_difference_is_a_note() -> None:
    """A difference that did no harm is told, and stands in nobody's way."""
    decision = judge(BASE, within(make_evidence(ONE), "acme==1.1", "beta==2 @ file:///here", python_version="3.12.0"))

    assert {"environments_differ": "note"} == told(decision)
    assert Verdict.ALLOW is decision.verdict
    assert (
        "acme 1.0 on base, 1.1 on head",
        "beta 2 only on head",
        "pytest 9.0.0 only on base",
        "python CPython 3.11.7 on base, CPython 3.12.0 on head",
    ) == decision.reasons[0].subjects


def test_a_test_that_is_gone_is_no_matter_of_versions() -> None:
    """No release deletes a test, so a removal blocks whatever else differs."""
    head = within(make_evidence({"tests/test_a.py::test_y": PASSED}), "acme==1.1", "pytest==9.0.0")

    assert {"removed": "block", "environments_differ": "note"} == told(judge(BASE, head))


def test_a_head_that_was_not_set_up_has_no_environment_to_compare() -> None:
    """A setup command that fails on head alone blocks, although its interpreter has other distributions."""
    head = make_evidence({}, setup=make_setup(exit_code=1), exit_code=None)

    assert {"head_setup_failed": "block"} == told(judge(BASE, head))


def test_a_policy_that_blocks_on_the_difference_lowers_nothing() -> None:
    """The effect of the condition is the strongest that the suspected reasons keep."""
    conditions = {
        **DEFAULT_POLICY.conditions,
        Condition.ENVIRONMENTS_DIFFER: DEFAULT_POLICY.conditions[Condition.ZERO_TESTS],
    }
    policy = dataclasses.replace(DEFAULT_POLICY, conditions=conditions)
    head = within(NEWLY_BAD["newly_failing"], "acme==1.1", "pytest==9.0.0")

    assert {"newly_failing": "block", "environments_differ": "block"} == told(
        judge(BASE, head, ChangedFiles.of(()), policy)
    )


def test_the_facts_tell_versions_and_not_places() -> None:
    """Two machines that install the same versions from different places have the same facts."""
    first, second = (within(make_evidence(ONE), f"acme==1.0 @ file:///{place}") for place in ("here", "there"))
    other = within(make_evidence(ONE), "acme==1.1")

    assert facts_digest(first) == facts_digest(second)
    assert facts_digest(first) != facts_digest(other)


@pytest.mark.parametrize(
    ("on_base", "on_head", "expected"),
    [
        ({}, {"tests/test_a.py": "file 1"}, {"setup_changed_files": "review"}),
        ({"tests/test_a.py": "file 1"}, {"tests/test_a.py": "file 1"}, {}),
        ({"tests/test_a.py": "file 1"}, {"tests/test_a.py": "file 2"}, {"setup_changed_files": "review"}),
        ({}, {"shop/money.py": ""}, {"setup_changed_files": "review"}),
        ({}, {"uv.lock": "file 1"}, {"setup_changed_metadata": "warn"}),
        ({"shop/_version.py": "file 1"}, {"shop/_version.py": "file 2"}, {"setup_changed_metadata": "warn"}),
        ({}, {"shop/_version.py": "file 1"}, {"setup_changed_files": "review"}),
        ({"tests/test_a.py": "file 1"}, {}, {}),
    ],
)
def test_what_the_setup_does_to_the_worktree(
    on_base: dict[str, str], on_head: dict[str, str], expected: dict[str, str]
) -> None:
    """A setup that edits on head what it does not edit alike on base needs a person; locks and versions warn."""
    base = make_evidence(ONE, setup=make_setup(changed_files=on_base))
    head = make_evidence(ONE, setup=make_setup(changed_files=on_head))

    assert expected == told(judge(base, head))
