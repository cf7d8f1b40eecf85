"""What may be the baseline of a key."""

from autopack_model.baseline.value import BaselineKey
from autopack_model.decision.newly_bad import MAX_KNOWN_RETRIES
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.identity.value import AttemptRef
from autopack_store.errors import UnusableBaseline
from autopack_store.unit_of_work import Database, UnitOfWork


def name_baseline(
    store: UnitOfWork,
    key: BaselineKey,
    digest: str,
    evidence: Evidence | EvidenceColumns,
    now_ms: int,
    *,
    replacing: bool = False,
) -> str:
    """Name stored ``evidence``, of this ``digest``, as the baseline of ``key``. The answer is the digest that the key
    names now: the first one stays, unless this one is ``replacing`` it. Raises UnusableBaseline.
    """
    check_usable(key, evidence, digest)
    return store.baselines.add(key, digest, now_ms, replacing=replacing)


def find_baseline(database: Database, key: BaselineKey) -> str | None:
    """The digest of the key's evidence, if it has a baseline."""
    with database.read() as store:
        return store.baselines.find(key)


def list_retries(database: Database, digest: str, attempt: AttemptRef) -> tuple[str, ...]:
    """The digests of the newest MAX_KNOWN_RETRIES retries of the suite run whose evidence has this ``digest``, oldest
    first, those of ``attempt`` left out.
    """
    with database.read() as store:
        return store.baselines.retries(digest, attempt, most=MAX_KNOWN_RETRIES)


def check_usable(key: BaselineKey, evidence: Evidence | EvidenceColumns, digest: str) -> None:
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
