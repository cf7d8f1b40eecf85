"""One gate run, from its first progress report to its recorded end."""

from dataclasses import dataclass, replace

import structlog

from autopack_clients.errors import StorageFull, StoreUnavailable
from autopack_executor.errors import ExecutorError
from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.baseline import base_beside, capture_baseline
from autopack_executor.gate.retries import retry_newly_bad
from autopack_executor.gate.side import MeasuredSide, measure_side
from autopack_executor.gate.third_sides import measure_third_sides
from autopack_executor.syntax.findings import findings_of
from autopack_executor.syntax.functions import with_functions
from autopack_executor.syntax.protected import with_parts
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.decided import Decided
from autopack_model.errors import AutopackError, Cancelled
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.report.artifact_folder import RESULT_FILE
from autopack_model.report.document import report_document
from autopack_model.report.value import RunReport
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt, Run, RunFailure, RunState, SideEvidence

_log = structlog.get_logger("executor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended: the ``run`` as the store has it and the bytes of its ``report``, empty where it has no verdict;
    or the ``problem``, when the end could not be recorded.
    """

    run: Run | None = None
    report: bytes = b""
    problem: AutopackError | None = None


def gate(attempt: GateAttempt) -> Ended:
    """Execute the run and record how it ended. Never raises: when the end cannot be recorded the answer says why, and
    the run must be left for the next executor that can reach the store; what it came to is on disk no more.
    """
    ref = attempt.ref
    structlog.contextvars.bind_contextvars(run_id=ref.run_id, phase=ref.phase, attempt=ref.attempt)
    state, failure, report = _executed(attempt)
    try:
        return Ended(run=attempt.store.finish(ref.run_id, state, failure), report=report)
    except AutopackError as error:
        kind = type(error) if isinstance(error, (StoreUnavailable, StorageFull)) else ExecutorError
        return Ended(problem=_unrecorded(attempt, failure, error.message, kind))
    except Exception as error:  # noqa: BLE001 - the run's thread ends here
        _log.exception("the run's end could not be recorded", run_id=ref.run_id)
        return Ended(problem=_unrecorded(attempt, failure, f"{type(error).__name__}: {error}", ExecutorError))


def _executed(attempt: GateAttempt) -> tuple[RunState, RunFailure | None, bytes]:
    try:
        report = _decided(attempt)
    except Cancelled:
        return RunState.CANCELLED, None, b""
    except AutopackError as error:
        return RunState.FAILED, RunFailure.of(error.reason, error.message), b""
    except Exception as error:  # noqa: BLE001 - an exception of ours is not a verdict
        _log.exception("the run failed", run_id=attempt.ref.run_id)
        return RunState.FAILED, RunFailure.of("INTERNAL", f"{type(error).__name__}: {error}"), b""
    return RunState.DECIDED, None, report


def _decided(attempt: GateAttempt) -> bytes:
    ref, spec, store = attempt.ref, attempt.spec, attempt.store
    store.advance(ref, AttemptState.TESTING)
    if attempt.fixed_patch is not None:
        attempt.artifacts.write_patch(ref, attempt.fixed_patch)
    base = None if attempt.measured_base is None else capture_baseline(attempt, attempt.measured_base)
    head = measure_side(attempt, Side.HEAD, spec.head)
    changed_files = _changed_files(attempt, head)
    store.record_changed_files(ref, changed_files)
    attempt.stop_if_cancelled()
    retried = retry_newly_bad(attempt, base_beside(attempt, base, head.evidence), head)
    base = retried.base
    for entry in retried.reused:
        attempt.stop_if_cancelled()
        store.attach(ref, entry)
    terms = attempt.terms()
    third = measure_third_sides(attempt, retried, head, changed_files, terms)
    base_retries = (*retried.base_retries, *third.base_retries)
    attempt.report(Activity.DECIDING, None, "asking the gatekeeper")
    decided = attempt.gatekeeper.decide(
        ref,
        base=None if base is None else base.evidence_digest,
        head=head.entry.evidence_digest,
        terms=terms,
        base_retries=[entry.evidence_digest for entry in base_retries],
        head_retries=[entry.evidence_digest for entry in retried.head_retries],
        cross=None if third.cross is None else third.cross.evidence_digest,
        cross_retries=[entry.evidence_digest for entry in third.cross_retries],
        reverse=None if third.reverse is None else third.reverse.evidence_digest,
        conclude=True,  # there is no auditor
    )
    attempt.stop_if_cancelled()
    # Written before the run ends: a run whose artifacts could not be written has failed.
    suite = () if base is None else (base,)
    evidence = (*suite, *base_retries, head.entry, *retried.head_retries, *third.entries)
    document = report_document(_report(attempt, evidence, head, changed_files, decided))
    return attempt.artifacts.write(ref, RESULT_FILE, document)


def _changed_files(attempt: GateAttempt, head: MeasuredSide) -> ChangedFiles:
    """The changed files with what their syntax shows: which tests live on under another name, which parts of a file
    changed, and what was found.
    """
    spec, repository, ids = attempt.spec, attempt.repository, head.evidence.test_ids
    changed = with_functions(repository.changed_files(spec.base, spec.head), repository, spec.base, spec.head, ids)
    changed = with_parts(changed, repository, spec.base, spec.head)
    return replace(changed, findings=findings_of(changed, repository, spec.base, spec.head, ids))


def _report(
    attempt: GateAttempt,
    evidence: tuple[SideEvidence, ...],
    head: MeasuredSide,
    changed_files: ChangedFiles,
    decided: Decided,
) -> RunReport:
    """The report of the run as it will have ended, from what is at hand."""
    decision = decided.decision
    concluded = Attempt(
        ref=attempt.ref,
        state=decided.state,
        evidence=evidence,
        verdict=decision.verdict,
        decision_digest=decided.digest,
        builder_result_digest=None,
        auditor_result_digest=None,
    )
    delta = decision.delta.listing(decided.base_only, head.evidence.test_ids)
    return RunReport.of_attempt(
        attempt.spec, concluded, decision, RunState.DECIDED, changed_files=changed_files, delta=delta
    )


def _unrecorded(
    attempt: GateAttempt, failure: RunFailure | None, problem: str, kind: type[AutopackError]
) -> AutopackError:
    run_id = attempt.ref.run_id
    first = "" if failure is None else f"{failure.message} [{failure.code}]; "
    return kind(
        f"run {run_id} has no verdict: {first}its end could not be recorded either: {problem}; "
        f"{_withdrawn(attempt)}the next start of autopack records it as failed",
        subject=run_id,
    )


def _withdrawn(attempt: GateAttempt) -> str:
    """Take the result away, which names a verdict that nobody recorded; what to tell when it stays all the same."""
    try:
        attempt.artifacts.withdraw(attempt.ref, RESULT_FILE)
    except Exception as error:  # noqa: BLE001 - the run's thread ends here
        _log.exception("the result could not be taken away", run_id=attempt.ref.run_id, problem=str(error))
        return f"{error}; "
    return ""
