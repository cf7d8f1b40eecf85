"""The leading chunks of uploads that are under way or whose stream broke, in SQL."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select

from autopack_store.database.compression import packer, unpacked
from autopack_store.database.insertion import insert_all_new
from autopack_store.schema.tables.upkeep import upload_chunk as table


class SqlUploadStore:
    """Chunks by the request id of their upload and their position, from 0."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def kept(self, request_id: str, evidence_digest: str) -> int:
        """How many chunks there are, from the first on without a gap."""
        count, last = self._connection.execute(
            select(func.count(), func.max(table.c.position)).where(
                table.c.request_id == request_id, table.c.evidence_digest == evidence_digest
            )
        ).one()
        return count if count and last == count - 1 else 0

    def chunks(self, request_id: str, start: int, end: int) -> Sequence[bytes]:
        """The chunks from position ``start`` to below ``end``, in order, as far as there are any. Raises DataLoss."""
        rows = self._connection.execute(
            select(table.c.chunk)
            .where(table.c.request_id == request_id, table.c.position >= start, table.c.position < end)
            .order_by(table.c.position)
        )
        return [unpacked(row.chunk, f"upload {request_id}") for row in rows]

    def keep(
        self, request_id: str, evidence_digest: str, start: int, chunks: Sequence[bytes], created_at_ms: int
    ) -> None:
        """Keep ``chunks``, of which the first has position ``start``. What is there stays."""
        pack = packer(quick=True)
        rows = [
            {
                "request_id": request_id,
                "position": position,
                "evidence_digest": evidence_digest,
                "chunk": pack(chunk),
                "created_at_ms": created_at_ms,
            }
            for position, chunk in enumerate(chunks, start)
        ]
        insert_all_new(self._connection, table, rows)

    def drop(self, request_id: str, start: int) -> None:
        """Drop the chunks from position ``start`` on."""
        self._connection.execute(delete(table).where(table.c.request_id == request_id, table.c.position >= start))
