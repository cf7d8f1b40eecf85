"""Evidence in SQL: one row per suite run, its columns compressed, and one row per distinct list of test ids."""

from google.protobuf.message import DecodeError
from sqlalchemy import Connection, Row, select

from autopack.results.v1 import evidence_pb2, suite_run_pb2
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.evidence.wire import detail_from_wire, detail_to_wire
from autopack_model.suite_run.wire import collector_from_wire, collector_to_wire, suite_run_from_wire, suite_run_to_wire
from autopack_store.domain.errors import DataLoss
from autopack_store.storage.compression import packed, unpacked, unpacked_pieces
from autopack_store.storage.id_list import decoded
from autopack_store.storage.insertion import insert_new
from autopack_store.storage.schema import evidence as table
from autopack_store.storage.schema import test_set
from autopack_store.storage.test_sets import SqlTestSets


class SqlEvidenceStore:
    """Content-addressed: what is read back is compared with its digest, every time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, digest: str, facts_digest: str, evidence: Evidence | EvidenceColumns, created_at_ms: int) -> bool:
        """See ``EvidenceStore``."""
        if self.facts_digest(digest) is not None:
            return False
        if isinstance(evidence, Evidence):
            SqlTestSets(self._connection).add(evidence.test_set_digest, evidence.test_ids)
        run = evidence.suite_run
        collectors = evidence_pb2.Collectors(collectors=map(collector_to_wire, run.recorder.collectors))
        details = evidence_pb2.Details(details=map(detail_to_wire, evidence.details))
        row = {
            "evidence_digest": digest,
            "facts_digest": facts_digest,
            "test_set_digest": evidence.test_set_digest,
            "suite_run": packed(suite_run_to_wire(run).SerializeToString()),
            "collectors": packed(collectors.SerializeToString()),
            "states": packed(evidence.states),
            "durations": packed(evidence.durations),
            "details": packed(details.SerializeToString()),
            "created_at_ms": created_at_ms,
        }
        return insert_new(self._connection, table, row)

    def test_count(self, test_set_digest: str) -> int | None:
        """See ``EvidenceStore``."""
        return self._connection.execute(
            select(test_set.c.test_count).where(test_set.c.test_set_digest == test_set_digest)
        ).scalar_one_or_none()

    def get(self, digest: str) -> Evidence | None:
        """See ``EvidenceStore``."""
        row = self._connection.execute(
            select(table, test_set.c.test_ids)
            .join(test_set, table.c.test_set_digest == test_set.c.test_set_digest)
            .where(table.c.evidence_digest == digest)
        ).one_or_none()
        if row is None:
            return None
        what = f"evidence {digest}"
        try:
            evidence = _evidence(row, what)
        except (DecodeError, InvalidValue) as error:
            raise DataLoss(f"{what}: is damaged ({error}); restore the database from a backup", subject=what) from error
        if evidence_digest(evidence) != digest:
            raise DataLoss(f"{what}: is damaged (its digest differs); restore the database from a backup", subject=what)
        return evidence

    def facts_digest(self, digest: str) -> str | None:
        """See ``EvidenceStore``."""
        return self._connection.execute(
            select(table.c.facts_digest).where(table.c.evidence_digest == digest)
        ).scalar_one_or_none()


def _evidence(row: Row[tuple[object, ...]], what: str) -> Evidence:
    blobs = {name: unpacked(getattr(row, name), what) for name in _BLOBS}
    test_ids = decoded(unpacked_pieces(row.test_ids, what), what)
    collectors = evidence_pb2.Collectors.FromString(blobs["collectors"])
    details = evidence_pb2.Details.FromString(blobs["details"])
    return Evidence(
        suite_run=suite_run_from_wire(
            suite_run_pb2.SuiteRun.FromString(blobs["suite_run"]),
            [collector_from_wire(message, "collectors") for message in collectors.collectors],
        ),
        test_ids=test_ids,
        states=blobs["states"],
        durations=blobs["durations"],
        details=tuple(detail_from_wire(message) for message in details.details),
    )


_BLOBS = ("suite_run", "collectors", "states", "durations", "details")
