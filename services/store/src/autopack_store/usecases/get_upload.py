"""What is kept of an upload whose stream broke."""

from dataclasses import dataclass

from autopack_store.ports import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadProgress:
    """How many chunks are kept, from the first on, and whether the evidence is stored already."""

    kept_chunks: int
    already_present: bool


def get_upload(database: Database, request_id: str, evidence_digest: str) -> UploadProgress:
    """How far the upload is."""
    with database.read() as store:
        return UploadProgress(
            kept_chunks=store.uploads.kept(request_id, evidence_digest),
            already_present=store.evidence.facts_digest(evidence_digest) is not None,
        )
