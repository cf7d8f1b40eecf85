"""Content addresses: SHA-256 over canonical JSON (RFC 8785) of the domain values.

Two digests name a suite run. The *evidence digest* covers all of it. The *facts digest* covers only what a decision may
depend on: no time, duration, message, host or path, so that two machines that measure the same get the same decision.
"""

import hashlib
from collections.abc import Sequence

from autopack_results import document, result_document
from autopack_results.auditor_result import AuditorResult
from autopack_results.builder_result import BuilderResult
from autopack_results.canonical import canonical_json
from autopack_results.changed_files import ChangedFiles
from autopack_results.decision import Decision
from autopack_results.document import Json
from autopack_results.suite_run import Evidence, EvidenceColumns
from autopack_results.test_ids import TestIds


def digest_bytes(data: bytes) -> str:
    """``sha256:`` and the hex SHA-256 of ``data``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_document(value: Json) -> str:
    """The digest of a JSON value in its canonical form."""
    return digest_bytes(canonical_json(value))


def digest_test_ids(test_ids: TestIds) -> str:
    """The digest of test ids: SHA-256 over ``TestIds.encoded``."""
    return test_ids.digest


def evidence_digest(evidence: Evidence | EvidenceColumns, *, test_set: str | None = None) -> str:
    """The content address of the whole evidence. ``test_set`` is the digest of its test ids, where that is known."""
    return digest_document(
        {
            "schema": "autopack.evidence/1",
            "suite_run": document.suite_run_document(evidence.suite_run),
            "test_set": evidence.test_set_digest if test_set is None else test_set,
            "states": digest_bytes(evidence.states),
            "durations": digest_bytes(evidence.durations),
            "details": [document.detail_document(detail) for detail in evidence.details],
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
            "setup": None if run.setup is None else {"command": run.setup.command, "exit_code": run.setup.exit_code},
            "process": {
                "exit_code": run.process.exit_code,
                "signal": run.process.signal,
                "timed_out": run.process.timed_out,
                "cancelled": run.process.cancelled,
            },
            "recorder": {
                "stream": run.recorder.stream.label,
                "session_started": run.recorder.session_started,
                "session_finished": run.recorder.session_finished,
                "session_exit_status": run.recorder.session_exit_status,
                "collected": run.recorder.collected,
                "deselected": run.recorder.deselected,
                "reported": run.recorder.reported,
                "collectors": [
                    {"collector": collector.collector, "state": collector.state.label}
                    for collector in run.recorder.collectors
                ],
            },
            "binding": run.binding.state.label,
            "test_set": evidence.test_set_digest if test_set is None else test_set,
            "states": digest_bytes(evidence.states),
            "signatures": [[detail.index, detail.signature] for detail in evidence.details if detail.signature],
        }
    )


def changed_files_digest(changed_files: ChangedFiles) -> str:
    """The digest of the changed files. The reason why they are UNKNOWN is not part of it."""
    return digest_document(
        {
            "schema": "autopack.changed_files/1",
            "status": changed_files.status.label,
            "files": [document.changed_file_document(file) for file in changed_files.files],
        }
    )


def command_digest(arguments: Sequence[str], setup_command: str | None, timeout_s: float) -> str:
    """The digest of the test command of one gate: pytest arguments, setup command, and time-out in seconds."""
    return digest_document(
        {
            "schema": "autopack.command/1",
            "arguments": list(arguments),
            "setup": setup_command,
            "timeout_ms": round(timeout_s * 1000),
        }
    )


def decision_bytes(decision: Decision) -> bytes:
    """The canonical bytes of a decision (RFC 8785), without times, hosts or evidence digests (which cover times)."""
    return canonical_json(document.decision_document(decision, cells_digest=digest_bytes(decision.delta.cells)))


def decision_digest(decision: Decision) -> str:
    """The digest of a decision: SHA-256 over ``decision_bytes``."""
    return digest_bytes(decision_bytes(decision))


def builder_result_digest(result: BuilderResult) -> str:
    """The digest of a builder result, everything in it included."""
    return digest_document(result_document.builder_result_document(result, digest_bytes(result.patch)))


def auditor_result_digest(result: AuditorResult) -> str:
    """The digest of an auditor result, everything in it included."""
    patches = [digest_bytes(patch.patch) for patch in result.suggested_patches]
    return digest_document(result_document.auditor_result_document(result, patches))
