"""What would turn a verdict."""

from dataclasses import replace

from autopack_cli.explaining.turning import turning
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete, Reason, ReasonCode, Verdict
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.identity.value import Side
from tests.contract.saturated import DECISION


def reason(code: ReasonCode, effect: Effect, *subjects: str) -> Reason:
    """A reason."""
    return Reason(code=code, effect=effect, subjects=subjects, message="said")


def told(*reasons: Reason) -> tuple[str, ...] | None:
    """The codes, the verdict without them, and the ways."""
    decision = replace(DECISION, reasons=tuple(sorted(reasons, key=lambda each: each.sort_key)))
    found = turning(decision, "run-1")
    return None if found is None else (found.verdict.name, *found.ways)


def test_an_allow_needs_no_turning() -> None:
    """Warnings and notes stand in no way."""
    assert None is told(reason(Category.STILL_FLAKY, Effect.WARN, "a"))


def test_the_strongest_reasons_alone_make_the_verdict() -> None:
    """Without the blocking reason the next strongest effect decides; a waiver or the policy lifts it."""
    assert (
        Verdict.NEEDS_HUMAN.name,
        "removed: a waiver: autopack waive run-1 --category removed --subjects 'a b' or b or c (and 1 more) ...",
        "removed: a policy of the base with effects.removed = 'warn'",
    ) == told(
        reason(Category.REMOVED, Effect.BLOCK, "a b", "b", "c", "d"),
        reason(Condition.PROTECTED_PATH, Effect.REVIEW, "tox.ini"),
    )


def test_a_review_takes_a_person() -> None:
    """What asks for a person is answered by one."""
    found = told(reason(Condition.BASE_REPAIRED, Effect.REVIEW))
    assert found is not None
    assert (Verdict.ALLOW.name, "base_repaired: a person says yes: autopack approve run-1 --reason ...") == found[:2]


def test_what_proves_nothing_is_repaired() -> None:
    """No policy and no waiver lifts an incompleteness or a floor, and the reason for it is said."""
    cancelled = Incomplete(side=Side.BASE, reason=IncompleteReason.CANCELLED)
    found = told(reason(cancelled, Effect.INCONCLUSIVE))
    assert found is not None
    assert found[1].startswith("base_cancelled: no policy and no waiver lifts it (what did not run to its end")
