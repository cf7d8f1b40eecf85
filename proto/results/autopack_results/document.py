"""JSON documents of the domain values: the input of digests, and what artifacts hold. Keys are stable."""

from collections.abc import Mapping
from typing import TypeAlias

from autopack_results.changed_files import ChangedFile
from autopack_results.completeness import IncompleteReason
from autopack_results.decision import Decision, Reason, SideAssessment
from autopack_results.delta import Category
from autopack_results.outcome import Stage, TestDetail, TestState
from autopack_results.suite_run import SuiteRun

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def suite_run_document(run: SuiteRun) -> dict[str, Json]:
    """Every field of a suite run's header, times in milliseconds."""
    environment, process, recorder, setup = run.environment, run.process, run.recorder, run.setup
    return {
        "tree": {"revision": run.tree.revision, "tree": run.tree.tree},
        "environment": {
            "fingerprint": environment.fingerprint,
            "implementation": environment.implementation,
            "python_version": environment.python_version,
            "pytest_version": environment.pytest_version,
            "platform": environment.platform,
            "distributions": list(environment.distributions),
            "isolation": environment.isolation.label,
            "tree_path": environment.tree_path,
            "locale": environment.locale,
            "timezone": environment.timezone,
            "umask": environment.umask,
            "superuser": environment.superuser,
        },
        "setup": None
        if setup is None
        else {
            "command": setup.command,
            "reused": setup.reused,
            "exit_code": setup.exit_code,
            "timed_out": setup.timed_out,
            "duration_ms": setup.duration_ms,
            "output_tail": setup.output_tail,
        },
        "arguments": list(run.arguments),
        "process": {
            "argv": list(process.argv),
            "exit_code": process.exit_code,
            "signal": process.signal,
            "timed_out": process.timed_out,
            "cancelled": process.cancelled,
            "started_at_ms": process.started_at_ms,
            "ended_at_ms": process.ended_at_ms,
        },
        "recorder": {
            "version": recorder.version,
            "stream": recorder.stream.label,
            "session_started": recorder.session_started,
            "session_finished": recorder.session_finished,
            "session_exit_status": recorder.session_exit_status,
            "collected": recorder.collected,
            "deselected": recorder.deselected,
            "reported": recorder.reported,
            "collectors": [
                {
                    "collector": collector.collector,
                    "state": collector.state.label,
                    "message": collector.message,
                    "signature": collector.signature,
                }
                for collector in recorder.collectors
            ],
        },
        "binding": {"state": run.binding.state.label, "foreign": list(run.binding.foreign)},
    }


_STAGES = {stage: stage.name.lower() for stage in Stage}


def detail_document(detail: TestDetail) -> dict[str, Json]:
    """Every field of a test's detail."""
    return {
        "index": detail.index,
        "stage": _STAGES[detail.stage],
        "message": detail.message,
        "signature": detail.signature,
        "executions": detail.executions,
    }


def changed_file_document(file: ChangedFile) -> dict[str, Json]:
    """Every field of a changed file."""
    return {
        "path": file.path,
        "old_path": file.old_path,
        "kind": file.kind.label,
        "lines_added": file.lines_added,
        "lines_removed": file.lines_removed,
        "binary": file.binary,
    }


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
        "changed_files": {
            "status": decision.changed_files_status.label,
            "digest": decision.changed_files_digest,
        },
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
    }
