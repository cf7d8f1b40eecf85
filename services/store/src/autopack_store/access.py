"""What every call of the store has in common: who may make it, and which status an error is."""

import grpc

from autopack_rpc.errors import ErrorTable
from autopack_rpc.roles import Role
from autopack_store import errors

DOMAIN = "store.autopack"

_EXECUTOR = frozenset({Role.EXECUTOR})
_GATEKEEPER = frozenset({Role.GATEKEEPER})
# Not the executor, which runs code that nobody has looked at.
_CLIENT = frozenset({Role.CLIENT})

ROLES = {
    "/autopack.store.v1.RunService/CreateRun": _EXECUTOR,
    "/autopack.store.v1.RunService/AttachEvidence": _EXECUTOR,
    "/autopack.store.v1.RunService/RecordChangedFiles": _EXECUTOR,
    "/autopack.store.v1.RunService/AdvanceAttempt": _EXECUTOR,
    "/autopack.store.v1.RunService/ConcludeAttempt": _GATEKEEPER,
    "/autopack.store.v1.RunService/FinishRun": _EXECUTOR,
    "/autopack.store.v1.ResultService/RecordBuilderResult": _EXECUTOR,
    "/autopack.store.v1.ResultService/RecordAuditorResult": _EXECUTOR,
    "/autopack.store.v1.EvidenceService/UploadEvidence": _EXECUTOR,
    "/autopack.store.v1.EvidenceService/GetUpload": _EXECUTOR,
    "/autopack.store.v1.DecisionService/RecordDecision": _GATEKEEPER,
    "/autopack.store.v1.DecisionService/RecordFurtherDecision": _GATEKEEPER,
    "/autopack.store.v1.DecisionService/RecordApproval": _CLIENT,
}
"""Mutations and what belongs to them, and who may ask for it. Reading is open to every role."""

ERRORS: ErrorTable = {
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.DataLoss: grpc.StatusCode.DATA_LOSS,
    errors.StorageError: grpc.StatusCode.UNAVAILABLE,
    errors.UploadLost: grpc.StatusCode.UNAVAILABLE,
    errors.StorageExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
