"""A connection to the services: those of the configured addresses, or embedded ones."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import grpc

from autopack_executor.adapters.grpc_executor import GrpcExecutor
from autopack_executor.adapters.grpc_gatekeeper import GrpcGatekeeper
from autopack_executor.adapters.grpc_store import GrpcRunStore
from autopack_executor.config import BadSetting, Settings
from autopack_executor.domain.errors import BadRequest, ExecutorError
from autopack_executor.ports import Gatekeeper, RunStore
from autopack_results.errors import InvalidValue
from autopack_rpc.channel import channel
from autopack_rpc.embedded import ServiceMissing, embedded
from autopack_rpc.errors import Described, RemoteError
from autopack_rpc.roles import Role

EXIT_USAGE: Final = 2
EXIT_FAILURE: Final = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The three services, as a client sees them."""

    store: RunStore
    gatekeeper: Gatekeeper
    executor: GrpcExecutor


@contextlib.contextmanager
def session(settings: Settings) -> Iterator[Session]:
    """Connect. With no address configured the services are embedded in this process; a part of the addresses is
    refused, since a mixture would hide where a run is recorded. Raises BadSetting, ServiceMissing.
    """
    configured = (settings.store_address, settings.gatekeeper_address, settings.executor_address)
    with contextlib.ExitStack() as stack:
        if configured == (None, None, None):
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
        yield Session(
            store=GrpcRunStore(channels["store"]),
            gatekeeper=GrpcGatekeeper(channels["gatekeeper"]),
            executor=GrpcExecutor(channels["executor"]),
        )


@contextlib.contextmanager
def reporting_errors() -> Iterator[None]:
    """Turn the errors that a user can meet into a message on standard error and the right exit code.

    Raises SystemExit in their stead.
    """
    try:
        yield
    except (BadSetting, InvalidValue) as error:
        _leave(str(error), EXIT_USAGE)
    except BadRequest as error:
        _leave(error.message, EXIT_USAGE)
    except RemoteError as error:
        bad_input = error.code in (
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.NOT_FOUND,
            grpc.StatusCode.ALREADY_EXISTS,
        )
        _leave(error.message, EXIT_USAGE if bad_input else EXIT_FAILURE)
    except (ExecutorError, ServiceMissing) as error:
        _leave(str(error), EXIT_FAILURE)
    except Exception as error:
        if not isinstance(error, Described):
            raise
        _leave(error.message, EXIT_FAILURE)


def _leave(message: str, code: int) -> None:
    print(f"autopack: {message}", file=sys.stderr)  # noqa: T201 - the command line speaks
    raise SystemExit(code)
