"""The errors that calls of the store raise."""

import contextlib
from collections.abc import Iterator

import grpc

from autopack_clients.errors import RunExists, StorageFull, StoreNotFound, StoreRefused, StoreUnavailable
from autopack_rpc.errors import RemoteError, remote_errors


@contextlib.contextmanager
def calling(subject: str) -> Iterator[None]:
    """Turn what a call about ``subject`` fails with into StoreUnavailable, RunExists, StorageFull, StoreNotFound, or
    StoreRefused.
    """
    try:
        with remote_errors():
            yield
    except RemoteError as error:
        if error.unreachable:
            raise StoreUnavailable(
                f"the store cannot be reached ({error.message}); check that it runs and its address", subject=subject
            ) from error
        if error.code is grpc.StatusCode.ALREADY_EXISTS:
            raise RunExists(f"run {subject} exists; choose another name or leave it out", subject=subject) from error
        if error.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise StorageFull(f"the store has no disk space left: {error.message}", subject=subject) from error
        kind = StoreNotFound if error.code is grpc.StatusCode.NOT_FOUND else StoreRefused
        raise kind(f"the store refused: {error.message} [{error.reason}]", subject=subject) from error
