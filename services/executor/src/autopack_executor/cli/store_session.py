"""A connection to the store alone, in the executor's name: only the executor may record results."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_executor.adapters.grpc_results import GrpcResultStore
from autopack_executor.adapters.grpc_store import GrpcRunStore
from autopack_executor.cli.interruption import interruption
from autopack_executor.cli.messages import configure_messages
from autopack_executor.config import BadSetting, Settings
from autopack_executor.ports import ResultStore, RunStore
from autopack_rpc.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSession:
    """The store, as the executor sees it."""

    runs: RunStore
    results: ResultStore


@contextlib.contextmanager
def store_session(settings: Settings) -> Iterator[StoreSession]:
    """Connect to the store of the configured address or, with no address configured, to an embedded one.

    Raises BadSetting, ServiceMissing. A signal cannot cut off the start or the end of the store.
    """
    with contextlib.ExitStack() as stack:
        with interruption.held_back():
            connected = _connected(settings, stack)
        interruption.check()
        try:
            yield connected
        finally:
            with interruption.held_back():
                stack.close()


def _connected(settings: Settings, stack: contextlib.ExitStack) -> StoreSession:
    if settings.store_address is not None:
        address, token = settings.store_address, settings.token(Role.EXECUTOR)
    elif settings.gatekeeper_address is None and settings.executor_address is None:
        configure_messages()
        services = stack.enter_context(embedded(settings.home, "store"))
        address, token = services.addresses["store"], services.tokens.of(Role.EXECUTOR)
    else:
        raise BadSetting("set AUTOPACK_STORE_ADDRESS too: results would go to another store than runs")
    opened = stack.enter_context(channel(address, token=token))
    return StoreSession(runs=GrpcRunStore(opened), results=GrpcResultStore(opened))
