"""Builder and auditor results in SQL: one row each with the whole record."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from sqlalchemy import Connection, Row, Table, insert, select

from autopack.results.v1 import auditor_result_pb2, builder_result_pb2
from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import AuditorResult, RecordedAuditorResult
from autopack_model.auditor_result.wire import auditor_result_chunks, auditor_result_from_chunks
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.value import BuilderResult
from autopack_model.builder_result.wire import builder_result_chunks, builder_result_from_chunks
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_store.database.attempt_key import attempt_row, is_attempt
from autopack_store.database.compression import framed, packed, unframed, unpacked
from autopack_store.errors import damaged
from autopack_store.schema.tables.decisions import auditor_result, builder_result

ChunkT = TypeVar("ChunkT", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBuilderResult:
    """A builder result and when it was recorded, milliseconds since the epoch, UTC."""

    result: BuilderResult
    result_digest: str
    recorded_at_ms: int


class SqlResultStore:
    """What is read back is compared with its digest, every time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_builder(self, result: BuilderResult, digest: str, created_at_ms: int) -> None:
        """Record the verified builder result of an attempt that has none."""
        row = {
            "result_digest": digest,
            "status": result.status,
            "record": packed(framed(chunk.SerializeToString() for chunk in builder_result_chunks(result))),
            "created_at_ms": created_at_ms,
        }
        self._connection.execute(insert(builder_result).values(attempt_row(result.attempt) | row))

    def builder(self, ref: AttemptRef) -> StoredBuilderResult | None:
        """The builder result, verified against its digest. Raises DataLoss."""
        row = self._row(builder_result, ref)
        if row is None:
            return None
        what = f"builder result of {ref}"
        try:
            found = builder_result_from_chunks(_chunks(row, builder_result_pb2.BuilderResultChunk, what))
        except (DecodeError, InvalidValue) as error:
            raise damaged(what, str(error)) from error
        if (builder_result_digest(found), found.attempt, found.status) != (row.result_digest, ref, row.status):
            raise damaged(what, "its digest or its status differs")
        return StoredBuilderResult(result=found, result_digest=row.result_digest, recorded_at_ms=row.created_at_ms)

    def add_auditor(self, result: AuditorResult, digest: str, created_at_ms: int) -> None:
        """Record the verified auditor result of an attempt that has none."""
        row = {
            "result_digest": digest,
            "recommendation": result.recommendation,
            "record": packed(framed(chunk.SerializeToString() for chunk in auditor_result_chunks(result))),
            "created_at_ms": created_at_ms,
        }
        self._connection.execute(insert(auditor_result).values(attempt_row(result.attempt) | row))

    def auditor(self, ref: AttemptRef) -> RecordedAuditorResult | None:
        """The auditor result, verified against its digest. Raises DataLoss."""
        row = self._row(auditor_result, ref)
        if row is None:
            return None
        what = f"auditor result of {ref}"
        try:
            found = auditor_result_from_chunks(_chunks(row, auditor_result_pb2.AuditorResultChunk, what))
        except (DecodeError, InvalidValue) as error:
            raise damaged(what, str(error)) from error
        said = (auditor_result_digest(found), found.attempt, found.recommendation)
        if said != (row.result_digest, ref, row.recommendation):
            raise damaged(what, "its digest or its recommendation differs")
        return RecordedAuditorResult(result=found, result_digest=row.result_digest, recorded_at_ms=row.created_at_ms)

    def _row(self, table: Table, ref: AttemptRef) -> Row[tuple[object, ...]] | None:
        return self._connection.execute(select(table).where(is_attempt(table, ref))).one_or_none()


def _chunks(row: Row[tuple[object, ...]], kind: type[ChunkT], what: str) -> Iterator[ChunkT]:
    return (kind.FromString(chunk) for chunk in unframed(unpacked(row.record, what), what))
