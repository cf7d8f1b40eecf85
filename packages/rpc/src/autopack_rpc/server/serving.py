"""A synchronous gRPC server with health, reflection, its contract, identity, errors in one shape, and a good end."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from dataclasses import dataclass

import grpc
import structlog
from google.protobuf import descriptor_pool
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from autopack.contract.v1 import contract_service_pb2, contract_service_pb2_grpc
from autopack_rpc.errors import ErrorTable
from autopack_rpc.health.checks import HealthChecks, Identity, no_database
from autopack_rpc.health.readiness import INTERVAL_SECONDS, Readiness, always_ready
from autopack_rpc.keepalive import server_options
from autopack_rpc.server.interceptor import Access, ServiceInterceptor
from autopack_rpc.skew.contract_service import ContractServicer

Registration = Callable[[grpc.Server], None]

GRACE_SECONDS = 5.0

CONTRACT_SERVICE: str = contract_service_pb2.DESCRIPTOR.services_by_name["ContractService"].full_name


class AddressUnavailable(Exception):
    """The server could not bind its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """How a server lives and ends. Readiness is looked at when somebody asks, and every ``interval_s`` seconds unless
    that is None. At the end calls in flight have ``drain_s`` seconds.
    """

    drain_s: float
    interval_s: float | None

    @staticmethod
    def deployed(drain_s: float) -> "Lifetime":
        """That of a service of its own."""
        return Lifetime(drain_s=drain_s, interval_s=INTERVAL_SECONDS)


EMBEDDED = Lifetime(drain_s=GRACE_SECONDS, interval_s=None)
"""The lifetime of a server that lives within a command."""


def _nothing(_seconds: float) -> None:
    """What a server does before its end when it has no work of its own."""


@contextlib.contextmanager
def serving(
    address: str,
    services: Mapping[str, Registration],
    *,
    domain: str,
    distribution: str,
    errors: ErrorTable,
    access: Access,
    workers: int = 16,
    readiness: Readiness = always_ready,
    identity: Identity = no_database,
    lifetime: Lifetime = EMBEDDED,
    wind_up: Callable[[float], None] = _nothing,
) -> Iterator[str]:
    """Serve on ``address`` (``unix:/path`` or ``host:port``) inside the block; yields the address that was bound.

    ``services`` has by their full names what adds the servicers; ContractService is served beside them, for the
    installed ``distribution``, and health and reflection. Health says what ``readiness`` finds, with the database's
    ``identity``.

    At the end health says NOT_SERVING, no new call is taken, ``wind_up`` ends what the service does besides (it is
    given the seconds that it has), and calls in flight are cut at the end of these. Raises AddressUnavailable, and
    KeyError for the name of a service that no contract has.
    """
    for name in services:
        descriptor_pool.Default().FindServiceByName(name)
    pool = futures.ThreadPoolExecutor(max_workers=workers, thread_name_prefix=domain)
    server = grpc.server(
        pool,
        interceptors=[ServiceInterceptor(domain, errors, access)],
        options=[("grpc.so_reuseport", 0), *server_options(address)],
    )
    for register in services.values():
        register(server)
    contract_service_pb2_grpc.add_ContractServiceServicer_to_server(ContractServicer(distribution), server)
    own = (*services, CONTRACT_SERVICE)
    checks = HealthChecks(own, domain=domain, readiness=readiness, identity=identity)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection((*own, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise AddressUnavailable(f"cannot listen on {address}: {error}; is another service using it?") from error
    server.start()
    checks.start(interval_s=lifetime.interval_s)
    try:
        yield address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"
    finally:
        checks.drain()
        begun = time.monotonic()
        stopped = server.stop(lifetime.drain_s)
        wind_up(lifetime.drain_s)
        stopped.wait()
        if time.monotonic() - begun >= lifetime.drain_s:
            structlog.get_logger(domain).warning("calls in flight were cut", after_seconds=lifetime.drain_s)
        pool.shutdown(wait=False)
