"""The calls whose cost ``bench_contract`` measures: how each is made, and how the store reads it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from google.protobuf.message import Message

from autopack.results.v1 import builder_result_pb2, evidence_pb2
from autopack.store.v1 import evidence_service_pb2, result_service_pb2, run_service_pb2
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.value import BuilderResult, BuilderStatus, Probe, ProbeType, StopReason, line_totals
from autopack_model.builder_result.wire import builder_result_chunks, builder_result_from_chunks
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Severity
from autopack_model.digest import check_digest
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks, evidence_from_chunks
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.identity.wire import attempt_ref_from_wire, attempt_ref_to_wire
from autopack_model.issue.value import Issue, IssueCategory, IssueSource
from autopack_model.run.value import CandidateKind, RunSpec, SideEvidence
from autopack_model.run.wire import run_spec_to_wire, side_evidence_from_wire, side_evidence_to_wire
from autopack_model.stream import opened
from autopack_model.suite_run.value import Tree
from autopack_model.token_usage.value import TokenUsage
from autopack_rpc.request_id import check_request_id, new_request_id
from autopack_store.requests import Request
from tests.fakes.evidence import make_evidence

TESTS = 10_000
DETAILS = 200
PATCH_BYTES = 100_000

MessageT = TypeVar("MessageT", bound=Message)

Call = Sequence[bytes]
"""The messages of one call, serialised."""


class Store(Protocol):
    """The store, as a client sees it."""

    def call(self, method: str, messages: Call) -> bytes:
        """Make one call, and return what was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene(Generic[MessageT]):
    """One RPC of the store.

    ``calls`` makes that many different calls, and in the store what must be there before. ``read`` does what the
    store's servicer does with what arrives before it turns to the database, and returns what makes the request's row.
    """

    name: str
    method: str
    kind: type[MessageT]
    per_round: int
    calls: Callable[[Store, int], list[Call]]
    read: Callable[[Iterator[MessageT]], Callable[[], Request]]


def attach_evidence() -> Scene[run_service_pb2.AttachEvidenceRequest]:
    """A small mutation: one message."""
    evidence = make_evidence({"tests/test_it.py::test_it": TestState.PASSED})
    entry = SideEvidence(side=Side.HEAD, evidence_digest=evidence_digest(evidence), reused=False)

    def calls(store: Store, count: int) -> list[Call]:
        store.call(_UPLOAD, _upload(evidence))
        return [
            [
                run_service_pb2.AttachEvidenceRequest(
                    request_id=new_request_id(),
                    attempt=attempt_ref_to_wire(_new_attempt(store)),
                    evidence=side_evidence_to_wire(entry),
                ).SerializeToString()
            ]
            for _ in range(count)
        ]

    def read(messages: Iterator[run_service_pb2.AttachEvidenceRequest]) -> Callable[[], Request]:
        message = next(messages)
        request_id, ref = check_request_id(message.request_id), attempt_ref_from_wire(message.attempt)
        attached = side_evidence_from_wire(message.evidence)
        return lambda: Request.of("AttachEvidence", request_id, ref, attached)

    return Scene(
        name="AttachEvidence",
        method="/autopack.store.v1.RunService/AttachEvidence",
        kind=run_service_pb2.AttachEvidenceRequest,
        per_round=40,
        calls=calls,
        read=read,
    )


def record_builder_result() -> Scene[result_service_pb2.RecordBuilderResultRequest]:
    """A builder result with a patch of 100 KB, forty changed files, two probes and ten issues."""

    def calls(store: Store, count: int) -> list[Call]:
        return [_builder_call(_builder_result(_new_attempt(store))) for _ in range(count)]

    def read(messages: Iterator[result_service_pb2.RecordBuilderResultRequest]) -> Callable[[], Request]:
        start, chunks = opened(messages)
        request_id, ref = check_request_id(start.request_id), attempt_ref_from_wire(start.attempt)
        digest = check_digest(start.result_digest, "start.result_digest")
        builder_result_from_chunks(chunks)
        return lambda: Request.of("RecordBuilderResult", request_id, ref, digest)

    return Scene(
        name="RecordBuilderResult",
        method="/autopack.store.v1.ResultService/RecordBuilderResult",
        kind=result_service_pb2.RecordBuilderResultRequest,
        per_round=10,
        calls=calls,
        read=read,
    )


def upload_evidence() -> Scene[evidence_service_pb2.UploadEvidenceRequest]:
    """The evidence of 10,000 tests, of which 200 failed."""
    failing = set(range(0, TESTS, TESTS // DETAILS))
    evidence = make_evidence(
        {
            f"tests/unit/area_{number // 1000:02}/test_module_{number // 50:03}.py::TestCase::test_{number % 50:02}": (
                TestState.FAILED if number in failing else TestState.PASSED
            )
            for number in range(TESTS)
        }
    )
    # As long as what pytest says of a failure; of each upload a duration differs, so that each is evidence of its own.
    details = tuple(replace(detail, message="assert left == right\n" * 40) for detail in evidence.details)
    number = 0

    def calls(store: Store, count: int) -> list[Call]:
        nonlocal number
        made: list[Call] = []
        for _ in range(count):
            number += 1
            durations = number.to_bytes(4, "little") * TESTS
            made.append(_upload(replace(evidence, details=details, durations=durations)))
        return made

    def read(messages: Iterator[evidence_service_pb2.UploadEvidenceRequest]) -> Callable[[], Request]:
        start, chunks = opened(messages)
        request_id = check_request_id(start.request_id)
        digest = check_digest(start.evidence_digest, "start.evidence_digest")
        evidence_from_chunks(chunks)
        return lambda: Request.of("UploadEvidence", request_id, digest)

    return Scene(
        name=f"UploadEvidence of {TESTS} tests",
        method=_UPLOAD,
        kind=evidence_service_pb2.UploadEvidenceRequest,
        per_round=3,
        calls=calls,
        read=read,
    )


_UPLOAD = "/autopack.store.v1.EvidenceService/UploadEvidence"


def _upload(evidence: Evidence) -> Call:
    def part(chunk: evidence_pb2.EvidenceChunk) -> bytes:
        return evidence_service_pb2.UploadEvidenceRequest(chunk=chunk).SerializeToString()

    start = evidence_service_pb2.UploadEvidenceStart(
        request_id=new_request_id(),
        evidence_digest=evidence_digest(evidence),
        kept_chunks=None,
        test_set_digest=None,
        attempt_side=None,
        baseline_key=None,
        replaces_baseline=False,
    )
    opening = evidence_service_pb2.UploadEvidenceRequest(start=start).SerializeToString()
    return [opening, *map(part, evidence_chunks(evidence))]


def _builder_call(result: BuilderResult) -> Call:
    def part(chunk: builder_result_pb2.BuilderResultChunk) -> bytes:
        return result_service_pb2.RecordBuilderResultRequest(chunk=chunk).SerializeToString()

    start = result_service_pb2.RecordBuilderResultStart(
        request_id=new_request_id(),
        attempt=attempt_ref_to_wire(result.attempt),
        result_digest=builder_result_digest(result),
    )
    opening = result_service_pb2.RecordBuilderResultRequest(start=start).SerializeToString()
    return [opening, *map(part, builder_result_chunks(result))]


def _builder_result(attempt: AttemptRef) -> BuilderResult:
    line = b"+    return total - discount  # rounded to the cent\n"
    files = ChangedFiles.of(
        tuple(
            ChangedFile(
                path=f"src/package/area/module_{number:02}.py",
                old_path=None,
                kind=ChangeKind.MODIFIED,
                lines_added=50,
                lines_removed=20,
                binary=False,
            )
            for number in range(40)
        )
    )
    added, removed = line_totals(files.files)
    return BuilderResult(
        attempt=attempt,
        status=BuilderStatus.SUCCESS,
        patch=(line * (PATCH_BYTES // len(line) + 1))[:PATCH_BYTES],
        changed_files=files,
        lines_added=added,
        lines_removed=removed,
        builder_attempts=1,
        tokens=TokenUsage(total=12_000, prompt=10_000, completion=2_000),
        duration_ms=60_000,
        model="a-model",
        stop_reason=StopReason.END_TURN,
        truncated=False,
        notes="What was done, and why.\n" * 20,
        probes=tuple(
            Probe(type=kind, exit_code=0, stdout="all is well\n" * 200, stderr="", duration_ms=900)
            for kind in (ProbeType.PYTEST, ProbeType.LINT)
        ),
        suggested_issues=tuple(
            Issue(
                key=f"issue-{number}",
                severity=Severity.LOW,
                category=IssueCategory.MAINTAINABILITY,
                source=IssueSource.BUILDER,
                evidence_refs=("src/package/area/module_01.py",),
                description="This could be said more simply. " * 10,
            )
            for number in range(10)
        ),
    )


def _new_attempt(store: Store) -> AttemptRef:
    ref = AttemptRef(run_id=f"run-{new_request_id()}", phase="gate", attempt=1)
    spec = RunSpec(
        run_id=ref.run_id,
        repository="/repository",
        base=Tree(revision="a" * 40, tree="b" * 40),
        head=Tree(revision="c" * 40, tree="d" * 40),
        candidate=CandidateKind.COMMIT,
        interpreter="/usr/bin/python3",
        arguments=(),
        setup=None,
        timeout_ms=1000,
    )
    message = run_service_pb2.CreateRunRequest(
        request_id=new_request_id(), spec=run_spec_to_wire(spec), attempt=attempt_ref_to_wire(ref)
    )
    store.call("/autopack.store.v1.RunService/CreateRun", [message.SerializeToString()])
    return ref
