"""Decisions for tests, from evidence as it is."""

from collections.abc import Sequence
from dataclasses import replace

from autopack_gatekeeper.domain.assessment import assess_side
from autopack_gatekeeper.domain.decide import decide
from autopack_gatekeeper.domain.retries import assess_retry, with_retries
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Decision
from autopack_model.evidence.value import Evidence
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.terms import Terms
from autopack_model.policy.value import Policy
from tests.fakes.store import TERMS

NO_FILES = ChangedFiles.of(())
TWO_SIDES = replace(DEFAULT_POLICY, product_paths=("**",))
"""The default policy, but that no file is test-side: base and head alone decide."""


def judge(
    base: Evidence | None,
    head: Evidence,
    files: ChangedFiles = NO_FILES,
    policy: Policy = DEFAULT_POLICY,
    terms: Terms | None = None,
    *,
    base_retries: Sequence[Evidence] = (),
    head_retries: Sequence[Evidence] = (),
) -> Decision:
    """Assess both sides with their retries, and decide under ``terms``, or else under ``policy`` without waivers."""
    base_side = None if base is None else assess_side(base)
    head_side = with_retries(assess_side(head, beside=base_side), [assess_retry(each) for each in head_retries])
    if base_side is not None:
        base_side = with_retries(base_side, [assess_retry(each) for each in base_retries])
    return decide(base_side, head_side, files, terms or replace(TERMS, policy=policy))


def judge_with_cross(
    base: Evidence,
    head: Evidence,
    cross: Evidence | None,
    files: ChangedFiles,
    *,
    reverse: Evidence | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Decision:
    """Assess all sides, and decide under the policy without waivers."""
    cross_side, reverse_side = (None if side is None else assess_side(side) for side in (cross, reverse))
    terms = replace(TERMS, policy=policy)
    return decide(assess_side(base), assess_side(head), files, terms, cross_side, reverse_side)
