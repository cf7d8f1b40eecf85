"""What a decision is derived from, as the store holds it."""

from collections.abc import Iterable

from autopack_gatekeeper.domain.assessment import AssessedSide, assess_side
from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.domain.retries import AssessedRetry, assess_retry, with_retries
from autopack_gatekeeper.ports import StoreService
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.identity.value import AttemptRef


def stored_side(store: StoreService, asked: str, *, beside: AssessedSide | None = None) -> AssessedSide:
    """The side whose evidence has the digest ``asked``; ``beside`` as in ``assess_side``.

    The digest, which every decision has to compute anyway, is compared with the one that was asked for. Raises
    DamagedAnswer, and what the port raises.
    """
    side = assess_side(store.evidence(asked), beside=beside)
    _check_answer(asked, side.facts.evidence_digest)
    return side


def retried(store: StoreService, side: AssessedSide, asked: Iterable[str]) -> AssessedSide:
    """``side`` with the retries whose evidence has the digests ``asked``.

    Raises the same errors as ``stored_side``, and IncomparableEvidence.
    """
    return with_retries(side, stored_retries(store, asked))


def stored_retries(store: StoreService, asked: Iterable[str]) -> list[AssessedRetry]:
    """The retries whose evidence has the digests ``asked``. Raises the same errors as ``stored_side``."""
    retries = []
    for digest in asked:
        retry = assess_retry(store.evidence(digest))
        _check_answer(digest, retry.facts.evidence_digest)
        retries.append(retry)
    return retries


def stored_cross(
    store: StoreService, asked: str | None, retries: Iterable[str], base: AssessedSide | None
) -> AssessedSide | None:
    """The cross side whose evidence has the digest ``asked``, with its ``retries``; ``base`` is that of the attempt.

    Raises the same errors as ``retried``.
    """
    if asked is None:
        return None
    return retried(store, stored_side(store, asked, beside=base), retries)


def _check_answer(asked: str, answered: str) -> None:
    if answered != asked:
        raise DamagedAnswer(
            f"the store was asked for the evidence {asked} and answered with {answered}; nothing was decided. Check "
            "the store's data",
            subject=asked,
        )


def stored_changed_files(store: StoreService, attempt: AttemptRef) -> ChangedFiles:
    """The changed files of the attempt, unknown when none were recorded. Raises what the port raises."""
    changed_files = store.changed_files(attempt)
    if changed_files is None:
        return ChangedFiles.unknown("no changed files were recorded for the attempt")
    return changed_files
