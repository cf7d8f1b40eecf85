"""The errors of the store. Each says what happened, to which thing, and what to do."""

from autopack_model.errors import AutopackError, InvalidValue


class StoreError(AutopackError):
    """The base of the errors of the store."""

    reason = "STORE_ERROR"


class NotFound(StoreError):
    """The store does not hold the thing."""

    reason = "NOT_FOUND"


class AlreadyExists(StoreError):
    """The name is taken."""

    reason = "ALREADY_EXISTS"


class FailedPrecondition(StoreError):
    """The thing is not in a state that allows this."""

    reason = "FAILED_PRECONDITION"


class RunEnded(FailedPrecondition):
    """The run has ended: nothing can be added to it any more."""

    reason = "RUN_ENDED"


class AttemptEnded(FailedPrecondition):
    """The attempt has ended: nothing can be added to it any more."""

    reason = "ATTEMPT_ENDED"


class WrongConclusion(FailedPrecondition):
    """What an attempt is said to come to is not what its decision and its auditor come to."""

    reason = "WRONG_CONCLUSION"


class AlreadyRecorded(FailedPrecondition):
    """Something else was recorded there before; what is recorded never changes."""

    reason = "ALREADY_RECORDED"


class UnusableBaseline(FailedPrecondition):
    """The evidence is incomplete or does not belong to the key."""

    reason = "UNUSABLE_BASELINE"


class UnfoundedDecision(FailedPrecondition):
    """The decision rests on something else than what is attached to its attempt."""

    reason = "UNFOUNDED_DECISION"


class UploadLost(StoreError):
    """The store does not have what an upload's stream leaves out: another stream may succeed."""

    reason = "UPLOAD_LOST"


class RequestReused(InvalidValue):
    """A request id came again with another body. It names the field ``request_id``."""

    def __init__(self, request_id: str, method: str) -> None:
        super().__init__(
            "request_id",
            f"{request_id!r} was used before with another body (by {method}); give every mutation an id of its own, "
            "and repeat one only unchanged",
        )


class DataLoss(StoreError):
    """What is stored cannot be what was stored: it was damaged outside of the store."""

    reason = "DATA_LOSS"


def damaged(what: str, how: str) -> DataLoss:
    """The error about stored ``what`` that cannot be read."""
    return DataLoss(f"{what}: is damaged ({how}); restore the database from a backup", subject=what)


class StorageError(StoreError):
    """The database cannot serve now. Nothing of the mutation was kept."""

    reason = "STORAGE_UNAVAILABLE"


class StorageExhausted(StorageError):
    """The database cannot take more: disk full, or read-only."""

    reason = "STORAGE_EXHAUSTED"


class ConfigurationError(StoreError):
    """The store was told to use something that it cannot."""

    reason = "CONFIGURATION"


class SchemaRefused(StoreError):
    """The database's schema is not the one that this store works with; it does not start."""

    reason = "SCHEMA_REFUSED"


class SchemaMissing(SchemaRefused):
    """The database is empty or does not exist."""

    reason = "SCHEMA_MISSING"


class ForeignSchema(SchemaRefused):
    """The database holds tables, none of which the store made."""

    reason = "SCHEMA_FOREIGN"


class SchemaUnversioned(SchemaRefused):
    """The database holds tables of the store, but no revision."""

    reason = "SCHEMA_UNVERSIONED"


class SchemaOutdated(SchemaRefused):
    """The database's revision is older than the store's."""

    reason = "SCHEMA_OUTDATED"


class SchemaNewer(SchemaRefused):
    """The database's revision is newer than the store's."""

    reason = "SCHEMA_NEWER"


class SchemaUnknown(SchemaRefused):
    """The database's revision is none that a store ever has, or there are several."""

    reason = "SCHEMA_UNKNOWN"


class SchemaHalfApplied(SchemaRefused):
    """The database's tables are not those of the revision that it names."""

    reason = "SCHEMA_HALF_APPLIED"


class SchemaDiffers(SchemaRefused):
    """The database's schema differs from the one that the migrations make."""

    reason = "SCHEMA_DIFFERS"


class MigrationRefused(SchemaRefused):
    """The schema cannot be changed as was asked."""

    reason = "MIGRATION_REFUSED"
