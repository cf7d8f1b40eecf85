"""A connection to the services: those of the configured addresses, or embedded ones."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc

from autopack_executor.adapters.grpc_decisions import GrpcDecisions
from autopack_executor.adapters.grpc_executor import GrpcExecutor
from autopack_executor.adapters.grpc_store import GrpcRunStore
from autopack_executor.cli.connecting import connection
from autopack_executor.cli.messages import configure_messages
from autopack_executor.config import BadSetting, Settings
from autopack_executor.ports import Decisions, RunStore
from autopack_executor.server import executor
from autopack_rpc.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.retrying import Patience
from autopack_rpc.roles import Role, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The services, as a client sees them; ``channels`` by their names. ``remote`` says whether the executor is a
    process of its own, which can be lost, and ``patience_s`` how many seconds it then has to come back.
    """

    store: RunStore
    decisions: Decisions
    executor: GrpcExecutor
    channels: Mapping[str, grpc.Channel]
    remote: bool
    patience_s: float


@contextlib.contextmanager
def session(settings: Settings) -> Iterator[Session]:
    """Connect. What is configured says to what:

    - no address: all services are embedded in this process;
    - executor and store, with or without the gatekeeper: those, as a client;
    - store and gatekeeper: those, from an executor in this process, in the executor's name.

    Anything else is refused, since it would hide where a run is recorded. Raises BadSetting, ServiceMissing.
    """
    with connection(partial(_connected, settings)) as connected:
        yield connected


def _connected(settings: Settings, stack: contextlib.ExitStack) -> Session:
    named = {
        "store": settings.store_address,
        "gatekeeper": settings.gatekeeper_address,
        "executor": settings.executor_address,
    }
    addresses = {name: address for name, address in named.items() if address is not None}
    if not addresses:
        configure_messages()
        services = stack.enter_context(embedded(settings.home, "store", "gatekeeper", "executor"))
        tokens = dict.fromkeys(services.addresses, services.tokens.of(Role.CLIENT))
        return _session(services.addresses, tokens, stack, settings, remote=False)
    if {"executor", "store"} <= addresses.keys():
        tokens = dict.fromkeys(addresses, settings.token(Role.CLIENT))
        return _session(addresses, tokens, stack, settings, remote=True)
    if {"store", "gatekeeper"} == addresses.keys():
        configure_messages()
        return _with_own_executor(settings, addresses, stack)
    raise BadSetting(_missing(set(addresses)))


def _with_own_executor(settings: Settings, addresses: dict[str, str], stack: contextlib.ExitStack) -> Session:
    """An executor in this process on a private socket, which records in the configured store."""
    own = settings.token(Role.EXECUTOR)
    generated = Tokens.generate()
    # A socket's path may have 107 bytes at most.
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="autopack-executor-", dir="/tmp"))
    address = stack.enter_context(
        executor(
            settings,
            address=f"unix:{Path(folder) / 'executor.sock'}",
            store_address=addresses["store"],
            gatekeeper_address=addresses["gatekeeper"],
            tokens=Tokens(secrets={**generated.secrets, Role.EXECUTOR: own}),
            patience=Patience.lasting(settings.patience_s),
        )
    )
    tokens = {"store": own, "gatekeeper": own, "executor": generated.of(Role.CLIENT)}
    return _session({**addresses, "executor": address}, tokens, stack, settings, remote=False)


def _session(
    addresses: Mapping[str, str],
    tokens: Mapping[str, str],
    stack: contextlib.ExitStack,
    settings: Settings,
    *,
    remote: bool,
) -> Session:
    channels: dict[str, grpc.Channel] = {
        name: stack.enter_context(channel(address, token=tokens[name])) for name, address in addresses.items()
    }
    return Session(
        store=GrpcRunStore(channels["store"]),
        decisions=GrpcDecisions(channels["store"]),
        executor=GrpcExecutor(channels["executor"]),
        channels=channels,
        remote=remote,
        patience_s=settings.patience_s,
    )


def _missing(given: set[str]) -> str:
    wanted = "store" if "store" not in given else "gatekeeper"
    said = ", ".join(f"--{name} (or AUTOPACK_{name.upper()}_ADDRESS)" for name in sorted(given))
    return (
        f"{said} alone does not do: --{wanted} (or AUTOPACK_{wanted.upper()}_ADDRESS) is missing. Give executor and "
        "store to use a remote executor, store and gatekeeper to run on this machine and record there, or none of them"
    )
