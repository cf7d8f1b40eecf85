"""One gate run, from its first progress report to its recorded end."""

from dataclasses import dataclass

import structlog

from autopack_executor.domain.errors import Cancelled, ExecutorError
from autopack_executor.domain.result import result_document
from autopack_executor.domain.suite import Activity
from autopack_executor.ports import BaselineLocks, Gatekeeper
from autopack_executor.usecases.capture_baseline import capture_baseline
from autopack_executor.usecases.measure_side import Measurement, measure_side
from autopack_executor.usecases.report_run import report_run
from autopack_results.identity import Side
from autopack_results.run import RunFailure, RunState, SideEvidence
from autopack_results.suite_run import Tree

_log = structlog.get_logger("executor")


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


def gate(job: GateJob) -> None:
    """Execute the run and record how it ended. Never raises: an end that cannot be recorded is logged, and the run
    is recorded as abandoned by the next executor that can reach the store.
    """
    measurement = job.measurement
    run_id = measurement.attempt.run_id
    try:
        state, failure = _outcome(job)
        measurement.store.finish(run_id, state, failure)
        if state is RunState.DECIDED:
            _write_result(job)
    except ExecutorError as error:
        _log.error("the run's end could not be recorded", run_id=run_id, reason=error.reason, error=str(error))
    except Exception:  # noqa: BLE001 - the run's thread ends here, and the log says why
        _log.exception("the run's end could not be recorded", run_id=run_id)


def _outcome(job: GateJob) -> tuple[RunState, RunFailure | None]:
    try:
        _decide(job)
    except Cancelled:
        return RunState.CANCELLED, None
    except ExecutorError as error:
        return RunState.FAILED, RunFailure(code=error.reason, message=error.message)
    except Exception as error:  # noqa: BLE001 - an exception of ours is not a verdict
        _log.exception("the run failed", run_id=job.measurement.attempt.run_id)
        return RunState.FAILED, RunFailure(code="INTERNAL", message=f"{type(error).__name__}: {error}")
    return RunState.DECIDED, None


def _decide(job: GateJob) -> None:
    measurement = job.measurement
    attempt, store = measurement.attempt, measurement.store
    base: SideEvidence | None = None
    if job.base is not None:
        base = capture_baseline(measurement, job.locks, job.base, job.recorder_version)
        _stop_if_cancelled(measurement)
        store.attach(attempt, base)
    digest, _ = measure_side(measurement, Side.HEAD, job.head)
    _stop_if_cancelled(measurement)
    store.attach(attempt, SideEvidence(side=Side.HEAD, evidence_digest=digest, reused=False))
    store.record_changed_files(attempt, measurement.repository.changed_files(job.changed_from, job.head))
    measurement.report(Activity.DECIDING, None, "asking the gatekeeper")
    job.gatekeeper.decide(attempt, base=None if base is None else base.evidence_digest, head=digest)


def _write_result(job: GateJob) -> None:
    measurement = job.measurement
    report = report_run(measurement.store, job.gatekeeper, measurement.attempt.run_id)
    measurement.artifacts.write(measurement.attempt, "result.json", result_document(report))


def _stop_if_cancelled(measurement: Measurement) -> None:
    if measurement.cancel.is_set():
        run_id = measurement.attempt.run_id
        raise Cancelled(f"run {run_id} was cancelled", subject=run_id)
