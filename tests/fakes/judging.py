"""Decisions for tests, from evidence as it is."""

from dataclasses import replace

from autopack_gatekeeper.domain.assessment import assess_side
from autopack_gatekeeper.domain.decide import decide
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Decision
from autopack_model.evidence.value import Evidence
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.terms import Terms
from autopack_model.policy.value import Policy
from tests.fakes.store import TERMS

NO_FILES = ChangedFiles.of(())


def judge(
    base: Evidence | None,
    head: Evidence,
    files: ChangedFiles = NO_FILES,
    policy: Policy = DEFAULT_POLICY,
    terms: Terms | None = None,
) -> Decision:
    """Assess both sides, and decide under ``terms``, or else under ``policy`` without waivers."""
    base_side = None if base is None else assess_side(base)
    return decide(base_side, assess_side(head, beside=base_side), files, terms or replace(TERMS, policy=policy))
