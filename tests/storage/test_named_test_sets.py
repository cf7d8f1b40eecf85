"""Uploads that name their test ids instead of sending them: through the whole store behind a real socket."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

import grpc
import pytest
from sqlalchemy import URL, Engine, func, select

from autopack.store.v1 import evidence_service_pb2 as pb
from autopack.store.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from autopack_clients.store import StoreClient
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.wire import evidence_chunks
from autopack_model.fields import given
from autopack_rpc.client.retrying import Repeatable
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_store.schema.tables.evidence import test_set
from autopack_store.unit_of_work import Clock, SqlDatabase, UnitOfWork
from autopack_store.upkeep.limits import Limits, Removed
from autopack_store.upkeep.retention import Retention
from tests.fakes.evidence import make_evidence
from tests.storage.conftest import Ticks
from tests.storage.uploading import connected, progress, rows, served, served_from, stored, upload

AnswerT = TypeVar("AnswerT")
PartT = TypeVar("PartT")

NAMES = [f"tests/test_{number:04}.py::test" for number in range(9000)]
PASSED = make_evidence(dict.fromkeys(NAMES, TestState.PASSED))
MIXED = make_evidence(
    {name: TestState.FAILED if number % 7 == 0 else TestState.PASSED for number, name in enumerate(NAMES)}
)
FEWER = make_evidence(dict.fromkeys(NAMES[1:], TestState.PASSED))
UNKNOWN = TestIds.of(["elsewhere"]).digest
TESTS_CHUNKS = len([chunk for chunk in evidence_chunks(PASSED) if chunk.HasField("test_ids")])


def found(store: EvidenceServiceStub, digest: str) -> int | None:
    """How many ids the store says that it has."""
    answer = store.FindTestSet(pb.FindTestSetRequest(test_set_digest=digest))
    return given(answer.HasField("test_count"), answer.test_count)


def test_ids_that_are_stored_need_not_be_sent(url: URL, engine: Engine) -> None:
    """Evidence whose test ids are named is stored as if they had been sent, and they are stored once."""
    with served(url) as store:
        assert found(store, PASSED.test_set_digest) is None
        upload(store, PASSED)
        assert len(NAMES) == found(store, PASSED.test_set_digest)
        answer = upload(store, MIXED, request_id="upload-2", named=PASSED.test_set_digest)
        assert (False, False) == (answer.already_present, answer.replayed)
        assert MIXED == stored(store, evidence_digest(MIXED))
    with engine.connect() as connection:
        assert 1 == connection.scalar(select(func.count()).select_from(test_set))


def test_the_answer_is_the_same_whether_ids_are_named_or_sent(url: URL) -> None:
    """Evidence that was stored with its ids sent is there already when it comes with its ids named."""
    with served(url) as store:
        sent = upload(store, PASSED)
        named = upload(store, PASSED, request_id="upload-2", named=PASSED.test_set_digest)
        assert (sent.facts_digest, True) == (named.facts_digest, named.already_present)


def test_unknown_ids_cannot_be_named(url: URL, engine: Engine) -> None:
    """Evidence that names ids which the store does not have is refused: another stream, with the ids, may succeed."""
    with served(url) as store:
        with pytest.raises(RemoteError) as caught:
            upload(store, PASSED, named=PASSED.test_set_digest)
        assert (grpc.StatusCode.UNAVAILABLE, "UPLOAD_LOST") == (caught.value.code, caught.value.reason)
        assert (0, 0) == rows(engine)
        assert not upload(store, PASSED).already_present


def test_other_ids_cannot_be_named(url: URL, engine: Engine) -> None:
    """Evidence that names other ids than its own is refused, whether these are as many or not, and nothing stays."""
    others = make_evidence({f"{name}_other": TestState.PASSED for name in NAMES})
    with served(url) as store:
        for number, other in enumerate((others, FEWER)):
            upload(store, other, request_id=f"other-{number}")
            with pytest.raises(RemoteError) as caught:
                upload(store, PASSED, request_id=f"mine-{number}", named=other.test_set_digest)
            assert grpc.StatusCode.INVALID_ARGUMENT is caught.value.code
        with pytest.raises(RemoteError):
            stored(store, evidence_digest(PASSED))
    assert (0, 2) == rows(engine)


def test_ids_that_are_named_must_not_be_sent(url: URL, engine: Engine) -> None:
    """A stream that names its ids and sends some is refused by the field's name."""

    def parts() -> Iterator[pb.UploadEvidenceRequest]:
        digest = evidence_digest(MIXED)
        start = pb.UploadEvidenceStart(
            request_id="both",
            evidence_digest=digest,
            kept_chunks=None,
            test_set_digest=MIXED.test_set_digest,
            attempt_side=None,
            baseline_key=None,
            replaces_baseline=False,
        )
        yield pb.UploadEvidenceRequest(start=start)
        for chunk in evidence_chunks(MIXED):
            yield pb.UploadEvidenceRequest(chunk=chunk)

    with served(url) as store:
        upload(store, PASSED)
        with pytest.raises(RemoteError, match="named at the start") as caught, remote_errors():
            store.UploadEvidence(parts())
        assert ["chunk.test_ids"] == [*caught.value.violations]
    assert (0, 1) == rows(engine)


class Sent(grpc.StreamUnaryClientInterceptor):
    """Counts the chunks of test ids in each stream of an upload; ``before`` is called when a stream begins."""

    def __init__(self, before: Callable[[int], None] = lambda _: None) -> None:
        self.streams: list[int] = []
        self._before = before

    def intercept_stream_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Iterator[PartT]], AnswerT],
        client_call_details: grpc.ClientCallDetails,
        request_iterator: Iterator[PartT],
    ) -> AnswerT:
        """Hand the call on, with parts that are counted."""
        assert isinstance(request_iterator, Repeatable)
        upload: Repeatable[PartT] = request_iterator
        return continuation(client_call_details, Repeatable(lambda: self._counted(upload.again())))

    def _counted(self, parts: Iterator[PartT]) -> Iterator[PartT]:
        number = len(self.streams)
        self.streams.append(0)
        for part in parts:
            assert isinstance(part, pb.UploadEvidenceRequest)
            self._before(number)
            self.streams[number] += part.chunk.HasField("test_ids")
            yield part


def test_the_executor_sends_ids_once(url: URL) -> None:
    """Of suite runs over the same tests only the first one's ids are sent."""
    sent = Sent()
    with connected(url) as opened:
        store = StoreClient(grpc.intercept_channel(opened, sent))
        for evidence in (PASSED, MIXED, FEWER):
            assert evidence == store.evidence(store.upload(evidence))
    assert [TESTS_CHUNKS, 0, TESTS_CHUNKS] == sent.streams


def test_the_executor_sends_ids_that_were_removed_meanwhile(url: URL, engine: Engine) -> None:
    """When retention removes the test ids between the question and the upload, all of them are sent after all."""
    removed: list[Removed] = []

    def remove(stream: int) -> None:
        if stream == 1 and not removed:
            removed.extend(Retention(engine, Ticks()).remove(ALL))

    sent = Sent(before=remove)
    with connected(url) as opened:
        store = StoreClient(grpc.intercept_channel(opened, sent))
        store.upload(PASSED)
        assert MIXED == store.evidence(store.upload(MIXED))
        assert 1 == sum(removed, start=Removed()).test_sets
        assert not progress(EvidenceServiceStub(opened), MIXED).kept_chunks
    assert [TESTS_CHUNKS, 0, TESTS_CHUNKS] == sent.streams


class Interrupted:
    """A database with which ``meanwhile`` happens once, just before it is written to for the first time."""

    def __init__(self, database: SqlDatabase, meanwhile: Callable[[], None]) -> None:
        self._database = database
        self._waiting = [meanwhile]

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """See ``Database``."""
        return self._database.read()

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """See ``Database``."""
        while self._waiting:
            self._waiting.pop()()
        return self._database.write()


def test_ids_that_go_while_columns_come_are_lost(url: URL, engine: Engine, database: SqlDatabase, clock: Clock) -> None:
    """When retention removes named ids while the stream is read, nothing is stored, and another stream may succeed."""
    removed: list[Removed] = []
    with served(url) as store:
        upload(store, PASSED)
    interrupted = Interrupted(database, lambda: removed.extend(Retention(engine, Ticks()).remove(ALL)))
    with served_from(interrupted, clock) as store:
        with pytest.raises(RemoteError) as caught:
            upload(store, MIXED, request_id="upload-2", named=PASSED.test_set_digest)
        assert (grpc.StatusCode.UNAVAILABLE, "UPLOAD_LOST") == (caught.value.code, caught.value.reason)
        assert 1 == sum(removed, start=Removed()).test_sets
        assert (0, 0) == rows(engine)
        upload(store, MIXED, request_id="upload-2")
        assert MIXED == stored(store, evidence_digest(MIXED))


ALL = Limits(cutoff_ms=1 << 60, keep_runs=0, uploads_from_ms=1 << 60)
