"""Store one suite run's evidence."""

from dataclasses import dataclass

from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_store.domain.digesting import verified
from autopack_store.domain.request import Request
from autopack_store.ports import Clock, Database, UnitOfWork
from autopack_store.usecases.find_test_set import named_test_count
from autopack_store.usecases.mutation import mutate

_PRESENT, _STORED = "present", "stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedEvidence:
    """The digest of the evidence's facts, whether it was there already, and whether this is a first answer again."""

    facts_digest: str
    already_present: bool
    replayed: bool


def upload_evidence(
    database: Database, clock: Clock, request_id: str, digest: str, evidence: Evidence | EvidenceColumns
) -> UploadedEvidence:
    """Store ``evidence``, which must come to ``digest``. Raises InvalidValue, RequestReused, and UploadLost when
    the test ids that it names are not there any more.
    """
    verified(evidence_digest, evidence, digest, "start.evidence_digest")
    facts = facts_digest(evidence)
    request = _request(request_id, digest)

    def work(store: UnitOfWork) -> str:
        if isinstance(evidence, EvidenceColumns):
            # Once more: since the stream began, retention may have removed them.
            named_test_count(store, evidence.test_set_digest)
        return _STORED if store.evidence.add(digest, facts, evidence, clock()) else _PRESENT

    answer = mutate(database, request, work)
    with database.write() as store:
        store.uploads.drop(request_id, 0)
    return UploadedEvidence(facts_digest=facts, already_present=answer.text == _PRESENT, replayed=answer.replayed)


def answered_upload(database: Database, request_id: str, digest: str) -> UploadedEvidence | None:
    """The first answer to an upload that was done: its stream need not be read again. None when it was not.

    Raises RequestReused.
    """
    with database.read() as store:
        first = store.requests.answer(_request(request_id, digest))
        facts = None if first is None else store.evidence.facts_digest(digest)
    if facts is None:
        return None
    return UploadedEvidence(facts_digest=facts, already_present=first == _PRESENT, replayed=True)


def _request(request_id: str, digest: str) -> Request:
    return Request.of("UploadEvidence", request_id, digest)
