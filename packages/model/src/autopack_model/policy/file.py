"""Reading a policy: the tables ``policy`` and ``waiver`` of a configuration in, the policy and its waivers out.

The keys are published as ``docs/autopack.schema.json``. What the tables do not say is as in the default policy.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, TypeVar

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete, ReasonCode
from autopack_model.errors import InvalidValue
from autopack_model.finding.value import FindingRule
from autopack_model.gate_configuration.tables import kind_of, refuse_unknown, table_of, tables_of
from autopack_model.gate_configuration.value import ConfigurationRefused
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.floors import breach, floor_of
from autopack_model.policy.terms import Terms, default_terms
from autopack_model.policy.value import INCOMPLETES, MAX_COUNT, Policy
from autopack_model.policy.waiver import MAX_WAIVERS, Waiver

KEYS: Final = (
    "effects",
    "protected_paths",
    "unprotected_paths",
    "test_paths",
    "product_paths",
    "ignored_paths",
    "min_tests",
    "max_new_skips",
)
WAIVER_KEYS: Final = ("category", "subjects", "reason", "approver", "expires")
SILENT: Final = "none"
"""What stands for no effect at all."""

CODES: Final[Mapping[str, ReasonCode]] = {
    code.label: code for code in (*Category, *Condition, *INCOMPLETES, *FindingRule)
}
"""Every code by its label."""

EFFECTS: Final = (SILENT, *(effect.label for effect in Effect))
_LISTED: Final = "docs/rules.md lists them"
ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """What a file says: the ``policy`` as it changes the default one, and the ``waivers`` in their order. ``source`` is
    how messages call the file.
    """

    source: str
    policy: Policy
    waivers: tuple[Waiver, ...]


def read_policy(text: str, source: str, *, in_project_file: bool) -> PolicyFile | None:
    """The policy in ``text``, or in its table ``tool.autopack`` where the file is a pyproject.toml; None where it says
    nothing of one. ``source`` is how messages call the file. Raises ConfigurationRefused.
    """
    tables = tables_of(text, source, in_project_file=in_project_file)
    if "policy" not in tables and "waiver" not in tables:
        return None
    table = table_of(tables.get("policy", {}), f"{source}: policy")
    refuse_unknown(table, KEYS, source, "key of policy")
    waivers = tables.get("waiver", [])
    if not isinstance(waivers, list):
        raise ConfigurationRefused(f"{source}: waiver is {kind_of(waivers)}; write [[waiver]]", subject="waiver")
    if len(waivers) > MAX_WAIVERS:
        raise ConfigurationRefused(
            f"{source} has {len(waivers)} waivers; at most {MAX_WAIVERS} may be", subject="waiver"
        )
    read = {_waiver(each, f"{source}: waiver {number}") for number, each in enumerate(waivers, start=1)}
    return PolicyFile(
        source=source, policy=_policy(table, source), waivers=tuple(sorted(read, key=lambda each: each.sort_key))
    )


def terms_of(file: PolicyFile | None, day: date) -> Terms:
    """The terms of a decision on ``day`` under what a file says; the default ones for None."""
    if file is None:
        return default_terms(day)
    return Terms(policy=file.policy, waivers=file.waivers, day=day, source=file.source)


def _policy(table: Mapping[str, object], source: str) -> Policy:
    effects = _effects(table_of(table.get("effects", {}), f"{source}: policy.effects"), source)
    changed = {name: _key(table, name, source, _patterns) or () for name in KEYS if name.endswith("_paths")}
    protected = {*DEFAULT_POLICY.protected_paths, *changed.pop("protected_paths")}
    try:
        return replace(
            DEFAULT_POLICY,
            categories={code: effects.get(code.label, effect) for code, effect in DEFAULT_POLICY.categories.items()},
            conditions={code: effects.get(code.label) or effect for code, effect in DEFAULT_POLICY.conditions.items()},
            incomplete={code: effects.get(code.label) or effect for code, effect in DEFAULT_POLICY.incomplete.items()},
            findings={code: effects.get(code.label) or effect for code, effect in DEFAULT_POLICY.findings.items()},
            protected_paths=tuple(sorted(protected)),
            unprotected_paths=changed["unprotected_paths"],
            test_paths=changed["test_paths"],
            product_paths=changed["product_paths"],
            ignored_paths=changed["ignored_paths"],
            min_tests=_key(table, "min_tests", source, _count),
            max_new_skips=_key(table, "max_new_skips", source, _count),
        )
    except InvalidValue as error:
        raise ConfigurationRefused(f"{source}: {error.path} {error.problem}", subject=error.path) from error


def _effects(table: Mapping[str, object], source: str) -> dict[str, Effect | None]:
    """Effects by the labels of codes: members of different enumerations can be equal, labels cannot."""
    refuse_unknown(table, tuple(CODES), source, "code of policy.effects", hint=_LISTED)
    return {label: _effect(CODES[label], value, source) for label, value in table.items()}


def _effect(code: ReasonCode, value: object, source: str) -> Effect | None:
    where = f"{source}: policy.effects.{code.label}"
    if value not in EFFECTS:
        said = repr(value[:80]) if isinstance(value, str) else kind_of(value)
        raise ConfigurationRefused(f"{where} is {said}; use one of {', '.join(EFFECTS)}", subject=code.label)
    effect = None if value == SILENT else Effect[str(value).upper()]
    broken = breach(code, effect)
    if broken is not None:
        raise ConfigurationRefused(
            f"{where} = {str(value)!r} is too weak; at least {broken.effect.label} is needed, because {broken.why}",
            subject=code.label,
        )
    return effect


def _waiver(value: object, place: str) -> Waiver:
    table = table_of(value, place)
    refuse_unknown(table, WAIVER_KEYS, place, "key of a waiver")
    for name in WAIVER_KEYS:
        if name not in table:
            raise ConfigurationRefused(f"{place} has no {name}; a waiver needs {', '.join(WAIVER_KEYS)}", subject=name)
    label = _key(table, "category", place, _text)
    refuse_unknown({label or "": None}, tuple(CODES), place, "code", hint=_LISTED)
    code = CODES[label or ""]
    if isinstance(code, Incomplete):
        raise ConfigurationRefused(f"{place}: {label} cannot be waived: {floor_of(code).why}", subject="category")
    try:
        return Waiver(
            code=code,
            subjects=_key(table, "subjects", place, _text) or "",
            reason=_key(table, "reason", place, _text) or "",
            approver=_key(table, "approver", place, _text) or "",
            expires=_key(table, "expires", place, _day) or date.min,
        )
    except InvalidValue as error:
        raise ConfigurationRefused(f"{place}: {error.path} {error.problem}", subject=error.path) from error


def _key(table: Mapping[str, object], name: str, place: str, read: Callable[[object], ReadT]) -> ReadT | None:
    if name not in table:
        return None
    try:
        return read(table[name])
    except InvalidValue as error:
        raise ConfigurationRefused(f"{place}: {name} {error.problem}", subject=name) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue("", f"is {kind_of(value)}; it has to be a string")
    return value


def _patterns(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidValue("", f"is {kind_of(value)}; it has to be a list of strings")
    return tuple(sorted(set(_each(value))))


def _each(values: list[object]) -> Iterator[str]:
    for value in values:
        text = _text(value)
        if not text or text.startswith("/") or "\0" in text:
            raise InvalidValue("", f"holds {text[:80]!r}; a pattern is relative to the repository root, and not empty")
        yield text.removeprefix("./")


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        said = str(value) if isinstance(value, int) and not isinstance(value, bool) else kind_of(value)
        raise InvalidValue("", f"is {said}; it has to be a number from 0 to {MAX_COUNT}")
    return value


def _day(value: object) -> date:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError as error:
            raise InvalidValue("", f"is {str(value)[:80]!r}; write a date, 2030-12-31") from error
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidValue("", f"is {kind_of(value)}; write a date, 2030-12-31")
    return value
