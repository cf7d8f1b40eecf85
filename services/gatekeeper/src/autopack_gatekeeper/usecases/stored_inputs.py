"""What a decision is derived from, as the store holds it."""

from autopack_gatekeeper.domain.assessment import AssessedSide, assess_side
from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.ports import StoreService
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.identity.value import AttemptRef


def stored_side(store: StoreService, asked: str, *, beside: AssessedSide | None = None) -> AssessedSide:
    """The side whose evidence has the digest ``asked``; ``beside`` as in ``assess_side``.

    The digest, which every decision has to compute anyway, is compared with the one that was asked for. Raises
    DamagedAnswer, and what the port raises.
    """
    side = assess_side(store.evidence(asked), beside=beside)
    if side.facts.evidence_digest != asked:
        raise DamagedAnswer(
            f"the store was asked for the evidence {asked} and answered with {side.facts.evidence_digest}; nothing "
            "was decided. Check the store's data",
            subject=asked,
        )
    return side


def stored_changed_files(store: StoreService, attempt: AttemptRef) -> ChangedFiles:
    """The changed files of the attempt, unknown when none were recorded. Raises what the port raises."""
    changed_files = store.changed_files(attempt)
    if changed_files is None:
        return ChangedFiles.unknown("no changed files were recorded for the attempt")
    return changed_files
