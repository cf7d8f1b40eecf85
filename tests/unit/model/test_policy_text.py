"""Policies and waivers written as people write them."""

import tomllib
from dataclasses import replace
from datetime import date

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Effect
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.file import read_policy
from autopack_model.policy.text import differences, settings_of, waiver_text
from autopack_model.policy.waiver import Waiver


def test_a_written_waiver_is_read_back() -> None:
    """Quotes, backslashes and characters that TOML does not take survive."""
    waiver = Waiver(
        code=Category.REMOVED,
        subjects='tests/a.py::test["\\x7f", \x7f, ä]*',
        reason="one\ntwo",
        approver='the "owner"',
        expires=date(2030, 1, 31),
    )
    found = read_policy(waiver_text(waiver), "autopack.toml", in_project_file=False)
    assert found is not None
    assert (waiver,) == found.waivers


def test_a_shown_policy_is_toml() -> None:
    """Each setting can be put into a file as it is shown."""
    shown = "\n".join(f"{key} = {value}" for key, value in settings_of(replace(DEFAULT_POLICY, min_tests=1)))
    read = tomllib.loads(shown)
    assert (1, "block", "none") == (read["min_tests"], read["effects"]["removed"], read["effects"]["still_passing"])


def test_differences_name_both_sides() -> None:
    """What one policy says and the other does not is a dash."""
    categories = {**DEFAULT_POLICY.categories, Category.REMOVED: Effect.REVIEW}
    after = replace(DEFAULT_POLICY, categories=categories, min_tests=3)
    assert [("effects.removed", '"block"', '"review"'), ("min_tests", "-", "3")] == [
        *differences(DEFAULT_POLICY, after)
    ]
