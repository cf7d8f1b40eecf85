"""What a side showed of a test: in its suite run, and in the retries."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from autopack_cli.explaining.suites import SideView
from autopack_clients.report import FullReport
from autopack_model.evidence.outcome import BAD, TestDetail, TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side

_WORSE = BAD | {TestState.FLAKY}


def test_view(full: FullReport, side: Side, evidence: Evidence, test_id: str) -> SideView:
    """The state of a test in the ``evidence`` of its side, and in how many retries it was in which. The message is the
    first one that says what went wrong, or else that of the suite run.
    """
    index = evidence.test_ids.find(test_id)
    if index is None:
        return SideView(side=side, state="absent", message="")
    retried = [
        (retry, place) for retry in full.retries.get(side, ()) if (place := retry.test_ids.find(test_id)) is not None
    ]
    state = evidence.state_of(index)
    shown = [(evidence, index), *retried] if state not in _WORSE else [(evidence, index)]
    worse = next(((run, place) for run, place in shown if run.state_of(place) in _WORSE), (evidence, index))
    detail = _detail(*worse)
    return SideView(
        side=side,
        state=state.label + _in_retries([retry.state_of(place) for retry, place in retried]),
        message="" if detail is None else detail.message,
    )


def _in_retries(states: Sequence[TestState]) -> str:
    if not states:
        return ""
    found = Counter(states)
    told = ", ".join(f"{found[state]} {state.label}" for state in TestState if state in found)
    return f"; in {len(states)} {'retry' if len(states) == 1 else 'retries'}: {told}"


def _detail(evidence: Evidence, index: int) -> TestDetail | None:
    position = bisect_left(evidence.details, index, key=lambda detail: detail.index)
    known = position < len(evidence.details) and evidence.details[position].index == index
    return evidence.details[position] if known else None
