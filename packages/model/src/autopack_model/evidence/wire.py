"""Evidence on the wire: a header, then columns in chunks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from autopack.results.v1 import evidence_pb2, outcome_pb2, suite_run_pb2
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import MAX_MESSAGE, Stage, TestDetail, TestState
from autopack_model.evidence.test_ids import GrowingTestIds
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.fields import batches, byte_batches, read_enum
from autopack_model.suite_run.value import CollectorOutcome, SuiteRun
from autopack_model.suite_run.wire import collector_from_wire, collector_to_wire, suite_run_from_wire, suite_run_to_wire

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _state: outcome_pb2.TestState.Members = TestState
    _stage: outcome_pb2.Stage.Members = Stage

_Chunk = evidence_pb2.EvidenceChunk


def evidence_chunks(evidence: Evidence, *, with_test_ids: bool = True) -> Iterator[evidence_pb2.EvidenceChunk]:
    """The evidence in chunks under 1 MiB: header first, then collectors, test ids, states, durations, reruns, details.

    The receiver has the test ids where these are left out.
    """
    yield _Chunk(suite_run=suite_run_to_wire(evidence.suite_run))
    collectors = (collector_to_wire(collector) for collector in evidence.suite_run.recorder.collectors)
    for batch in batches((message, message.ByteSize() + 4) for message in collectors):
        yield _Chunk(collectors=evidence_pb2.Collectors(collectors=batch))
    for block in evidence.test_ids.blocks if with_test_ids else ():
        yield _Chunk(test_ids=evidence_pb2.TestIds(ids=list(block)))
    for states in byte_batches(evidence.states):
        yield _Chunk(states=states)
    for durations in byte_batches(evidence.durations):
        yield _Chunk(durations=durations)
    for reruns in byte_batches(evidence.reruns):
        yield _Chunk(reruns=reruns)
    details = (detail_to_wire(detail) for detail in evidence.details)
    for rows in batches((message, message.ByteSize() + 4) for message in details):
        yield _Chunk(details=evidence_pb2.Details(details=rows))


def evidence_from_chunks(chunks: Iterable[evidence_pb2.EvidenceChunk]) -> Evidence:
    """Put evidence together again. Raises InvalidValue for missing, doubled or contradicting parts."""
    test_ids = GrowingTestIds()
    columns = _columns(chunks, test_ids.add)
    return Evidence(
        suite_run=columns.suite_run,
        test_ids=test_ids.ids(),
        states=bytes(columns.states),
        durations=bytes(columns.durations),
        reruns=bytes(columns.reruns),
        details=tuple(columns.details),
    )


class ComingTestSet(Protocol):
    """Where the test ids of evidence go, and what they come to at its end."""

    def add(self, ids: list[str]) -> None:
        """Take ids that come behind those that came before. Raises InvalidValue."""

    @property
    def digest(self) -> str:
        """The content address of all of them."""

    @property
    def count(self) -> int:
        """How many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTestSet:
    """Test ids that the receiver has, and that must not be sent."""

    digest: str
    count: int

    def add(self, ids: list[str]) -> None:
        """Raise InvalidValue."""
        raise InvalidValue("chunk.test_ids", "are named at the start, and must be left out then")


def columns_from_chunks(chunks: Iterable[evidence_pb2.EvidenceChunk], test_set: ComingTestSet) -> EvidenceColumns:
    """As ``evidence_from_chunks``, with the test ids in ``test_set`` instead of in the evidence."""
    columns = _columns(chunks, test_set.add)
    return EvidenceColumns(
        suite_run=columns.suite_run,
        test_set_digest=test_set.digest,
        test_count=test_set.count,
        states=bytes(columns.states),
        durations=bytes(columns.durations),
        reruns=bytes(columns.reruns),
        details=tuple(columns.details),
    )


class _Columns(NamedTuple):
    suite_run: SuiteRun
    states: bytearray
    durations: bytearray
    reruns: bytearray
    details: list[TestDetail]


def _columns(chunks: Iterable[evidence_pb2.EvidenceChunk], add_ids: Callable[[list[str]], None]) -> _Columns:
    header: suite_run_pb2.SuiteRun | None = None
    collectors: list[CollectorOutcome] = []
    states, durations, reruns = bytearray(), bytearray(), bytearray()
    details: list[TestDetail] = []
    for chunk in chunks:
        part = chunk.WhichOneof("part")
        if (header is None) != (part == "suite_run"):
            raise InvalidValue("chunk", "the suite run's header must come first and once")
        match part:
            case "suite_run":
                header = chunk.suite_run
            case "collectors":
                collectors.extend(collector_from_wire(message, "collectors") for message in chunk.collectors.collectors)
            case "test_ids":
                add_ids(list(chunk.test_ids.ids))
            case "states":
                states += chunk.states
            case "durations":
                durations += chunk.durations
            case "reruns":
                reruns += chunk.reruns
            case "details":
                details.extend(detail_from_wire(message) for message in chunk.details.details)
            case None:
                raise InvalidValue("chunk.part", "is not given")
    if header is None:
        raise InvalidValue("chunk", "there is none; expected at least the suite run's header")
    return _Columns(suite_run_from_wire(header, collectors), states, durations, reruns, details)


def detail_to_wire(detail: TestDetail) -> outcome_pb2.TestDetail:
    """The message of a test's detail."""
    return outcome_pb2.TestDetail(
        index=detail.index,
        stage=outcome_pb2.Stage.ValueType(detail.stage.value),
        message=detail.message,
        signature=detail.signature,
        executions=detail.executions,
        muted_subtests=detail.muted_subtests,
    )


def detail_from_wire(message: outcome_pb2.TestDetail) -> TestDetail:
    """The test's detail. Raises InvalidValue."""
    if len(message.message) > MAX_MESSAGE:
        raise InvalidValue("details.message", f"{len(message.message)} characters; at most {MAX_MESSAGE} are kept")
    return TestDetail(
        index=message.index,
        stage=read_enum(Stage, message.stage, "details.stage"),
        message=message.message,
        signature=message.signature,
        executions=message.executions,
        muted_subtests=tuple(message.muted_subtests),
    )
