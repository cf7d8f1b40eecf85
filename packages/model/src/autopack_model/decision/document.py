"""The JSON documents of a decision, and its digest. Keys are stable."""

from collections.abc import Mapping

from autopack_model.canonical import Json, canonical_json
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Decision, Reason, SideAssessment
from autopack_model.digest import digest_bytes
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import TestState


def decision_bytes(decision: Decision) -> bytes:
    """The canonical bytes of a decision (RFC 8785), without times, hosts or evidence digests (which cover times)."""
    return canonical_json(decision_document(decision, cells_digest=digest_bytes(decision.delta.cells)))


def decision_digest(decision: Decision) -> str:
    """The digest of a decision: SHA-256 over ``decision_bytes``."""
    return digest_bytes(decision_bytes(decision))


def counts_document(counts: Mapping[TestState, int]) -> dict[str, Json]:
    """Every state with its count, zero included."""
    return {state.label: counts.get(state, 0) for state in TestState}


def reason_document(reason: Reason) -> dict[str, Json]:
    """Every field of a reason."""
    return {
        "code": reason.code.label,
        "effect": reason.effect.label,
        "subjects": list(reason.subjects),
        "message": reason.message,
    }


def decision_document(decision: Decision, cells_digest: str) -> dict[str, Json]:
    """What a decision's digest covers. The delta stands in it by its counts, collectors and the digest of its cells."""
    counts = decision.delta.counts()
    return {
        "schema": "autopack.decision/1",
        "verdict": decision.verdict.name,
        "severity": decision.severity.label,
        "reasons": [reason_document(reason) for reason in decision.reasons],
        "base": None if decision.base is None else _side_document(decision.base),
        "head": _side_document(decision.head),
        "cross": None if decision.cross is None else _side_document(decision.cross),
        "reverse": None if decision.reverse is None else _side_document(decision.reverse),
        "changed_files": {
            "status": decision.changed_files_status.label,
            "digest": decision.changed_files_digest,
        },
        "findings_digest": decision.findings_digest,
        "policy_digest": decision.policy_digest,
        "waivers_digest": decision.waivers_digest,
        "delta": {
            "counts": {category.label: counts[category] for category in Category},
            "collectors": {
                category.label: list(collectors) for category, collectors in decision.delta.collectors.items()
            },
            "cells": cells_digest,
        },
    }


def incomplete_label(reason: IncompleteReason | None) -> str | None:
    """The reason's name, or None for a complete side."""
    return None if reason is None else reason.label


def _side_document(side: SideAssessment) -> dict[str, Json]:
    return {
        "facts_digest": side.facts_digest,
        "tree": side.tree,
        "complete": side.incomplete_reason is None,
        "incomplete_reason": incomplete_label(side.incomplete_reason),
        "exit_code": side.exit_code,
        "counts": counts_document(side.counts),
        "collection_errors": list(side.collection_errors),
        "retries": [
            {"facts_digest": retry.facts_digest, "incomplete_reason": incomplete_label(retry.incomplete_reason)}
            for retry in side.retries
        ],
    }
