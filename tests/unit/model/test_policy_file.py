"""Policies as people write them."""

from datetime import date

import pytest

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.finding.value import FindingRule
from autopack_model.gate_configuration.value import ConfigurationRefused
from autopack_model.identity.value import Side
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.file import CODES, PolicyFile, read_policy, terms_of
from autopack_model.policy.floors import MAY_BE_SILENT
from autopack_model.policy.value import INCOMPLETES
from autopack_model.policy.waiver import Waiver

DAY = date(2030, 1, 1)
WAIVER = """
[[waiver]]
category = "removed"
subjects = "tests/test_a.py::*"
reason = "the feature is gone"
approver = "the owner"
expires = 2030-01-31
"""


def read(text: str) -> PolicyFile:
    """What ``text`` says as autopack.toml."""
    found = read_policy(text, "autopack.toml", in_project_file=False)
    assert found is not None
    return found


def refusal(text: str) -> str:
    """Why ``text`` is refused."""
    with pytest.raises(ConfigurationRefused) as caught:
        read_policy(text, "autopack.toml", in_project_file=False)
    return caught.value.message


def test_labels_of_codes_are_unique() -> None:
    """The label of a code is enough to name it in a policy."""
    assert len(Category) + len(Condition) + len(INCOMPLETES) + len(FindingRule) == len(CODES)


def test_what_a_policy_does_not_say_stays_as_it_is() -> None:
    """An empty table is the default policy."""
    assert DEFAULT_POLICY == read("[policy]").policy


def test_each_kind_of_code_takes_an_effect() -> None:
    """Effects are by the label of a category, a condition or an incompleteness, and no effect at all is none."""
    policy = read(
        "[policy.effects]\nremoved = 'review'\nunmuted = 'none'\nprotected_path = 'block'\n"
        "head_timed_out = 'inconclusive'\nmute_added = 'note'"
    ).policy
    timed_out = Incomplete(side=Side.HEAD, reason=IncompleteReason.TIMED_OUT)
    assert (Effect.REVIEW, None, Effect.BLOCK, Effect.INCONCLUSIVE, Effect.NOTE) == tuple(
        policy.effect(code)
        for code in (
            Category.REMOVED,
            Category.UNMUTED,
            Condition.PROTECTED_PATH,
            timed_out,
            FindingRule.MUTE_ADDED,
        )
    )


def test_paths_are_added_and_taken_away() -> None:
    """Protected paths come to those of the default policy; the others are what the policy says."""
    policy = read(
        "[policy]\nprotected_paths = ['infra/**']\nunprotected_paths = ['tox.ini']\ntest_paths = ['./checks/**']\n"
        "product_paths = ['b', 'a', 'a']\nignored_paths = ['old/**']\nmin_tests = 3\nmax_new_skips = 0"
    ).policy
    assert {*DEFAULT_POLICY.protected_paths, "infra/**"} == set(policy.protected_paths)
    assert (("tox.ini",), ("checks/**",), ("a", "b"), ("old/**",)) == (
        policy.unprotected_paths,
        policy.test_paths,
        policy.product_paths,
        policy.ignored_paths,
    )
    assert (3, 0) == (policy.min_tests, policy.max_new_skips)


def test_waivers_are_read_in_one_order() -> None:
    """The order of the file does not matter, and the same waiver twice is one."""
    other = WAIVER.replace("removed", "newly_muted").replace("2030-01-31", "'2030-02-01'")
    waivers = read(WAIVER + other + WAIVER).waivers
    assert waivers == read(other + WAIVER).waivers
    assert [
        Waiver(
            code=Category.NEWLY_MUTED,
            subjects="tests/test_a.py::*",
            reason="the feature is gone",
            approver="the owner",
            expires=date(2030, 2, 1),
        ),
        Waiver(
            code=Category.REMOVED,
            subjects="tests/test_a.py::*",
            reason="the feature is gone",
            approver="the owner",
            expires=date(2030, 1, 31),
        ),
    ] == list(waivers)


def test_a_file_without_either_table_has_no_policy() -> None:
    """The configuration of the tests alone says nothing of a policy, and neither does a project file of others."""
    assert None is read_policy("[gate]\nsetup = 'make'", "autopack.toml", in_project_file=False)
    assert None is read_policy("[tool.other]\nautopack = 1", "pyproject.toml", in_project_file=True)
    assert None is not read_policy("[tool.autopack.policy]\nmin_tests = 1", "pyproject.toml", in_project_file=True)


def test_terms_name_their_source() -> None:
    """The terms of a decision hold what the file says, and the default policy where there is none."""
    terms, default = terms_of(read(WAIVER), DAY), terms_of(None, DAY)
    assert ("autopack.toml", 1, DAY) == (terms.source, len(terms.waivers), terms.day)
    assert ("default", DEFAULT_POLICY, ()) == (default.source, default.policy, default.waivers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[policy.effects]\nremovd = 'warn'", "'removd' is not a code of policy.effects; did you mean 'removed'?"),
        ("[policy.effects]\nxyzzy = 'warn'", "'xyzzy' is not a code of policy.effects; docs/rules.md lists them"),
        ("[policy.effects]\nremoved = 'mild'", "policy.effects.removed is 'mild'; use one of none, note, warn, review"),
        ("[policy.effects]\nremoved = ['warn']", "policy.effects.removed is a list; use one of"),
        (
            "[policy.effects]\nnewly_failing = 'warn'",
            "policy.effects.newly_failing = 'warn' is too weak; at least review is needed, because a test that the "
            "change breaks is what a gate is for",
        ),
        ("[policy.effects]\nremoved = 'none'", "at least note is needed, because only what is harmless may give no"),
        ("[policy.effects]\nzero_tests = 'none'", "at least review is needed, because nothing was shown then"),
        (
            "[policy.effects]\nbase_killed = 'review'",
            "at least inconclusive is needed, because what did not run to its",
        ),
        ("[policy]\nmin_test = 1", "'min_test' is not a key of policy; did you mean 'min_tests'?"),
        ("[policy]\nmin_tests = true", "min_tests is true or false; it has to be a number from 0 to 1000000000"),
        ("[policy]\nmax_new_skips = -1", "max_new_skips is -1; it has to be a number from 0 to 1000000000"),
        ("[policy]\nignored_paths = 'a'", "ignored_paths is a string; it has to be a list of strings"),
        ("[policy]\nignored_paths = [1]", "ignored_paths is a number; it has to be a string"),
        ("[policy]\nignored_paths = ['']", "ignored_paths holds ''; a pattern is relative to the repository root"),
        ("[policy]\nunprotected_paths = ['*.toml']", "match autopack.toml, which says what the policy is"),
        ("policy = 1", "policy is a number; it has to be a table"),
        ("waiver = 1", "waiver is a number; write [[waiver]]"),
        ("[[waiver]]\n" * 1001, "has 1001 waivers; at most 1000 may be"),
        ("[[waiver]]", "waiver 1 has no category; a waiver needs category, subjects, reason, approver, expires"),
        (WAIVER + "by = 1", "waiver 1: 'by' is not a key of a waiver; known are category"),
        (WAIVER.replace("removed", "removd"), "waiver 1: 'removd' is not a code; did you mean 'removed'?"),
        (WAIVER.replace("removed", "head_killed"), "waiver 1: head_killed cannot be waived: what did not run to its"),
        (WAIVER.replace("removed", "zero_tests"), "waiver 1: category zero_tests cannot be waived: nothing was shown"),
        (WAIVER.replace('"removed"', "1"), "waiver 1: category is a number; it has to be a string"),
        (WAIVER.replace("2030-01-31", "'soon'"), "waiver 1: expires is 'soon'; write a date, 2030-12-31"),
        (WAIVER.replace("2030-01-31", "2030-01-31T00:00:00"), "waiver 1: expires is a date or time; write a date"),
        (WAIVER.replace("the feature is gone", " "), "waiver 1: reason is empty; say why"),
        (WAIVER.replace("the owner", " "), "waiver 1: approver is empty; name who approves"),
    ],
)
def test_what_a_policy_cannot_say_is_refused(text: str, message: str) -> None:
    """A mistake is named with the file, the key and what to do; a floor that would be broken with its reason."""
    said = refusal(text)
    assert "autopack.toml" in said
    assert message in said


def test_what_gives_no_reason_by_default_may_give_none() -> None:
    """Each category that is silent in the default policy may be, and none that blocks or asks."""
    effects = DEFAULT_POLICY.categories
    assert {category for category, effect in effects.items() if effect is None} <= MAY_BE_SILENT
    assert all((effects[category] or Effect.NOTE) <= Effect.WARN for category in MAY_BE_SILENT)
