"""The services that a command talks to: those of the configured addresses, or embedded ones in this process."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import grpc

from autopack_cli.config import CommandSettings
from autopack_cli.interruption import interruption
from autopack_cli.messages import configure_messages
from autopack_clients.executor import ExecutorClient
from autopack_clients.gatekeeper import GatekeeperClient
from autopack_clients.store import StoreClient
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.settings import BadSetting

ConnectedT = TypeVar("ConnectedT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The services, as a client sees them; ``channels`` are by the names of the services. ``remote`` says whether the
    executor is another process, which can be lost, and ``patience_s`` how many seconds it then has to come back.
    """

    store: StoreClient
    executor: ExecutorClient
    channels: Mapping[str, grpc.Channel]
    remote: bool
    patience_s: float


@contextlib.contextmanager
def session(settings: CommandSettings) -> Iterator[Session]:
    """Connect to an executor and to the store in which it records:

    - with no address, all services are embedded in this process;
    - with the addresses of the executor and the store, this command is their client (the gatekeeper may be named too);
    - with the addresses of the store and the gatekeeper, an executor runs in this process and records there.

    Anything else is refused, since it would hide where a run is recorded. Raises BadSetting, ServiceMissing.
    """
    with _connection(lambda stack: _connected(settings, stack)) as connected:
        yield connected


@contextlib.contextmanager
def records(settings: CommandSettings) -> Iterator[StoreClient]:
    """Connect to the store, to read what was recorded. A configured store is all that this needs. Without an address
    all services are embedded, since the executor has to record first how the runs of a killed command ended.

    Raises BadSetting, ServiceMissing.
    """
    if settings.addresses:
        with store_session(settings, reading_role(settings)) as store:
            yield store
    else:
        with session(settings) as connected:
            yield connected.store


@contextlib.contextmanager
def store_session(settings: CommandSettings, role: Role) -> Iterator[StoreClient]:
    """Connect in the name of ``role`` to the store alone: the configured one or, with no address at all, an embedded
    one. Raises BadSetting, ServiceMissing.
    """
    with _services(settings, role, "store") as channels:
        yield StoreClient(channels["store"])


@contextlib.contextmanager
def gatekeeper_session(
    settings: CommandSettings, role: Role | None = None
) -> Iterator[tuple[StoreClient, GatekeeperClient]]:
    """Connect in the name of ``role``, or of one that may read, to the store and the gatekeeper: the configured ones
    or, with no address at all, embedded ones. Raises BadSetting, ServiceMissing.
    """
    with _services(settings, role or reading_role(settings), "store", "gatekeeper") as channels:
        yield StoreClient(channels["store"]), GatekeeperClient(channels["gatekeeper"])


def reading_role(settings: CommandSettings) -> Role:
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


@contextlib.contextmanager
def _services(settings: CommandSettings, role: Role, *names: str) -> Iterator[Mapping[str, grpc.Channel]]:
    def connect(stack: contextlib.ExitStack) -> Mapping[str, grpc.Channel]:
        if not settings.addresses:
            configure_messages()
            services = stack.enter_context(embedded(settings.home, *names))
            return _channels({name: services.addresses[name] for name in names}, services.tokens.of(role), stack)
        for name in names:
            if name not in settings.addresses:
                raise BadSetting(
                    f"{_option(name)} is missing: this command needs the {' and the '.join(names)}; name where each of "
                    "them listens, or name no service at all to use embedded ones"
                )
        return _channels({name: settings.addresses[name] for name in names}, settings.token(role), stack)

    with _connection(connect) as channels:
        yield channels


def _connected(settings: CommandSettings, stack: contextlib.ExitStack) -> Session:
    addresses = settings.addresses
    if not addresses:
        configure_messages()
        services = stack.enter_context(embedded(settings.home, "store", "gatekeeper", "executor"))
        return _session(_channels(services.addresses, services.tokens.of(Role.CLIENT), stack), settings, remote=False)
    if {"executor", "store"} <= addresses.keys():
        return _session(_channels(addresses, settings.token(Role.CLIENT), stack), settings, remote=True)
    if {"store", "gatekeeper"} == addresses.keys():
        configure_messages()
        return _session(_with_own_executor(settings, addresses, stack), settings, remote=False)
    wanted = "gatekeeper" if "store" in addresses else "store"
    raise BadSetting(
        f"{' and '.join(map(_option, sorted(addresses)))} alone will not do: {_option(wanted)} is missing. Give "
        "--executor and --store to use a remote executor, --store and --gatekeeper to run the suites on this machine "
        "and record there, or none of them to do everything on this machine"
    )


def _with_own_executor(
    settings: CommandSettings, addresses: dict[str, str], stack: contextlib.ExitStack
) -> dict[str, grpc.Channel]:
    """An executor in this process on a private socket, which records in the configured store."""
    own, generated = settings.token(Role.EXECUTOR), Tokens.generate()
    tokens = Tokens(secrets={**generated.secrets, Role.EXECUTOR: own})
    services = stack.enter_context(embedded(settings.home, "executor", elsewhere=addresses, tokens=tokens))
    private = {"executor": services.addresses["executor"]}
    return {**_channels(addresses, own, stack), **_channels(private, generated.of(Role.CLIENT), stack)}


def _channels(addresses: Mapping[str, str], token: str, stack: contextlib.ExitStack) -> dict[str, grpc.Channel]:
    return {name: stack.enter_context(channel(address, token=token)) for name, address in addresses.items()}


def _session(channels: Mapping[str, grpc.Channel], settings: CommandSettings, *, remote: bool) -> Session:
    return Session(
        store=StoreClient(channels["store"]),
        executor=ExecutorClient(channels["executor"]),
        channels=channels,
        remote=remote,
        patience_s=settings.patience_s,
    )


def _option(service: str) -> str:
    return f"--{service} (or AUTOPACK_{service.upper()}_ADDRESS)"
