"""Two streams of one upload at once: what one of them takes away, the other one does not make evidence of."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import islice

import grpc
import pytest
from sqlalchemy import URL, Engine

from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks
from autopack_rpc.errors import RemoteError
from autopack_store.unit_of_work import Clock, SqlDatabase, UnitOfWork
from tests.fakes.evidence import make_evidence
from tests.storage.uploading import REQUEST, rows, served, served_from, stored, upload

KEPT = 20
"""Chunks that are kept: they are read in more than one part."""

READS = {"before the first part": 2, "between two parts": 3}
"""Which look at the database finds chunks gone; the first one looks for an answer."""


class Interrupted:
    """A database with which ``meanwhile`` happens just before it is read for the ``number``th time."""

    def __init__(self, database: SqlDatabase, number: int, meanwhile: Callable[[], None]) -> None:
        self._database = database
        self._left = number
        self._meanwhile = meanwhile

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """See ``Database``."""
        self._left -= 1
        if self._left == 0:
            self._meanwhile()
        return self._database.read()

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """See ``Database``."""
        return self._database.write()


@pytest.fixture(scope="module")
def large() -> Evidence:
    """Evidence of more than ``KEPT`` chunks."""
    return make_evidence({f"tests/{'x' * 240}_{number:05}.py::test": TestState.PASSED for number in range(50_000)})


def keep(database: SqlDatabase, evidence: Evidence) -> None:
    """Leave the first chunks there, as a stream that broke."""
    chunks = [chunk.SerializeToString() for chunk in islice(evidence_chunks(evidence), KEPT)]
    assert KEPT == len(chunks)
    with database.write() as store:
        store.uploads.keep(REQUEST, evidence_digest(evidence), 0, chunks, 1)


@pytest.mark.parametrize("when", READS)
def test_a_twin_that_comes_to_its_end_answers_for_both(
    url: URL, engine: Engine, database: SqlDatabase, clock: Clock, large: Evidence, when: str
) -> None:
    """A stream whose kept chunks go because its twin is done gets the first answer, and the evidence is there once."""
    keep(database, large)
    with served(url) as twin:
        first = []
        interrupted = Interrupted(database, READS[when], lambda: first.append(upload(twin, large, kept=KEPT)))
        with served_from(interrupted, clock) as store:
            answer = upload(store, large, kept=KEPT)

        assert [(answer.facts_digest, False, False)] == [
            (done.facts_digest, done.already_present, done.replayed) for done in first
        ]
        assert (False, True) == (answer.already_present, answer.replayed)
        assert large == stored(twin, evidence_digest(large))
    assert (0, 1) == rows(engine)


@pytest.mark.parametrize("when", READS)
def test_a_twin_that_is_refused_costs_a_new_stream(
    url: URL, engine: Engine, database: SqlDatabase, clock: Clock, large: Evidence, when: str
) -> None:
    """A stream whose kept chunks go because its twin was refused is told that they are lost, which is not a fault of
    what it sends: as a whole the same upload is taken.
    """
    keep(database, large)
    small = make_evidence({"tests/test_a.py::test": TestState.PASSED})
    with served(url) as twin:

        def refused() -> None:
            with pytest.raises(RemoteError) as caught:
                upload(twin, small, digest=evidence_digest(large))
            assert grpc.StatusCode.INVALID_ARGUMENT is caught.value.code

        with served_from(Interrupted(database, READS[when], refused), clock) as store:
            with pytest.raises(RemoteError) as lost:
                upload(store, large, kept=KEPT)
            assert (grpc.StatusCode.UNAVAILABLE, "UPLOAD_LOST") == (lost.value.code, lost.value.reason)
            assert (0, 0) == rows(engine)

            assert not upload(store, large).already_present
        assert large == stored(twin, evidence_digest(large))
    assert (0, 1) == rows(engine)
