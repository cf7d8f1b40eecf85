"""Policies and waivers as people write them: TOML out of values."""

import json
from collections.abc import Iterator

from autopack_model.decision.value import Effect
from autopack_model.policy.file import CODES, SILENT
from autopack_model.policy.value import PATTERN_LISTS, Policy
from autopack_model.policy.waiver import Waiver


def waiver_text(waiver: Waiver) -> str:
    """The entry of a waiver, with a line feed at its end; inside of a pyproject.toml the name of the table differs."""
    return (
        "[[waiver]]\n"
        f"category = {_string(waiver.code.label)}\n"
        f"subjects = {_string(waiver.subjects)}\n"
        f"reason = {_string(waiver.reason)}\n"
        f"approver = {_string(waiver.approver)}\n"
        f"expires = {waiver.expires.isoformat()}\n"
    )


def settings_of(policy: Policy) -> Iterator[tuple[str, str]]:
    """Each thing that a policy says, by its key, in TOML; counts that it does not limit are left out."""
    for label, code in CODES.items():
        yield f"effects.{label}", _string(effect_word(policy.effect(code)))
    for name in PATTERN_LISTS:
        patterns: tuple[str, ...] = getattr(policy, name)
        yield name, f"[{', '.join(map(_string, patterns))}]"
    for name, count in (("min_tests", policy.min_tests), ("max_new_skips", policy.max_new_skips)):
        if count is not None:
            yield name, str(count)


def differences(before: Policy, after: Policy) -> Iterator[tuple[str, str, str]]:
    """What differs between two policies: the key, what was said, what is said; nothing said is ``-``."""
    old, new = dict(settings_of(before)), dict(settings_of(after))
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            yield key, old.get(key, "-"), new.get(key, "-")


def effect_word(effect: Effect | None) -> str:
    """How a policy writes an effect."""
    return SILENT if effect is None else effect.label


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
