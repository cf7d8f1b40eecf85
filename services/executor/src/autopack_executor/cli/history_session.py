"""A connection to the store alone, for what is only read there."""

import contextlib
from collections.abc import Iterator

from autopack_executor.adapters.grpc_history import GrpcHistoryStore
from autopack_executor.cli.connecting import connection, store_channel
from autopack_executor.config import Settings
from autopack_executor.ports import HistoryStore
from autopack_rpc.roles import Role


@contextlib.contextmanager
def history_session(settings: Settings) -> Iterator[HistoryStore]:
    """Connect as ``store_channel`` does. Raises BadSetting, ServiceMissing."""
    with connection(lambda stack: GrpcHistoryStore(store_channel(settings, _role(settings), stack))) as connected:
        yield connected


def _role(settings: Settings) -> Role:
    """Every role may read. Without an executor to call, this command has the executor's token, or else the client's."""
    own = settings.executor_address is None and Role.EXECUTOR in settings.token_files
    return Role.EXECUTOR if own else Role.CLIENT
