"""Name stored evidence as the baseline of a key."""

from autopack_model.baseline.value import BaselineKey
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.value import Evidence
from autopack_store.domain.errors import NotFound, UnusableBaseline
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Clock, Database, UnitOfWork
from autopack_store.usecases.mutation import mutate


def record_baseline(
    database: Database, clock: Clock, request_id: str, key: BaselineKey, evidence_digest: str
) -> Answer:
    """Record it. The answer is the digest that the key names now: the first one stays.

    Raises NotFound, UnusableBaseline, DataLoss, RequestReused.
    """
    request = Request.of("RecordBaseline", request_id, key, evidence_digest)

    def work(store: UnitOfWork) -> str:
        evidence = store.evidence.get(evidence_digest)
        if evidence is None:
            raise NotFound(f"there is no evidence {evidence_digest}; upload it first", subject=evidence_digest)
        check_usable(key, evidence, evidence_digest)
        return store.baselines.add(key, evidence_digest, clock())

    return mutate(database, request, work)


def check_usable(key: BaselineKey, evidence: Evidence, digest: str) -> None:
    """Raise UnusableBaseline unless the evidence, of this digest, is complete and belongs to ``key``."""
    run, reason = evidence.suite_run, assess(evidence).reason
    if reason is not None:
        raise UnusableBaseline(
            f"evidence {digest} is incomplete ({reason.label}); only a suite that ran to its end is a baseline",
            subject=digest,
        )
    for name, wanted, measured in (
        ("tree", key.tree, run.tree.tree),
        ("environment_fingerprint", key.environment_fingerprint, run.environment.fingerprint),
        ("recorder_version", key.recorder_version, run.recorder.version),
    ):
        if wanted != measured:
            raise UnusableBaseline(
                f"evidence {digest} does not belong to the key: its {name} is {measured}, the key's {wanted}",
                subject=digest,
            )
