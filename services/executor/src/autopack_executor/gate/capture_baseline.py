"""Get the base side's evidence: the stored baseline of its key, or a measurement that becomes one."""

import contextlib
from collections.abc import Iterator

from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.gate.measure_side import Measurement
from autopack_executor.gate.ports import BaselineLocks
from autopack_model.baseline.value import BaselineKey, command_digest
from autopack_model.evidence.completeness import assess
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.run.value import SideEvidence
from autopack_model.suite_run.value import Tree


def capture_baseline(measurement: Measurement, locks: BaselineLocks, tree: Tree, recorder_version: str) -> SideEvidence:
    """The base side's evidence. Of several runs that need the same baseline one measures, the others wait and reuse.

    Only a complete suite run becomes a baseline; an incomplete one is returned all the same, for the decision to
    name its cause. Raises ExecutorError, Cancelled.
    """
    with _prepared(measurement, tree) as (prepared, checked_out):
        key = BaselineKey(
            tree=tree.tree,
            environment_fingerprint=prepared.environment.fingerprint,
            command_digest=command_digest(
                measurement.command.arguments, measurement.command.setup, measurement.command.timeout_s
            ),
            recorder_version=recorder_version,
        )

        def waiting() -> None:
            measurement.report(Activity.WAITING, Side.BASE, "another run is measuring the same baseline")

        with locks.held(key, cancel=measurement.cancel, on_wait=waiting):
            known = measurement.store.find_baseline(key) if prepared.usable else None
            if known is not None:
                measurement.report(Activity.PREPARING, Side.BASE, "reusing the stored baseline")
                return SideEvidence(side=Side.BASE, evidence_digest=known, reused=True)
            with contextlib.ExitStack() as stack:
                if not checked_out:
                    measurement.report(Activity.PREPARING, Side.BASE, f"checking out {tree.revision[:12]}")
                    stack.enter_context(
                        measurement.repository.checkout(
                            tree, measurement.room.side(Side.BASE).tree, cancel=measurement.cancel
                        )
                    )
                digest, evidence = measurement.run_suite(Side.BASE, tree, prepared)
            if assess(evidence).complete:
                measurement.store.record_baseline(key, digest)
            return SideEvidence(side=Side.BASE, evidence_digest=digest, reused=False)


@contextlib.contextmanager
def _prepared(measurement: Measurement, tree: Tree) -> Iterator[tuple[PreparedEnvironment, bool]]:
    """The base side's interpreter, and whether its tree had to be checked out for it: only a setup command reads it."""
    if measurement.command.setup is None:
        yield measurement.prepare(Side.BASE), False
        return
    measurement.report(Activity.PREPARING, Side.BASE, f"checking out {tree.revision[:12]}")
    with measurement.repository.checkout(tree, measurement.room.side(Side.BASE).tree, cancel=measurement.cancel):
        yield measurement.prepare(Side.BASE), True
