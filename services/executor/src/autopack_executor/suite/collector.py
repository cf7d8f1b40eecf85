"""What a report of a collector amounts to."""

from autopack_executor.suite.events import CollectorReport
from autopack_executor.suite.signature import cause_of, signature_of
from autopack_model.suite_run.value import CollectorOutcome, CollectorState


def silent_collector(report: CollectorReport, tree: str) -> CollectorOutcome:
    """A collector that failed or was skipped. ``tree`` is the one of ``signature_of``."""
    state, signature, cause = CollectorState.SKIPPED, "", ""
    if report.errored:
        state = CollectorState.ERRORED
        signature = signature_of([report.failure], tree, report.collector.partition("::")[0])
        cause = cause_of(report.failure, tree)
    return CollectorOutcome(
        collector=report.collector, state=state, message=report.failure.message, signature=signature, cause=cause
    )


def empty_collector(name: str) -> CollectorOutcome:
    """A collector that passed, and that has no tests."""
    return CollectorOutcome(collector=name, state=CollectorState.PASSED, message="", signature="", cause="")
