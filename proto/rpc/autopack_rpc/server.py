"""A synchronous gRPC server with health, its contract, identity, and errors in one shape."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from autopack.contract.v1 import contract_service_pb2_grpc
from autopack_rpc.contract_service import ContractServicer
from autopack_rpc.errors import ErrorTable
from autopack_rpc.interceptor import Access, ServiceInterceptor

Registration = Callable[[grpc.Server], None]

GRACE_SECONDS = 5.0


class AddressUnavailable(Exception):
    """The server could not bind its address."""


@contextlib.contextmanager
def serving(
    address: str,
    registrations: Sequence[Registration],
    *,
    domain: str,
    distribution: str,
    errors: ErrorTable,
    access: Access,
    workers: int = 16,
) -> Iterator[str]:
    """Serve on ``address`` (``unix:/path`` or ``host:port``) inside the block; yields the address that was bound.

    ``registrations`` add the servicers; ContractService is served beside them, for the installed ``distribution``. On
    exit calls in flight have GRACE_SECONDS to end. Raises AddressUnavailable.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=workers, thread_name_prefix=domain),
        interceptors=[ServiceInterceptor(domain, errors, access)],
        options=[("grpc.so_reuseport", 0)],
    )
    for register in registrations:
        register(server)
    contract_service_pb2_grpc.add_ContractServiceServicer_to_server(ContractServicer(distribution), server)
    checks = health.HealthServicer()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise AddressUnavailable(f"cannot listen on {address}: {error}; is another service using it?") from error
    server.start()
    try:
        yield address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"
    finally:
        checks.enter_graceful_shutdown()
        server.stop(GRACE_SECONDS).wait()
