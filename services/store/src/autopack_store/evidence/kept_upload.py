"""Keep what came of a large upload, so that it can go on when its stream breaks."""

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from autopack.results.v1.evidence_pb2 import EvidenceChunk
from autopack_store.errors import UploadLost
from autopack_store.unit_of_work import Clock, Database

KEEP_BYTES = 4 * 1024 * 1024
"""Chunks are kept together when they have so many bytes; an upload that has fewer is repeated as a whole."""

_READ_CHUNKS = 8


class KeptUpload:
    """The chunks of one upload of evidence."""

    def __init__(self, database: Database, clock: Clock, *, request_id: str, evidence_digest: str) -> None:
        self._database = database
        self._clock = clock
        self._request_id = request_id
        self._evidence_digest = evidence_digest

    def all(self, kept: int, coming: Iterator[EvidenceChunk]) -> Generator[EvidenceChunk]:
        """The ``kept`` first chunks from earlier streams, then those that are ``coming``, which are kept on the way:
        beside what the caller makes of them, and not after the generator was closed.

        Raises UploadLost when there are fewer than that; those beyond are dropped.
        """
        if kept:
            yield from self._earlier(kept)
        waiting: list[EvidenceChunk] = []
        total, position = 0, kept
        keeping: Future[None] | None = None
        with ThreadPoolExecutor(1) as beside:
            for chunk in coming:
                waiting.append(chunk)
                total += chunk.ByteSize()
                if total >= KEEP_BYTES:
                    if keeping is not None:
                        keeping.result()
                    keeping = beside.submit(self._keep, position, waiting)
                    position += len(waiting)
                    waiting, total = [], 0
                yield chunk
            if keeping is not None:
                keeping.result()

    def drop(self) -> None:
        """Forget the chunks: they do not come to what was announced."""
        with self._database.write() as store:
            store.uploads.drop(self._request_id, 0)

    def _earlier(self, kept: int) -> Iterator[EvidenceChunk]:
        with self._database.write() as store:
            there = store.uploads.kept(self._request_id, self._evidence_digest)
            if there < kept:
                raise self._lost(there, kept)
            store.uploads.drop(self._request_id, kept)
        for start in range(0, kept, _READ_CHUNKS):
            with self._database.read() as store:
                chunks = store.uploads.chunks(self._request_id, start, min(start + _READ_CHUNKS, kept))
            if len(chunks) < min(_READ_CHUNKS, kept - start):
                # Another stream of the same upload came to its end meanwhile, or was refused.
                raise self._lost(start + len(chunks), kept)
            yield from map(EvidenceChunk.FromString, chunks)

    def _lost(self, there: int, kept: int) -> UploadLost:
        return UploadLost(
            f"upload {self._request_id}: {there} chunks are kept, not {kept}; ask with GetUpload, or send all",
            subject=self._request_id,
        )

    def _keep(self, position: int, chunks: list[EvidenceChunk]) -> None:
        encoded = [chunk.SerializeToString() for chunk in chunks]
        with self._database.write() as store:
            store.uploads.keep(self._request_id, self._evidence_digest, position, encoded, self._clock())
