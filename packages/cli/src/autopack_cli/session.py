"""The services that a command talks to: those of the configured addresses, or embedded ones in this process."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import grpc

from autopack_cli.config import Settings
from autopack_cli.interruption import interruption
from autopack_cli.messages import configure_messages
from autopack_clients.executor import ExecutorClient
from autopack_clients.store import StoreClient
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.settings import BadSetting

ConnectedT = TypeVar("ConnectedT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The services, as a client sees them; ``channels`` by their names. ``remote`` says whether the executor is a
    process of its own, which can be lost, and ``patience_s`` how many seconds it then has to come back.
    """

    store: StoreClient
    executor: ExecutorClient
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
    with _connection(lambda stack: _connected(settings, stack)) as connected:
        yield connected


@contextlib.contextmanager
def store_session(settings: Settings, role: Role) -> Iterator[StoreClient]:
    """Connect in the name of ``role`` to the store of the configured address or, with no address configured, to an
    embedded one. Raises BadSetting, ServiceMissing.
    """
    with _connection(lambda stack: _store(settings, role, stack)) as connected:
        yield connected


def reading_role(settings: Settings) -> Role:
    """Every role may read. Without an executor to call, this command has the executor's token, or else the client's."""
    own = settings.executor_address is None and Role.EXECUTOR in settings.token_files
    return Role.EXECUTOR if own else Role.CLIENT


@contextlib.contextmanager
def _connection(connect: Callable[[contextlib.ExitStack], ConnectedT]) -> Iterator[ConnectedT]:
    """What ``connect`` makes on the stack that it is given.

    A signal cannot cut off the start or the end of services; it is told of when they have started.
    """
    with contextlib.ExitStack() as stack:
        with interruption.held_back():
            connected = connect(stack)
        interruption.check()
        try:
            yield connected
        finally:
            with interruption.held_back():
                stack.close()


def _store(settings: Settings, role: Role, stack: contextlib.ExitStack) -> StoreClient:
    if settings.store_address is not None:
        address, token = settings.store_address, settings.token(role)
    elif not settings.addresses:
        configure_messages()
        services = stack.enter_context(embedded(settings.home, "store"))
        address, token = services.addresses["store"], services.tokens.of(role)
    else:
        raise BadSetting(
            "--store (or AUTOPACK_STORE_ADDRESS) is missing: what runs elsewhere is recorded elsewhere too"
        )
    return StoreClient(stack.enter_context(channel(address, token=token)))


def _connected(settings: Settings, stack: contextlib.ExitStack) -> Session:
    addresses = settings.addresses
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
    own, generated = settings.token(Role.EXECUTOR), Tokens.generate()
    services = stack.enter_context(
        embedded(
            settings.home,
            "executor",
            elsewhere=addresses,
            tokens=Tokens(secrets={**generated.secrets, Role.EXECUTOR: own}),
        )
    )
    tokens = {"store": own, "gatekeeper": own, "executor": generated.of(Role.CLIENT)}
    return _session(services.addresses, tokens, stack, settings, remote=False)


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
        store=StoreClient(channels["store"]),
        executor=ExecutorClient(channels["executor"]),
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
