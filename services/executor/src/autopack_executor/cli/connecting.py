"""Connections of a command, which begin and end as a whole."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import grpc

from autopack_executor.cli.interruption import interruption
from autopack_executor.cli.messages import configure_messages
from autopack_executor.config import BadSetting, Settings
from autopack_rpc.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role

ConnectedT = TypeVar("ConnectedT")


@contextlib.contextmanager
def connection(connect: Callable[[contextlib.ExitStack], ConnectedT]) -> Iterator[ConnectedT]:
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


def store_channel(settings: Settings, role: Role, stack: contextlib.ExitStack) -> grpc.Channel:
    """A channel in the name of ``role`` to the store of the configured address or, with no address configured, to an
    embedded one. Raises BadSetting, ServiceMissing.
    """
    if settings.store_address is not None:
        address, token = settings.store_address, settings.token(role)
    elif settings.gatekeeper_address is None and settings.executor_address is None:
        configure_messages()
        services = stack.enter_context(embedded(settings.home, "store"))
        address, token = services.addresses["store"], services.tokens.of(role)
    else:
        raise BadSetting(
            "--store (or AUTOPACK_STORE_ADDRESS) is missing: what runs elsewhere is recorded elsewhere too"
        )
    return stack.enter_context(channel(address, token=token))
