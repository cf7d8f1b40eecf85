"""Whether both sides ran in the same environment, and what it means when they did not.

A release between the two set-ups can break a test that no candidate touched. So where the environments differ beyond
what the change accounts for, what became bad on head speaks against nobody: it makes the decision inconclusive.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from autopack_gatekeeper.domain.case import Case
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete, Reason, ReasonCode
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.identity.value import Side
from autopack_model.suite_run.value import Environment, SuiteRun

INTERPRETER: Final = "python"
"""The name that stands for the interpreter among the distributions for whose difference a change accounts."""

_NOT_SET_UP = frozenset({IncompleteReason.SETUP_FAILED, IncompleteReason.SETUP_NOT_RUN})
# What another environment can bring about. A test that is gone, or that failed before and is muted, is none of it.
_NEWLY_BAD = frozenset(
    {
        Category.NEWLY_FAILING,
        Category.NEWLY_FLAKY,
        Category.NEWLY_MUTED,
        Category.NEW_COLLECTION_ERROR,
        Category.ADDED_FAILING,
        Category.ADDED_FLAKY,
        Category.FLAKY_FAILING,
    }
)


def environment_differences(base: SuiteRun, head: SuiteRun) -> tuple[str, ...]:
    """What differs between the environments of two suite runs beyond the change, in words, ascending: ``acme 1.0 on
    base, 1.1 on head``. The setup of head says what the change accounts for.
    """
    excused = frozenset(() if head.setup is None else head.setup.moved)
    before, after = _versions(base.environment), _versions(head.environment)
    return tuple(
        sorted(
            _difference(name, before.get(name), after.get(name))
            for name in before.keys() | after.keys()
            if name not in excused and before.get(name) != after.get(name)
        )
    )


def with_environments(case: Case, reasons: Iterable[Reason]) -> Iterator[Reason]:
    """The ``reasons``; where the environments differ beyond the change, with one that names the differences, and with
    those that another environment can explain no stronger than that one.
    """
    differences = _differences(case)
    if not differences:
        yield from reasons
        return
    strongest = case.policy.conditions[Condition.ENVIRONMENTS_DIFFER]
    suspected = False
    for reason in reasons:
        suspect = _can_come_from_elsewhere(reason.code)
        suspected = suspected or suspect
        yield replace(reason, effect=min(reason.effect, strongest)) if suspect else reason
    differing = case.reason(Condition.ENVIRONMENTS_DIFFER, differences, n=len(differences))
    yield differing if suspected else replace(differing, effect=Effect.NOTE)


def _differences(case: Case) -> tuple[str, ...]:
    if case.base is None or not case.base_complete or case.head.completeness.reason in _NOT_SET_UP:
        return ()
    return environment_differences(case.base.evidence.suite_run, case.head.evidence.suite_run)


def _can_come_from_elsewhere(code: ReasonCode) -> bool:
    if isinstance(code, Incomplete):
        return code.side is Side.HEAD
    # A member of another enumeration can be equal to one of _NEWLY_BAD.
    return (isinstance(code, Category) and code in _NEWLY_BAD) or code is Condition.UNEXPLAINED_EXIT


def _versions(environment: Environment) -> dict[str, str]:
    """Version by name, of the interpreter and of each distribution; without where a distribution comes from."""
    installed = (distribution.partition(" @ ")[0].partition("==") for distribution in environment.distributions)
    interpreter = f"{environment.implementation} {environment.python_version}"
    return {INTERPRETER: interpreter, **{name: version for name, _, version in installed}}


def _difference(name: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{name} {after} only on head"
    if after is None:
        return f"{name} {before} only on base"
    return f"{name} {before} on base, {after} on head"
