"""The smallest change that would turn a verdict."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_model.decision.value import VERDICTS, Decision, Effect, Incomplete, Reason, Verdict
from autopack_model.policy.floors import floor_of
from autopack_model.policy.waiver import is_waivable

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Turning:
    """What stands in the way: without the ``reasons`` the verdict is ``verdict``. ``ways`` say what does away with
    each of them.
    """

    reasons: tuple[Reason, ...]
    verdict: Verdict
    ways: tuple[str, ...]


def turning(decision: Decision, run_id: str) -> Turning | None:
    """The reasons that alone make the verdict, and what does away with them; None for an ALLOW."""
    strongest = max((reason.effect for reason in decision.reasons), default=Effect.NOTE)
    if strongest <= Effect.WARN:
        return None
    reasons = tuple(reason for reason in decision.reasons if reason.effect is strongest)
    rest = max((reason.effect for reason in decision.reasons if reason.effect is not strongest), default=Effect.NOTE)
    ways = tuple(way for reason in reasons for way in _ways(reason, run_id))
    return Turning(reasons=reasons, verdict=VERDICTS[rest], ways=ways)


def _ways(reason: Reason, run_id: str) -> Iterator[str]:
    code, floor = reason.code, floor_of(reason.code)
    if reason.effect is Effect.REVIEW:
        yield f"{code.label}: a person says yes: autopack approve {run_id} --reason ..."
    waivable = not isinstance(code, Incomplete) and is_waivable(code)
    if waivable:
        subjects = " or ".join(shlex.quote(subject) for subject in reason.subjects[:_SHOWN]) or "'*'"
        more = f" (and {len(reason.subjects) - _SHOWN} more)" if len(reason.subjects) > _SHOWN else ""
        yield f"{code.label}: a waiver: autopack waive {run_id} --category {code.label} --subjects {subjects}{more} ..."
    if floor.effect < reason.effect:
        milder = max(floor.effect, Effect.WARN)
        yield f"{code.label}: a policy of the base with effects.{code.label} = {milder.label!r}"
    if not waivable and floor.effect >= reason.effect:
        yield f"{code.label}: no policy and no waiver lifts it ({floor.why}); repair it, and gate again"
