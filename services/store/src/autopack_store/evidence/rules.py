"""What may be stored as evidence. Functions that take a unit of work are parts of a mutation; the others are the RPCs
of EvidenceService.
"""

from dataclasses import dataclass

from autopack_model.baseline.value import BaselineKey
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.value import SideEvidence
from autopack_store.baselines.rules import name_baseline
from autopack_store.digesting import verified
from autopack_store.errors import NotFound, UploadLost
from autopack_store.evidence.blocks import PackedTestIds
from autopack_store.requests import Request
from autopack_store.runs.rules import attach
from autopack_store.unit_of_work import Clock, Database, UnitOfWork, mutate

_PRESENT, _STORED = "present", "stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedEvidence:
    """The digest of the evidence's facts, whether it was there already, and whether this is a first answer again."""

    facts_digest: str
    already_present: bool
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What uploaded evidence belongs to: the side of an attempt that it is attached to, as its suite's or as a
    ``retry``, and the key whose baseline it becomes; None for neither. ``replaces`` says that it takes the place of the
    baseline that the key has. Raises InvalidValue for a retry as a baseline.
    """

    attempt: AttemptRef | None = None
    side: Side | None = None
    retry: int = 0
    baseline: BaselineKey | None = None
    replaces: bool = False

    def __post_init__(self) -> None:
        if self.retry and self.baseline is not None:
            raise InvalidValue("start.attempt_side.retry", "must be 0 for a baseline, which is of a whole suite")


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadProgress:
    """How many chunks are kept, from the first on, and whether the evidence is stored already."""

    kept_chunks: int
    already_present: bool


def store_evidence(
    store: UnitOfWork,
    digest: str,
    facts: str,
    evidence: Evidence | EvidenceColumns,
    test_ids: PackedTestIds | None,
    now_ms: int,
) -> bool:
    """Store evidence that was verified; False when it was there already. Columns come with their ``test_ids`` or name
    stored ones. Raises UploadLost when these are not there any more.
    """
    if isinstance(evidence, EvidenceColumns) and test_ids is None:
        # Once more: since the stream began, retention may have removed them.
        _named_test_count(store, evidence.test_set_digest)
    return store.evidence.add(digest, facts, evidence, now_ms, test_ids)


def upload_evidence(
    database: Database,
    clock: Clock,
    request_id: str,
    digest: str,
    evidence: Evidence | EvidenceColumns,
    test_ids: PackedTestIds | None = None,
    place: Place = NOWHERE,
) -> UploadedEvidence:
    """Store one suite run's evidence, which must come to ``digest``, and put it in its place, all of it or nothing.

    Raises InvalidValue, RequestReused, and what ``store_evidence``, ``attach`` and ``name_baseline`` raise.
    """
    verified(evidence_digest, evidence, digest, "start.evidence_digest")
    facts = facts_digest(evidence)

    def work(store: UnitOfWork) -> str:
        stored = store_evidence(store, digest, facts, evidence, test_ids, clock())
        if place.attempt is not None and place.side is not None:
            entry = SideEvidence(side=place.side, evidence_digest=digest, reused=False, retry=place.retry)
            attach(store, place.attempt, entry)
        if place.baseline is not None:
            name_baseline(store, place.baseline, digest, evidence, clock(), replacing=place.replaces)
        return _STORED if stored else _PRESENT

    answer = mutate(database, _request(request_id, digest, place), work)
    with database.write() as store:
        store.uploads.drop(request_id, 0)
    return UploadedEvidence(facts_digest=facts, already_present=answer.text == _PRESENT, replayed=answer.replayed)


def answered_upload(
    database: Database, request_id: str, digest: str, place: Place = NOWHERE
) -> UploadedEvidence | None:
    """The first answer to an upload that was done: its stream need not be read again. None when it was not.

    Raises RequestReused.
    """
    with database.read() as store:
        first = store.requests.answer(_request(request_id, digest, place))
        facts = None if first is None else store.evidence.facts_digest(digest)
    if facts is None:
        return None
    return UploadedEvidence(facts_digest=facts, already_present=first == _PRESENT, replayed=True)


def get_upload(database: Database, request_id: str, evidence_digest: str) -> UploadProgress:
    """What is kept of an upload whose stream broke."""
    with database.read() as store:
        return UploadProgress(
            kept_chunks=store.uploads.kept(request_id, evidence_digest),
            already_present=store.evidence.facts_digest(evidence_digest) is not None,
        )


def find_test_set(database: Database, test_set_digest: str) -> int | None:
    """How many test ids a list has, so that an upload need not bring it; None when there is no such list."""
    with database.read() as store:
        return store.evidence.test_count(test_set_digest)


def known_test_set(database: Database, test_set_digest: str) -> int:
    """How many test ids the list has that an upload names. Raises UploadLost when there is no such list."""
    with database.read() as store:
        return _named_test_count(store, test_set_digest)


def download_evidence(database: Database, digest: str) -> Evidence:
    """One suite run's evidence, verified. Raises NotFound, DataLoss."""
    with database.read() as store:
        found = store.evidence.get(digest)
    if found is None:
        raise NotFound(f"there is no evidence {digest}", subject=digest)
    return found


def _named_test_count(store: UnitOfWork, test_set_digest: str) -> int:
    count = store.evidence.test_count(test_set_digest)
    if count is None:
        raise UploadLost(
            f"there is no list of test ids {test_set_digest}; ask with FindTestSet, or send them",
            subject=test_set_digest,
        )
    return count


def _request(request_id: str, digest: str, place: Place) -> Request:
    return Request.of("UploadEvidence", request_id, digest, place)
