"""Whether a suite run proves anything: computed from its facts, never claimed (docs/rules.md)."""

from dataclasses import dataclass

from autopack_model.evidence.outcome import BAD, TestState
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.labels import Labelled
from autopack_model.suite_run.value import BindingState, CollectorState, StreamState


class IncompleteReason(Labelled):
    """Why a suite run is not evidence. Numbers as in ``autopack.results.v1.IncompleteReason``."""

    CANCELLED = 1
    SETUP_FAILED = 2
    TIMED_OUT = 3
    KILLED = 4
    NOT_STARTED = 5
    INTERRUPTED = 6
    INTERNAL_ERROR = 7
    USAGE_ERROR = 8
    UNEXPECTED_EXIT = 9
    RECORDER_MISSING = 10
    STREAM_MALFORMED = 11
    STREAM_TRUNCATED = 12
    SESSION_UNFINISHED = 13
    EXIT_CONTRADICTION = 14
    OUTCOME_CONTRADICTION = 15
    TESTS_NOT_RUN = 16
    FOREIGN_TREE = 17
    TREE_UNVERIFIED = 18
    BEFORE_SIDE_FAILED = 19
    FOLDER_MISSING = 20
    SETUP_NOT_RUN = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """The verdict on one suite run's evidence. ``reason`` is None exactly when it is complete.

    ``unexplained_exit`` marks a complete suite run that exited with 1 though nothing that was recorded failed.
    """

    reason: IncompleteReason | None
    unexplained_exit: bool

    @property
    def complete(self) -> bool:
        """Whether the suite provably ran to its end."""
        return self.reason is None


_EXIT_REASONS = {
    2: IncompleteReason.INTERRUPTED,
    3: IncompleteReason.INTERNAL_ERROR,
    4: IncompleteReason.USAGE_ERROR,
}


def assess(evidence: Evidence | EvidenceColumns) -> Completeness:
    """Compute the completeness of ``evidence``; the first rule that is violated names the reason."""
    reason = _process_reason(evidence) or _session_reason(evidence) or _outcome_reason(evidence)
    return Completeness(
        reason=reason,
        unexplained_exit=reason is None
        and evidence.suite_run.exit_code == 1
        and not _has_failure(evidence)
        and TestState.FLAKY not in evidence.states,
    )


def _process_reason(evidence: Evidence | EvidenceColumns) -> IncompleteReason | None:
    process, setup = evidence.suite_run.process, evidence.suite_run.setup
    if process.cancelled:
        return IncompleteReason.CANCELLED
    if setup is not None and setup.not_run:
        return IncompleteReason.SETUP_NOT_RUN
    if setup is not None and setup.exit_code != 0:
        return IncompleteReason.SETUP_FAILED
    if evidence.suite_run.folder_missing:
        return IncompleteReason.FOLDER_MISSING
    if evidence.suite_run.before_side is not None and evidence.suite_run.before_side.exit_code != 0:
        return IncompleteReason.BEFORE_SIDE_FAILED
    if process.timed_out:
        return IncompleteReason.TIMED_OUT
    if process.signal is not None:
        return IncompleteReason.KILLED
    exit_code = evidence.suite_run.exit_code
    if exit_code is None:
        return IncompleteReason.SESSION_UNFINISHED if process.lingered else IncompleteReason.NOT_STARTED
    if exit_code in (0, 1, 5):
        return None
    return _EXIT_REASONS.get(exit_code, IncompleteReason.UNEXPECTED_EXIT)


_STREAM_REASONS = {
    StreamState.MISSING: IncompleteReason.RECORDER_MISSING,
    StreamState.MALFORMED: IncompleteReason.STREAM_MALFORMED,
    StreamState.TRUNCATED: IncompleteReason.STREAM_TRUNCATED,
}


def _session_reason(evidence: Evidence | EvidenceColumns) -> IncompleteReason | None:
    recorder = evidence.suite_run.recorder
    if recorder.stream is not StreamState.COMPLETE:
        return _STREAM_REASONS[recorder.stream]
    if not (recorder.session_started and recorder.session_finished):
        return IncompleteReason.SESSION_UNFINISHED
    if recorder.session_exit_status != evidence.suite_run.exit_code:
        return IncompleteReason.EXIT_CONTRADICTION
    return None


def _outcome_reason(evidence: Evidence | EvidenceColumns) -> IncompleteReason | None:
    recorder, exit_code = evidence.suite_run.recorder, evidence.suite_run.exit_code
    selected = recorder.collected - recorder.deselected
    if recorder.reported != selected or TestState.NOT_RUN in evidence.states:
        return IncompleteReason.TESTS_NOT_RUN
    if len(evidence.states) != selected:
        return IncompleteReason.OUTCOME_CONTRADICTION
    if (exit_code == 5) != (selected == 0) and exit_code != 1:
        return IncompleteReason.EXIT_CONTRADICTION
    if _has_failure(evidence) and exit_code != 1:
        return IncompleteReason.OUTCOME_CONTRADICTION
    binding = evidence.suite_run.binding.state
    if binding is BindingState.FOREIGN:
        return IncompleteReason.FOREIGN_TREE
    if binding is BindingState.UNKNOWN:
        return IncompleteReason.TREE_UNVERIFIED
    return None


def _has_failure(evidence: Evidence | EvidenceColumns) -> bool:
    return any(state in evidence.states for state in BAD) or any(
        collector.state is CollectorState.ERRORED for collector in evidence.suite_run.recorder.collectors
    )
