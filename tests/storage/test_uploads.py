"""Uploads whose stream breaks, and go on: through the whole store behind a real socket."""

import grpc
import pytest
from sqlalchemy import URL, Engine

from autopack.results.v1 import evidence_pb2
from autopack.store.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks
from autopack_rpc.errors import RemoteError
from autopack_rpc.stream_end import BROKE_OFF
from tests.fakes.evidence import make_evidence
from tests.storage.uploading import PLAIN, Broken, progress, rows, served, served_plainly, stored, upload


@pytest.fixture(scope="module")
def large() -> Evidence:
    """Evidence of which several parts are kept: about 13 MiB."""
    return make_evidence({f"tests/{'x' * 240}_{number:05}.py::test": TestState.PASSED for number in range(50_000)})


def break_off(
    store: EvidenceServiceStub, sent: Evidence, engine: Engine, *, until: int, kept: int | None = None
) -> int:
    """Send a part, break off when the store keeps more of it than before, and say how many chunks these are."""
    with pytest.raises(Broken):
        upload(store, sent, until=until, kept=kept, when=lambda: rows(engine)[0] > (kept or 0))
    return progress(store, sent).kept_chunks


def test_an_upload_goes_on_where_it_broke_off(url: URL, engine: Engine, large: Evidence) -> None:
    """What was kept need not be sent again, over any number of breaks and a restart of the store, and nothing of it
    stays when the evidence is there.
    """
    count = len(list(evidence_chunks(large)))
    with served(url) as store:
        first = break_off(store, large, engine, until=count * 3 // 5)
        assert 0 < first <= count * 3 // 5
    with served(url) as store:
        second = break_off(store, large, engine, until=count - 1, kept=first)
        assert first < second < count
        answer = upload(store, large, kept=second)
        assert not answer.already_present
        assert large == stored(store, evidence_digest(large))
    assert (0, 1) == rows(engine)


def test_a_stream_that_stops_without_its_end_has_broken_off(url: URL, engine: Engine, large: Evidence) -> None:
    """What looks like the end of a stream is none unless the stream says so: what came is kept, and refused for now."""
    count = len(list(evidence_chunks(large)))
    with served(url) as store, served_plainly(url) as without_end:
        with pytest.raises(RemoteError) as caught:
            upload(without_end, large, until=count - 1, breaking=False, metadata=PLAIN)
        assert (grpc.StatusCode.UNAVAILABLE, BROKE_OFF) == (caught.value.code, caught.value.reason)
        kept = progress(store, large).kept_chunks
        assert 0 < kept < count

        with pytest.raises(RemoteError) as caught:
            upload(without_end, large, kept=kept, metadata=PLAIN)
        assert BROKE_OFF == caught.value.reason
        assert not progress(store, large).already_present

        upload(store, large, kept=kept)
        assert large == stored(store, evidence_digest(large))
    assert (0, 1) == rows(engine)


def test_an_upload_may_begin_again(url: URL, engine: Engine, large: Evidence) -> None:
    """Who does not ask what is kept, and sends everything, is right too."""
    with served(url) as store:
        break_off(store, large, engine, until=len(list(evidence_chunks(large))) - 1)
        upload(store, large)
        assert large == stored(store, evidence_digest(large))
    assert (0, 1) == rows(engine)


def test_more_than_is_kept_is_refused(url: URL, engine: Engine, large: Evidence) -> None:
    """A stream that leaves out chunks that the store does not have is refused, and what is kept stays."""
    with served(url) as store:
        kept = break_off(store, large, engine, until=len(list(evidence_chunks(large))) - 1)
        with pytest.raises(RemoteError) as caught:
            upload(store, large, kept=1_000_000)
        assert (grpc.StatusCode.UNAVAILABLE, "UPLOAD_LOST") == (caught.value.code, caught.value.reason)
        assert kept <= progress(store, large).kept_chunks


def test_an_upload_that_is_done_is_answered_at_once(url: URL, engine: Engine, large: Evidence) -> None:
    """A stream that comes after its twin is done gets the first answer, whatever it leaves out, and keeps nothing."""
    with served(url) as store:
        first = upload(store, large)
        for kept in (None, 20, 1_000_000):
            again = upload(store, large, kept=kept)
            assert (first.facts_digest, False, True) == (again.facts_digest, again.already_present, again.replayed)
    assert (0, 1) == rows(engine)


def test_uploads_do_not_touch(url: URL, engine: Engine, large: Evidence) -> None:
    """What one request keeps is nothing to another one of the same evidence, nor to the same one of other evidence."""
    other = make_evidence({"tests/test_a.py::test": TestState.PASSED})
    with served(url) as store:
        break_off(store, large, engine, until=len(list(evidence_chunks(large))) - 1)
        assert 0 == progress(store, large, "upload-2").kept_chunks
        assert 0 == progress(store, other).kept_chunks
        with pytest.raises(RemoteError) as caught:
            upload(store, large, kept=1, request_id="upload-2")
        assert "UPLOAD_LOST" == caught.value.reason


def test_what_does_not_come_to_its_digest_is_dropped(url: URL, engine: Engine, large: Evidence) -> None:
    """Evidence that is not what was announced is refused, and the next stream begins from nothing."""
    with served(url) as store:
        with pytest.raises(RemoteError) as caught:
            upload(store, large, digest=evidence_digest(make_evidence({})))
        assert grpc.StatusCode.INVALID_ARGUMENT is caught.value.code
    assert (0, 0) == rows(engine)


def test_a_small_upload_is_not_kept(url: URL, engine: Engine) -> None:
    """Of an upload that is soon sent again nothing is kept when it breaks off."""
    small = make_evidence({f"tests/test_{number:04}.py::test": TestState.PASSED for number in range(9000)})
    with served(url) as store:
        with pytest.raises(Broken):
            upload(store, small, until=2)
        assert 0 == progress(store, small).kept_chunks
        assert not progress(store, small).already_present
        upload(store, small)
        assert progress(store, small).already_present
    assert (0, 1) == rows(engine)


def test_no_chunk_is_near_the_limit_of_a_message(large: Evidence) -> None:
    """Chunks of long ids are cut as small as all others."""
    assert max(map(evidence_pb2.EvidenceChunk.ByteSize, evidence_chunks(large))) < 1024 * 1024
