"""Keep what came of a large upload, so that it can go on when its stream breaks."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from autopack_store.domain.errors import UploadLost
from autopack_store.ports import Clock, Database

ChunkT = TypeVar("ChunkT")

KEEP_BYTES = 4 * 1024 * 1024
"""Chunks are kept together when they have so many bytes; an upload that has fewer is repeated as a whole."""

_READ_CHUNKS = 8


class KeptUpload(Generic[ChunkT]):
    """The chunks of one upload of evidence, of which ``size`` says how many bytes ``encode`` makes, and ``decode``
    undoes that.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        request_id: str,
        evidence_digest: str,
        size: Callable[[ChunkT], int],
        encode: Callable[[ChunkT], bytes],
        decode: Callable[[bytes], ChunkT],
    ) -> None:
        self._database = database
        self._clock = clock
        self._request_id = request_id
        self._evidence_digest = evidence_digest
        self._size = size
        self._encode = encode
        self._decode = decode

    def all(self, kept: int, coming: Iterator[ChunkT]) -> Iterator[ChunkT]:
        """The ``kept`` first chunks from earlier streams, then those that are ``coming``, which are kept on the way.

        Raises UploadLost when there are fewer than that; those beyond are dropped.
        """
        if kept:
            yield from self._earlier(kept)
        waiting: list[ChunkT] = []
        total, position = 0, kept
        for chunk in coming:
            waiting.append(chunk)
            total += self._size(chunk)
            if total >= KEEP_BYTES:
                self._keep(position, waiting)
                position += len(waiting)
                waiting, total = [], 0
            yield chunk

    def drop(self) -> None:
        """Forget the chunks: they do not come to what was announced."""
        with self._database.write() as store:
            store.uploads.drop(self._request_id, 0)

    def _earlier(self, kept: int) -> Iterator[ChunkT]:
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
            yield from map(self._decode, chunks)

    def _lost(self, there: int, kept: int) -> UploadLost:
        return UploadLost(
            f"upload {self._request_id}: {there} chunks are kept, not {kept}; ask with GetUpload, or send all",
            subject=self._request_id,
        )

    def _keep(self, position: int, chunks: list[ChunkT]) -> None:
        with self._database.write() as store:
            store.uploads.keep(
                self._request_id, self._evidence_digest, position, [*map(self._encode, chunks)], self._clock()
            )
