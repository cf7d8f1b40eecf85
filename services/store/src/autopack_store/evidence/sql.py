"""Evidence in SQL: one row per suite run, its columns compressed."""

from google.protobuf.message import DecodeError
from sqlalchemy import Connection, Row, select

from autopack.results.v1 import evidence_pb2, suite_run_pb2
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.evidence.wire import detail_from_wire, detail_to_wire
from autopack_model.suite_run.wire import collector_from_wire, collector_to_wire, suite_run_from_wire, suite_run_to_wire
from autopack_store.database.compression import packed, unpacked
from autopack_store.database.insertion import insert_new
from autopack_store.errors import damaged
from autopack_store.evidence.blocks import PackedTestIds
from autopack_store.evidence.test_sets import SqlTestSets
from autopack_store.schema.tables.evidence import evidence as table


class SqlEvidenceStore:
    """Content-addressed: what is read back is compared with its digest, every time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._test_sets = SqlTestSets(connection)

    def add(
        self,
        digest: str,
        facts_digest: str,
        evidence: Evidence | EvidenceColumns,
        created_at_ms: int,
        test_ids: PackedTestIds | None = None,
    ) -> bool:
        """Store verified evidence; False when it is there already. Of columns the ``test_ids`` are stored too, unless
        they are there.
        """
        if self.facts_digest(digest) is not None:
            return False
        if isinstance(evidence, Evidence):
            test_ids = PackedTestIds.of(map(list, evidence.test_ids.blocks))
        if test_ids is not None:
            self._test_sets.add(evidence.test_set_digest, test_ids)
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
            "durations": packed(_in_planes(evidence.durations)),
            "reruns": packed(evidence.reruns),
            "details": packed(details.SerializeToString()),
            "created_at_ms": created_at_ms,
        }
        return insert_new(self._connection, table, row)

    def test_count(self, test_set_digest: str) -> int | None:
        """How many test ids the list with this digest has; None when there is no such list."""
        return self._test_sets.count(test_set_digest)

    def get(self, digest: str) -> Evidence | None:
        """The evidence, verified against its digest. Raises DataLoss."""
        row = self._connection.execute(select(table).where(table.c.evidence_digest == digest)).one_or_none()
        if row is None:
            return None
        what = f"evidence {digest}"
        try:
            evidence = _evidence(row, self._test_sets.get(row.test_set_digest), what)
        except (DecodeError, InvalidValue) as error:
            raise damaged(what, str(error)) from error
        if evidence_digest(evidence) != digest:
            raise damaged(what, "its digest differs")
        return evidence

    def facts_digest(self, digest: str) -> str | None:
        """The digest of the facts of the evidence; None when there is no such evidence."""
        return self._connection.execute(
            select(table.c.facts_digest).where(table.c.evidence_digest == digest)
        ).scalar_one_or_none()


def _in_planes(durations: bytes) -> bytes:
    """First the lowest byte of each duration, then the next ones: mostly these are zeros, and pack to nothing."""
    return b"".join(durations[byte::_DURATION_BYTES] for byte in range(_DURATION_BYTES))


def _from_planes(planes: bytes) -> bytes:
    durations, count = bytearray(len(planes)), len(planes) // _DURATION_BYTES
    if len(planes) % _DURATION_BYTES:
        raise InvalidValue("durations", f"{len(planes)} bytes; expected {_DURATION_BYTES} each")
    for byte in range(_DURATION_BYTES):
        durations[byte::_DURATION_BYTES] = planes[byte * count : (byte + 1) * count]
    return bytes(durations)


def _evidence(row: Row[tuple[object, ...]], test_ids: TestIds, what: str) -> Evidence:
    blobs = {name: unpacked(getattr(row, name), what) for name in _BLOBS}
    collectors = evidence_pb2.Collectors.FromString(blobs["collectors"])
    details = evidence_pb2.Details.FromString(blobs["details"])
    return Evidence(
        suite_run=suite_run_from_wire(
            suite_run_pb2.SuiteRun.FromString(blobs["suite_run"]),
            [collector_from_wire(message, "collectors") for message in collectors.collectors],
        ),
        test_ids=test_ids,
        states=blobs["states"],
        durations=_from_planes(blobs["durations"]),
        reruns=blobs["reruns"],
        details=tuple(detail_from_wire(message) for message in details.details),
    )


_DURATION_BYTES = 4
_BLOBS = ("suite_run", "collectors", "states", "durations", "reruns", "details")
