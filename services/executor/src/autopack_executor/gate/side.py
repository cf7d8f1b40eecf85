"""Measure one side: check it out, make its interpreter ready, run the suite."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.workspace.checkout_files import put_copies
from autopack_model.baseline.value import BaselineKey, command_digest
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.run.value import SideEvidence
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSide:
    """A side that this attempt measured: what is attached for it, and the evidence itself."""

    entry: SideEvidence
    evidence: Evidence


def measure_side(attempt: GateAttempt, side: Side, tree: Tree) -> MeasuredSide:
    """Measure ``tree`` as ``side`` and record the evidence. Raises AutopackError for what is not the suite's doing."""
    with checked_out(attempt, side, tree):
        prepared = attempt.prepare(side)
        evidence = run_suite(attempt, side, tree, prepared)
    entry = record(attempt, side, evidence, baseline_key(attempt, side, tree, prepared))
    return MeasuredSide(entry=entry, evidence=evidence)


def baseline_key(attempt: GateAttempt, side: Side, tree: Tree, prepared: PreparedEnvironment) -> BaselineKey:
    """What the baseline of ``tree`` is stored under: whatever can change an outcome."""
    return BaselineKey(
        tree=tree.tree,
        environment_fingerprint=prepared.environment.fingerprint,
        command_digest=command_digest(attempt.command, attempt.missing_submodules[side]),
        recorder_version=attempt.recorder_version,
    )


@contextlib.contextmanager
def checked_out(attempt: GateAttempt, side: Side, tree: Tree, *, told: bool = True) -> Iterator[None]:
    """The tree of a side, checked out in its workspace inside the block; ``told`` in a progress report."""
    if told:
        attempt.report(Activity.PREPARING, side, f"checking out {tree.revision[:12]}")
    without, place = attempt.missing_submodules[side], attempt.workspace.side(side).tree
    with attempt.repository.checkout(tree, place, without=without, cancel=attempt.cancel):
        put_copies(attempt.command.copies, place)
        yield


def run_suite(
    attempt: GateAttempt,
    side: Side,
    tree: Tree,
    prepared: PreparedEnvironment,
    *,
    retry: int = 0,
    tests: tuple[str, ...] | None = None,
) -> Evidence:
    """Run the suite in the side's worktree, or only those of its ``tests`` as a ``retry``, and write what was observed
    beside its output.
    """
    evidence = attempt.runner.run(
        attempt.command,
        prepared,
        tree,
        attempt.workspace.side(side).tree,
        side=side,
        missing_submodules=attempt.missing_submodules[side],
        artifacts=attempt.artifacts.folder(attempt.ref, side, retry),
        cancel=attempt.cancel,
        progress=attempt.progress,
        tests=tests,
    )
    after = evidence.suite_run.after_side
    if after is not None and after.exit_code != 0:
        how = "did not end in time" if after.timed_out else f"ended with exit code {after.exit_code}"
        attempt.report(Activity.CLEANING, side, f"after_side {how}; what it printed is in after_side.log")
    attempt.artifacts.write_evidence(attempt.ref, side, evidence, retry)
    return evidence


def record(
    attempt: GateAttempt,
    side: Side,
    evidence: Evidence,
    key: BaselineKey | None,
    *,
    retry: int = 0,
    replacing: bool = False,
) -> SideEvidence:
    """Have the store keep the evidence, attached to the attempt as the side's or as a ``retry``, which has no ``key``.
    A complete suite run of either side becomes the baseline of ``key`` where there is none yet, or where it is
    ``replacing`` the one that there is: what was a head is the base of the next gate. Raises Cancelled, and then
    nothing is stored.
    """
    attempt.stop_if_cancelled()
    attempt.report(Activity.RECORDING, side, "storing evidence")
    baseline = key if assess(evidence).complete else None
    digest = attempt.store.upload(
        evidence, attempt=attempt.ref, side=side, retry=retry, baseline=baseline, replacing=replacing
    )
    return SideEvidence(side=side, evidence_digest=digest, reused=False, retry=retry)
