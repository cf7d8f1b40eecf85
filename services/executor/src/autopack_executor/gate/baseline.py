"""Get a side's evidence: the stored baseline of its key, or a measurement that becomes one."""

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
    """The base side. Where the attempt wants a fresh base, what is measured takes the place of the stored baseline.

    What was measured is attached to the attempt. A stored baseline is not attached yet: it may prove to be out of date.

    Only a complete suite run becomes a baseline; an incomplete one is returned all the same, for the decision to
    name its cause. Raises AutopackError, Cancelled.
    """
    entry, _ = captured(attempt, Side.BASE, tree, fresh=attempt.fresh_base)
    return entry


def captured(
    attempt: GateAttempt, side: Side, tree: Tree, *, fresh: bool = False, tests: tuple[str, ...] | None = None
) -> tuple[SideEvidence, Evidence | None]:
    """The evidence of ``tree`` as ``side``: that of a stored baseline, not attached yet, without the evidence itself;
    or of a suite run, attached. Only the ``tests`` are run where they are given, and then it becomes no baseline.

    Of several runs that need the same baseline one measures, the others wait and reuse. ``fresh`` wants it measured,
    and what is measured takes the place of the stored one. Raises AutopackError, Cancelled.
    """
    with contextlib.ExitStack() as stack:
        # Only a setup command reads the tree before the suite does.
        needs_tree = attempt.command.setup is not None
        if needs_tree:
            stack.enter_context(checked_out(attempt, side, tree))
        prepared = attempt.prepare(side)
        key = baseline_key(attempt, side, tree, prepared)

        def waiting() -> None:
            attempt.report(Activity.WAITING, side, "another run is measuring the same baseline")

        with attempt.locks.held(key, cancel=attempt.cancel, on_wait=waiting):
            known = attempt.store.find_baseline(key) if prepared.usable and not fresh else None
            if known is not None:
                attempt.stop_if_cancelled()
                attempt.report(Activity.PREPARING, side, "reusing the stored baseline")
                return SideEvidence(side=side, evidence_digest=known, reused=True), None
            if not needs_tree:
                stack.enter_context(checked_out(attempt, side, tree))
            evidence = run_suite(attempt, side, tree, prepared, tests=tests)
            entry = record(attempt, side, evidence, key if tests is None else None, replacing=fresh)
            return entry, evidence


def base_beside(attempt: GateAttempt, base: SideEvidence | None, head: Evidence) -> SideEvidence | None:
    """The base to compare ``head`` with: ``base``, or the base measured anew where the command before the suite failed
    on head, and a stored baseline cannot tell whether it would fail on base by now. Raises AutopackError, Cancelled.
    """
    failed = assess(head).reason is IncompleteReason.BEFORE_SIDE_FAILED
    if not failed or base is None or not base.reused or attempt.measured_base is None:
        return base
    attempt.report(Activity.PREPARING, Side.BASE, "before_side failed on head; trying it on base")
    return capture_baseline(replace(attempt, fresh_base=True), attempt.measured_base)
