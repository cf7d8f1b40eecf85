"""Get the base side's evidence: the stored baseline of its key, or a measurement that becomes one."""

import contextlib
from dataclasses import replace

from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.side import baseline_key, checked_out, record, run_suite
from autopack_model.evidence.completeness import IncompleteReason, assess
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.run.value import SideEvidence
from autopack_model.suite_run.value import Tree


def capture_baseline(attempt: GateAttempt, tree: Tree) -> SideEvidence:
    """The base side. Of several runs that need the same baseline one measures, the others wait and reuse. Where the
    attempt wants a fresh base, what is measured takes the place of the stored baseline.

    What was measured is attached to the attempt. A stored baseline is not attached yet: it may prove to be out of date.

    Only a complete suite run becomes a baseline; an incomplete one is returned all the same, for the decision to
    name its cause. Raises AutopackError, Cancelled.
    """
    with contextlib.ExitStack() as stack:
        # Only a setup command reads the tree before the suite does.
        needs_tree = attempt.command.setup is not None
        if needs_tree:
            stack.enter_context(checked_out(attempt, Side.BASE, tree))
        prepared = attempt.prepare(Side.BASE)
        key = baseline_key(attempt, Side.BASE, tree, prepared)

        def waiting() -> None:
            attempt.report(Activity.WAITING, Side.BASE, "another run is measuring the same baseline")

        with attempt.locks.held(key, cancel=attempt.cancel, on_wait=waiting):
            wanted = prepared.usable and not attempt.fresh_base
            known = attempt.store.find_baseline(key) if wanted else None
            if known is not None:
                return _reused(attempt, known)
            if not needs_tree:
                stack.enter_context(checked_out(attempt, Side.BASE, tree))
            evidence = run_suite(attempt, Side.BASE, tree, prepared)
            return record(attempt, Side.BASE, evidence, key, replacing=attempt.fresh_base)


def base_beside(attempt: GateAttempt, base: SideEvidence | None, head: Evidence) -> SideEvidence | None:
    """The base to compare ``head`` with: ``base``, or the base measured anew where the command before the suite failed
    on head, and a stored baseline cannot tell whether it would fail on base by now. Raises AutopackError, Cancelled.
    """
    failed = assess(head).reason is IncompleteReason.BEFORE_SIDE_FAILED
    if not failed or base is None or not base.reused or attempt.measured_base is None:
        return base
    attempt.report(Activity.PREPARING, Side.BASE, "before_side failed on head; trying it on base")
    return capture_baseline(replace(attempt, fresh_base=True), attempt.measured_base)


def _reused(attempt: GateAttempt, evidence_digest: str) -> SideEvidence:
    attempt.stop_if_cancelled()
    attempt.report(Activity.PREPARING, Side.BASE, "reusing the stored baseline")
    return SideEvidence(side=Side.BASE, evidence_digest=evidence_digest, reused=True)
