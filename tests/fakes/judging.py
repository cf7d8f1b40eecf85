"""Decisions for tests, from evidence as it is."""

from collections.abc import Sequence

from autopack_gatekeeper.domain.assessment import assess_side
from autopack_gatekeeper.domain.decide import decide
from autopack_gatekeeper.domain.policy import DEFAULT_POLICY, Policy
from autopack_gatekeeper.domain.retries import assess_retry, with_retries
from autopack_gatekeeper.domain.waivers import NO_WAIVERS
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Decision
from autopack_model.evidence.value import Evidence

NO_FILES = ChangedFiles.of(())


def judge(
    base: Evidence | None,
    head: Evidence,
    files: ChangedFiles = NO_FILES,
    policy: Policy = DEFAULT_POLICY,
    *,
    base_retries: Sequence[Evidence] = (),
    head_retries: Sequence[Evidence] = (),
) -> Decision:
    """Assess both sides with their retries, and decide without waivers."""
    base_side = None if base is None else assess_side(base)
    head_side = with_retries(assess_side(head, beside=base_side), [assess_retry(each) for each in head_retries])
    if base_side is not None:
        base_side = with_retries(base_side, [assess_retry(each) for each in base_retries])
    return decide(base_side, head_side, files, policy, NO_WAIVERS)
