"""One gate run, from its first progress report to its recorded end."""

from dataclasses import dataclass, replace

import structlog

from autopack_clients.errors import StorageFull, StoreUnavailable
from autopack_clients.report import report_run
from autopack_executor.gate.capture_baseline import capture_baseline
from autopack_executor.gate.measure_side import Measurement, measure_side
from autopack_executor.gate.ports import BaselineLocks, Gatekeeper
from autopack_model.errors import AutopackError, Cancelled
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.report.document import result_document
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import RunFailure, RunState, SideEvidence
from autopack_model.suite_run.value import Tree

_log = structlog.get_logger("executor")

RESULT = "result.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateJob:
    """A run that is recorded and ready to be executed. ``base`` is None when there is no baseline to be had."""

    measurement: Measurement
    locks: BaselineLocks
    gatekeeper: Gatekeeper
    recorder_version: str
    base: Tree | None
    changed_from: Tree | None
    head: Tree


def gate(job: GateJob) -> AutopackError | None:
    """Execute the run and record how it ended. Never raises: when the end cannot be recorded the answer says why, and
    the run must be left for the next executor that can reach the store; what it came to is on disk no more.
    """
    attempt = job.measurement.attempt
    run_id = attempt.run_id
    structlog.contextvars.bind_contextvars(run_id=run_id, phase=attempt.phase, attempt=attempt.attempt)
    state, failure = _outcome(job)
    try:
        job.measurement.store.finish(run_id, state, failure)
    except AutopackError as error:
        kind = type(error) if isinstance(error, (StoreUnavailable, StorageFull)) else AutopackError
        return _unrecorded(job, failure, error.message, kind)
    except Exception as error:  # noqa: BLE001 - the run's thread ends here
        _log.exception("the run's end could not be recorded", run_id=run_id)
        return _unrecorded(job, failure, f"{type(error).__name__}: {error}")
    return None


def _unrecorded(
    job: GateJob, failure: RunFailure | None, problem: str, kind: type[AutopackError] = AutopackError
) -> AutopackError:
    run_id = job.measurement.attempt.run_id
    first = "" if failure is None else f"{failure.message} [{failure.code}]; "
    return kind(
        f"run {run_id} has no verdict: {first}its end could not be recorded either: {problem}; {_withdrawn(job)}the "
        "next start of autopack records it as failed",
        subject=run_id,
    )


def _withdrawn(job: GateJob) -> str:
    """Take the result away, which names a verdict that nobody recorded; what to tell when it stays all the same."""
    attempt = job.measurement.attempt
    try:
        job.measurement.artifacts.withdraw(attempt, RESULT)
    except Exception as error:  # noqa: BLE001 - the run's thread ends here
        _log.exception("the result could not be taken away", run_id=attempt.run_id, problem=str(error))
        return f"{error}; "
    return ""


def _outcome(job: GateJob) -> tuple[RunState, RunFailure | None]:
    try:
        _decide(job)
    except Cancelled:
        return RunState.CANCELLED, None
    except AutopackError as error:
        return RunState.FAILED, RunFailure.of(error.reason, error.message)
    except Exception as error:  # noqa: BLE001 - an exception of ours is not a verdict
        _log.exception("the run failed", run_id=job.measurement.attempt.run_id)
        return RunState.FAILED, RunFailure.of("INTERNAL", f"{type(error).__name__}: {error}")
    return RunState.DECIDED, None


def _decide(job: GateJob) -> None:
    measurement = job.measurement
    attempt, store = measurement.attempt, measurement.store
    base: SideEvidence | None = None
    store.advance(attempt, AttemptState.TESTING)
    if job.base is not None:
        base = capture_baseline(measurement, job.locks, job.base, job.recorder_version)
        _stop_if_cancelled(measurement)
        store.attach(attempt, base)
    digest, _ = measure_side(measurement, Side.HEAD, job.head)
    _stop_if_cancelled(measurement)
    store.attach(attempt, SideEvidence(side=Side.HEAD, evidence_digest=digest, reused=False))
    store.record_changed_files(attempt, measurement.repository.changed_files(job.changed_from, job.head))
    measurement.report(Activity.DECIDING, None, "asking the gatekeeper")
    store.advance(attempt, AttemptState.DECIDING)
    job.gatekeeper.decide(attempt, base=None if base is None else base.evidence_digest, head=digest)
    _stop_if_cancelled(measurement)
    job.gatekeeper.conclude(attempt)
    # Written before the run ends: a run whose artifacts could not be written has failed.
    report = report_run(store, job.gatekeeper, attempt.run_id)
    document = result_document(replace(report, run=replace(report.run, state=RunState.DECIDED)))
    measurement.artifacts.write(attempt, RESULT, document)


def _stop_if_cancelled(measurement: Measurement) -> None:
    if measurement.cancel.is_set():
        run_id = measurement.attempt.run_id
        raise Cancelled(f"run {run_id} was cancelled", subject=run_id)
