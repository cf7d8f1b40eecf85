"""A connection to the store alone, for what is only read there."""

import contextlib
from collections.abc import Iterator

from autopack_executor.adapters.grpc_history import GrpcHistoryStore
from autopack_executor.cli.interruption import interruption
from autopack_executor.cli.messages import configure_messages
from autopack_executor.config import BadSetting, Settings
from autopack_executor.ports import HistoryStore
from autopack_rpc.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role


@contextlib.contextmanager
def history_session(settings: Settings) -> Iterator[HistoryStore]:
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


def _connected(settings: Settings, stack: contextlib.ExitStack) -> HistoryStore:
    if settings.store_address is not None:
        address, token = settings.store_address, settings.token(_role(settings))
    elif settings.gatekeeper_address is None and settings.executor_address is None:
        configure_messages()
        services = stack.enter_context(embedded(settings.home, "store"))
        address, token = services.addresses["store"], services.tokens.of(Role.CLIENT)
    else:
        raise BadSetting(
            "--store (or AUTOPACK_STORE_ADDRESS) is missing: what runs elsewhere is recorded elsewhere too"
        )
    return GrpcHistoryStore(stack.enter_context(channel(address, token=token)))


def _role(settings: Settings) -> Role:
    """Every role may read. Without an executor to call, this command has the executor's token, or else the client's."""
    own = settings.executor_address is None and Role.EXECUTOR in settings.token_files
    return Role.EXECUTOR if own else Role.CLIENT
