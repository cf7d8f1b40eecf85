"""The words of the old shape and what they stand for in the contract. A word that is not here is refused.

Words are compared as they stand. Where several words stand for the same member, they say the same thing.
"""

from collections.abc import Mapping
from types import MappingProxyType

from autopack_model.auditor_result.value import Confidence, Recommendation
from autopack_model.builder_result.value import BuilderStatus, ProbeType, StopReason
from autopack_model.decision.value import Severity
from autopack_model.issue.value import IssueCategory, IssueSource
from autopack_model.run.value import RunType

STATUSES: Mapping[str, BuilderStatus] = MappingProxyType(
    {
        "SUCCESS": BuilderStatus.SUCCESS,
        "FAILED": BuilderStatus.FAILED,
        "NEEDS_REVIEW": BuilderStatus.NEEDS_REVIEW,
    }
)

STOP_REASONS: Mapping[str, StopReason] = MappingProxyType(
    {
        "end_turn": StopReason.END_TURN,
        "max_tokens": StopReason.MAX_TOKENS,
        "length": StopReason.MAX_TOKENS,
        "stop_sequence": StopReason.STOP_SEQUENCE,
        "tool_use": StopReason.TOOL_USE,
        "tool_calls": StopReason.TOOL_USE,
        "refusal": StopReason.REFUSAL,
        "error": StopReason.ERROR,
    }
)

PROBE_TYPES: Mapping[str, ProbeType] = MappingProxyType(
    {
        "pytest": ProbeType.PYTEST,
        "lint": ProbeType.LINT,
        "type_check": ProbeType.TYPE_CHECK,
        "build": ProbeType.BUILD,
        "script": ProbeType.SCRIPT,
    }
)

SEVERITIES: Mapping[str, Severity] = MappingProxyType(
    {
        "low": Severity.LOW,
        "minor": Severity.LOW,
        "medium": Severity.MEDIUM,
        "moderate": Severity.MEDIUM,
        "high": Severity.HIGH,
        "major": Severity.HIGH,
        "critical": Severity.CRITICAL,
    }
)

CATEGORIES: Mapping[str, IssueCategory] = MappingProxyType(
    {
        "correctness": IssueCategory.CORRECTNESS,
        "bug": IssueCategory.CORRECTNESS,
        "tests": IssueCategory.TESTS,
        "test_failure": IssueCategory.TESTS,
        "security": IssueCategory.SECURITY,
        "performance": IssueCategory.PERFORMANCE,
        "contract": IssueCategory.CONTRACT,
        "infrastructure": IssueCategory.INFRASTRUCTURE,
        "infra": IssueCategory.INFRASTRUCTURE,
        "maintainability": IssueCategory.MAINTAINABILITY,
        "documentation": IssueCategory.DOCUMENTATION,
        "docs": IssueCategory.DOCUMENTATION,
    }
)

SOURCES: Mapping[str, IssueSource] = MappingProxyType(
    {
        "builder": IssueSource.BUILDER,
        "auditor": IssueSource.AUDITOR,
        "probe": IssueSource.PROBE,
        "suite": IssueSource.SUITE,
        "ci": IssueSource.CI,
    }
)

RUN_TYPES: Mapping[str, RunType] = MappingProxyType(
    {
        "project_build": RunType.PROJECT_BUILD,
        "maintenance": RunType.MAINTENANCE,
        "repair": RunType.REPAIR,
    }
)

RECOMMENDATIONS: Mapping[str, Recommendation] = MappingProxyType(
    {
        "approve": Recommendation.APPROVE,
        "revise": Recommendation.REVISE,
        "escalate": Recommendation.ESCALATE,
    }
)

CONFIDENCES: Mapping[str, Confidence] = MappingProxyType(
    {
        "low": Confidence.LOW,
        "medium": Confidence.MEDIUM,
        "high": Confidence.HIGH,
    }
)
