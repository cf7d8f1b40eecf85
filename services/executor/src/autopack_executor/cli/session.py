"""A connection to the services: those of the configured addresses, or embedded ones."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import grpc

from autopack_executor.adapters.grpc_executor import GrpcExecutor
from autopack_executor.adapters.grpc_gatekeeper import GrpcGatekeeper
from autopack_executor.adapters.grpc_store import GrpcRunStore
from autopack_executor.cli.interruption import interruption
from autopack_executor.cli.messages import configure_messages
from autopack_executor.config import BadSetting, Settings
from autopack_executor.ports import Gatekeeper, RunStore
from autopack_rpc.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The three services, as a client sees them; ``channels`` by their names."""

    store: RunStore
    gatekeeper: Gatekeeper
    executor: GrpcExecutor
    channels: Mapping[str, grpc.Channel]


@contextlib.contextmanager
def session(settings: Settings) -> Iterator[Session]:
    """Connect. With no address configured the services are embedded in this process; a part of the addresses is
    refused, since a mixture would hide where a run is recorded. Raises BadSetting, ServiceMissing.

    A signal cannot cut off the start or the end of the services; it is told of when they have started.
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


def _connected(settings: Settings, stack: contextlib.ExitStack) -> Session:
    configured = (settings.store_address, settings.gatekeeper_address, settings.executor_address)
    if configured == (None, None, None):
        configure_messages()
        services = stack.enter_context(embedded(settings.home, "store", "gatekeeper", "executor"))
        addresses, token = services.addresses, services.tokens.of(Role.CLIENT)
    elif settings.store_address and settings.gatekeeper_address and settings.executor_address:
        addresses = {
            "store": settings.store_address,
            "gatekeeper": settings.gatekeeper_address,
            "executor": settings.executor_address,
        }
        token = settings.token(Role.CLIENT)
    else:
        raise BadSetting(
            "set all of AUTOPACK_STORE_ADDRESS, AUTOPACK_GATEKEEPER_ADDRESS and AUTOPACK_EXECUTOR_ADDRESS, or none"
        )
    channels: dict[str, grpc.Channel] = {
        name: stack.enter_context(channel(address, token=token)) for name, address in addresses.items()
    }
    return Session(
        store=GrpcRunStore(channels["store"]),
        gatekeeper=GrpcGatekeeper(channels["gatekeeper"]),
        executor=GrpcExecutor(channels["executor"]),
        channels=channels,
    )
