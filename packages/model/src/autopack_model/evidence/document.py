"""The JSON documents of evidence, and its two digests. Keys are stable.

The *evidence digest* covers all of it. The *facts digest* covers only what a decision may depend on: no time, duration,
message, host or path, so that two machines that measure the same get the same decision.
"""

from autopack_model.canonical import Json
from autopack_model.digest import digest_bytes, digest_document
from autopack_model.evidence.outcome import Stage, TestDetail
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.suite_run.document import binding_document, suite_run_document
from autopack_model.suite_run.value import Environment, SetupFacts


def digest_test_ids(test_ids: TestIds) -> str:
    """The digest of test ids: SHA-256 over ``TestIds.encoded``."""
    return test_ids.digest


def evidence_digest(evidence: Evidence | EvidenceColumns, *, test_set: str | None = None) -> str:
    """The content address of the whole evidence. ``test_set`` is the digest of its test ids, where that is known."""
    return digest_document(
        {
            "schema": "autopack.evidence/1",
            "suite_run": suite_run_document(evidence.suite_run),
            "test_set": evidence.test_set_digest if test_set is None else test_set,
            "states": digest_bytes(evidence.states),
            "durations": digest_bytes(evidence.durations),
            "reruns": digest_bytes(evidence.reruns),
            "details": [detail_document(detail) for detail in evidence.details],
        }
    )


def facts_digest(evidence: Evidence | EvidenceColumns, *, test_set: str | None = None) -> str:
    """The digest of what a decision may depend on in ``evidence``. ``test_set`` as in ``evidence_digest``."""
    run = evidence.suite_run
    return digest_document(
        {
            "schema": "autopack.facts/1",
            "tree": run.tree.tree,
            "arguments": list(run.arguments),
            "setup": None if run.setup is None else _setup_facts(run.setup),
            "environment": _environment_facts(run.environment),
            "process": {
                "exit_code": run.process.exit_code,
                "signal": run.process.signal,
                "timed_out": run.process.timed_out,
                "cancelled": run.process.cancelled,
                "lingered": run.process.lingered,
            },
            "recorder": {
                "stream": run.recorder.stream.label,
                "session_started": run.recorder.session_started,
                "session_finished": run.recorder.session_finished,
                "session_exit_status": run.recorder.session_exit_status,
                "collected": run.recorder.collected,
                "deselected": run.recorder.deselected,
                "reported": run.recorder.reported,
                "selection": list(run.recorder.selection),
                "collectors": [
                    {
                        "collector": collector.collector,
                        "state": collector.state.label,
                        "signature": collector.signature,
                        "cause": collector.cause,
                    }
                    for collector in run.recorder.collectors
                ],
                "seeds": list(run.recorder.seeds),
            },
            "folder": run.folder,
            "folder_missing": run.folder_missing,
            "before_side": None
            if run.before_side is None
            else {"command": run.before_side.command, "exit_code": run.before_side.exit_code},
            "binding": binding_document(run.binding),
            "missing_submodules": list(run.missing_submodules),
            "test_set": evidence.test_set_digest if test_set is None else test_set,
            "states": digest_bytes(evidence.states),
            "reruns": digest_bytes(evidence.reruns),
            "signatures": [[detail.index, detail.signature] for detail in evidence.details if detail.signature],
            "muted_subtests": [
                [detail.index, *detail.muted_subtests] for detail in evidence.details if detail.muted_subtests
            ],
        }
    )


def _setup_facts(setup: SetupFacts) -> dict[str, Json]:
    return {
        "command": setup.command,
        "exit_code": setup.exit_code,
        "not_run": setup.not_run,
        "moved": list(setup.moved),
        "changed_files": [[change.path, change.content] for change in setup.changed_files],
    }


def _environment_facts(environment: Environment) -> dict[str, Json]:
    """What of an environment is compared between the sides: no place that a distribution was installed from."""
    return {
        "implementation": environment.implementation,
        "python_version": environment.python_version,
        "distributions": [distribution.partition(" @ ")[0] for distribution in environment.distributions],
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
        "muted_subtests": list(detail.muted_subtests),
    }
