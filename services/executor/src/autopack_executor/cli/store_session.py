"""A connection to the store alone, in the executor's name: only the executor may record results."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_executor.adapters.grpc_results import GrpcResultStore
from autopack_executor.adapters.grpc_store import GrpcRunStore
from autopack_executor.cli.connecting import connection, store_channel
from autopack_executor.config import Settings
from autopack_executor.ports import ResultStore, RunStore
from autopack_rpc.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSession:
    """The store, as the executor sees it."""

    runs: RunStore
    results: ResultStore


@contextlib.contextmanager
def store_session(settings: Settings) -> Iterator[StoreSession]:
    """Connect as ``store_channel`` does. Raises BadSetting, ServiceMissing."""

    def connect(stack: contextlib.ExitStack) -> StoreSession:
        opened = store_channel(settings, Role.EXECUTOR, stack)
        return StoreSession(runs=GrpcRunStore(opened), results=GrpcResultStore(opened))

    with connection(connect) as connected:
        yield connected
