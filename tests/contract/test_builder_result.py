"""Builder results of the contract, through a real store and back."""

from collections.abc import Callable
from dataclasses import replace

import grpc
import pytest

from autopack.results.v1 import builder_result_pb2
from autopack.store.v1 import result_service_pb2, result_service_pb2_grpc
from autopack_clients.errors import ResultRefused, StoreNotFound
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.value import BuilderResult, BuilderStatus, Probe, ProbeType, StopReason
from autopack_model.builder_result.wire import builder_result_chunks
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Severity
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.issue.value import Issue, IssueCategory, IssueSource
from autopack_model.run.value import RunType
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role
from tests.contract.store_server import TOKENS, StoreServer
from tests.fakes.results import PATCH, make_builder_result
from tests.fakes.store import make_spec

STATUS_TAG = builder_result_pb2.BuilderResult.STATUS_FIELD_NUMBER << 3
"""What stands before the status's number on the wire."""


def _minimal(attempt: AttemptRef) -> BuilderResult:
    return BuilderResult(
        attempt=attempt,
        status=BuilderStatus.FAILED,
        patch=b"",
        changed_files=ChangedFiles.unknown("nobody looked"),
        lines_added=None,
        lines_removed=None,
        builder_attempts=1,
        tokens=None,
        duration_ms=0,
        model=None,
        stop_reason=None,
        truncated=False,
        notes="",
        probes=(),
        suggested_issues=(),
    )


def _there_and_back(store: StoreServer, result: BuilderResult) -> BuilderResult:
    assert builder_result_digest(result) == store.results.record_builder_result(result)
    recorded = store.results.builder_result(result.attempt)
    assert builder_result_digest(result) == recorded.result_digest
    return recorded.result


def test_minimal(store: StoreServer) -> None:
    """A result of which next to nothing is known is read back equal: what is unknown stays unknown."""
    result = _minimal(store.start_run())

    assert result == _there_and_back(store, result)


def test_full(store: StoreServer) -> None:
    """A result in which every field is filled is read back equal, a large patch in chunks included."""
    result = make_builder_result(store.start_run(), patch=PATCH + b"#" * 3 * 1024 * 1024)

    assert result == _there_and_back(store, result)


def test_nothing_is_known_twice_as_nothing(store: StoreServer) -> None:
    """Files that are known to be none are read back as EMPTY, with totals of zero, and not as UNKNOWN."""
    attempt = store.start_run()
    result = replace(
        _minimal(attempt),
        status=BuilderStatus.SUCCESS,
        changed_files=ChangedFiles.of(()),
        lines_added=0,
        lines_removed=0,
    )

    assert result == _there_and_back(store, result)


@pytest.mark.parametrize("status", list(BuilderStatus))
def test_every_status(store: StoreServer, status: BuilderStatus) -> None:
    """Each status is read back as itself."""
    assert status is _there_and_back(store, make_builder_result(store.start_run(), status=status)).status


@pytest.mark.parametrize("reason", list(StopReason))
def test_every_stop_reason(store: StoreServer, reason: StopReason) -> None:
    """Each stop reason is read back as itself."""
    assert reason is _there_and_back(store, replace(_minimal(store.start_run()), stop_reason=reason)).stop_reason


def test_a_suggested_issue(store: StoreServer) -> None:
    """A suggested issue keeps its key, severity, category, source, references and description."""
    issue = Issue(
        key="slow-start",
        severity=Severity.LOW,
        category=IssueCategory.PERFORMANCE,
        source=IssueSource.BUILDER,
        evidence_refs=("src/app.py:3", "job 7"),
        description="starts slowly\n",
    )

    assert (issue,) == _there_and_back(
        store, replace(_minimal(store.start_run()), suggested_issues=(issue,))
    ).suggested_issues


def test_a_probe(store: StoreServer) -> None:
    """A probe keeps its type, exit code (a signal's too), outputs and duration."""
    probe = Probe(type=ProbeType.TYPE_CHECK, exit_code=-9, stdout="söme\n", stderr="x" * 65_536, duration_ms=2250)

    assert (probe,) == _there_and_back(store, replace(_minimal(store.start_run()), probes=(probe,))).probes


def test_the_run_is_as_the_store_holds_it(store: StoreServer) -> None:
    """Run type and allowed paths come from the run's specification; a result has no field to claim them."""
    spec = replace(make_spec("of-a-type", base=False), run_type=RunType.REPAIR, allowed_paths=("src",))
    attempt = store.start_run(spec)
    store.results.record_builder_result(make_builder_result(attempt))
    recorded = store.results.builder_result(attempt)

    assert (RunType.REPAIR, ("src",)) == (recorded.run_type, recorded.allowed_paths)
    fields = builder_result_pb2.BuilderResult.DESCRIPTOR.fields_by_name
    assert set() == {"run_type", "allowed_paths"} & set(fields)


def test_a_success_outside_of_the_allowed_paths_is_refused(store: StoreServer) -> None:
    """A success that touches what the run does not allow is refused, naming the field and the file."""
    attempt = store.start_run(replace(make_spec("for-docs", base=False), allowed_paths=("docs",)))

    with pytest.raises(ResultRefused, match=r"status: .*src/app\.py"):
        store.results.record_builder_result(make_builder_result(attempt))


@pytest.mark.parametrize(
    ("contradict", "path"),
    [
        (lambda result: replace(result, truncated=True), "status"),
        (lambda result: replace(result, stop_reason=StopReason.MAX_TOKENS), "status"),
        (lambda result: replace(result, patch=b""), "status"),
        (lambda result: replace(result, lines_added=7), "lines_added"),
        (lambda result: replace(result, lines_removed=None), "lines_removed"),
        (
            lambda result: replace(result, changed_files=ChangedFiles.of(()), lines_added=0, lines_removed=0),
            "changed_files.status",
        ),
        (lambda result: replace(result, builder_attempts=0), "builder_attempts"),
        (lambda result: replace(result, notes="x" * 65_537), "notes"),
    ],
)
def test_contradictions_have_no_value(contradict: Callable[[BuilderResult], BuilderResult], path: str) -> None:
    """A result that contradicts itself, or is over a limit, cannot even be made; the field is named."""
    with pytest.raises(InvalidValue) as caught:
        contradict(make_builder_result())
    assert path == caught.value.path


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a\0b"])
def test_paths_stay_inside(path: str) -> None:
    """A changed file outside of the repository cannot be made."""
    with pytest.raises(InvalidValue, match="path"):
        ChangedFile(path=path, old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=0, binary=False)


def _send(store: StoreServer, chunks: list[builder_result_pb2.BuilderResultChunk], result: BuilderResult) -> None:
    """Record ``chunks`` as they are, under the digest of ``result``."""
    start = result_service_pb2.RecordBuilderResultStart(
        request_id=f"raw-{result.attempt.run_id}",
        attempt=attempt_ref_to_wire(result.attempt),
        result_digest=builder_result_digest(result),
    )
    requests = [
        result_service_pb2.RecordBuilderResultRequest(start=start),
        *(result_service_pb2.RecordBuilderResultRequest(chunk=chunk) for chunk in chunks),
    ]
    with channel(store.address, token=TOKENS.of(Role.EXECUTOR)) as opened, remote_errors():
        result_service_pb2_grpc.ResultServiceStub(opened).RecordBuilderResult(iter(requests))


@pytest.mark.parametrize("number", [0, 99])
def test_a_status_that_nobody_knows_is_refused(store: StoreServer, number: int) -> None:
    """A status that is not given, or of an unknown number, is refused by the server and never becomes a default."""
    result = make_builder_result(store.start_run())
    chunks = list(builder_result_chunks(result))
    chunks[0].result.MergeFromString(bytes([STATUS_TAG, number]))

    with pytest.raises(RemoteError) as caught:
        _send(store, chunks, result)
    assert grpc.StatusCode.INVALID_ARGUMENT is caught.value.code
    assert ["result.status"] == list(caught.value.violations)


def test_drifted_fields_are_refused_on_the_wire(store: StoreServer) -> None:
    """A field that the contract does not know, as a drifted client would send it, is refused and never dropped."""
    result = make_builder_result(store.start_run())
    chunks = list(builder_result_chunks(result))
    # Field 99 inside of the result, as `output` would be when the server knew only `patch`.
    inner = chunks[0].result.SerializeToString() + b"\x9a\x06\x05patch"
    chunks[0].result.ParseFromString(inner)

    with pytest.raises(RemoteError, match="field 99") as caught:
        _send(store, chunks, result)
    assert (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_FIELDS") == (caught.value.code, caught.value.reason)


@pytest.mark.parametrize("lost", ["patch", "changed_files", "probe", "suggested_issues"])
def test_a_part_that_got_lost_is_noticed(store: StoreServer, lost: str) -> None:
    """A result of which a part is lost on the way is refused: it does not come to its digest."""
    result = make_builder_result(store.start_run())
    chunks = [chunk for chunk in builder_result_chunks(result) if chunk.WhichOneof("part") != lost]

    with pytest.raises(RemoteError) as caught:
        _send(store, chunks, result)
    assert grpc.StatusCode.INVALID_ARGUMENT is caught.value.code
    with pytest.raises(StoreNotFound):
        store.results.builder_result(result.attempt)


def test_one_result_per_attempt(store: StoreServer) -> None:
    """The same result again gets the first answer; another one for the same attempt is refused."""
    attempt = store.start_run()
    result = make_builder_result(attempt)
    digests = {store.results.record_builder_result(result) for _ in range(2)}

    assert {builder_result_digest(result)} == digests
    with pytest.raises(ResultRefused, match="another builder result"):
        store.results.record_builder_result(make_builder_result(attempt, notes="something else"))
    assert result == store.results.builder_result(attempt).result
