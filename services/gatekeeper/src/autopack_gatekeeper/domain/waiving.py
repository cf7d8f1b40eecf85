"""What waivers lift: they make a reason milder for the subjects that they match, and are reported themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from autopack_model.decision.messages import condition_message
from autopack_model.decision.value import Condition, Effect, Reason
from autopack_model.policy.terms import Terms
from autopack_model.policy.waiver import Waiver


def with_waivers(reasons: Iterable[Reason], terms: Terms) -> Iterator[Reason]:
    """The ``reasons``; of one that is stronger than a warning, the subjects that a waiver matches are in a warning of
    their own, which says whose waiver it is. Waivers that lift nothing and such as have run out give a reason each.

    Nothing lifts an incompleteness. A waiver matches a reason without subjects when it matches the empty text.
    """
    in_force = [waiver for waiver in terms.waivers if not waiver.expired(terms.day)]
    used: set[Waiver] = set()
    for reason in reasons:
        yield from _waived(reason, in_force, used)
    yield from _reported(Condition.WAIVER_UNUSED, (each for each in in_force if each not in used), terms)
    yield from _reported(Condition.WAIVER_EXPIRED, (each for each in terms.waivers if each.expired(terms.day)), terms)


def _waived(reason: Reason, in_force: Iterable[Waiver], used: set[Waiver]) -> Iterator[Reason]:
    waivers = [waiver for waiver in in_force if waiver.code is reason.code and reason.effect > Effect.WARN]
    left, whole = list(reason.subjects), not reason.subjects
    for waiver in waivers:
        covered = tuple(subject for subject in left if waiver.matches(subject))
        if not covered and not (whole and waiver.matches("")):
            continue
        used.add(waiver)
        whole = False
        left = [subject for subject in left if not waiver.matches(subject)]
        yield replace(reason, effect=Effect.WARN, subjects=covered, message=_message(waiver, reason, len(covered)))
    if left or whole:
        lifted = len(reason.subjects) - len(left)
        yield replace(
            reason,
            subjects=tuple(left),
            message=f"{reason.message}; {lifted} of them waived" if lifted else reason.message,
        )


def _message(waiver: Waiver, reason: Reason, count: int) -> str:
    those = f"{count} of " if count != len(reason.subjects) else ""
    return f"waived by {waiver.approver} until {waiver.expires.isoformat()} ({waiver.reason}): {those}{reason.message}"


def _reported(condition: Condition, waivers: Iterable[Waiver], terms: Terms) -> Iterator[Reason]:
    subjects = {f"{waiver.code.label} {waiver.subjects}" for waiver in waivers}
    if subjects:
        yield Reason(
            code=condition,
            effect=terms.policy.conditions[condition],
            subjects=tuple(sorted(subjects)),
            message=condition_message(condition, len(subjects)),
        )
