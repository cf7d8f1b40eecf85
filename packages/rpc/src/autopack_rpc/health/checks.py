"""grpc.health.v1: is the service ready, does the process live, and which database stands behind it?"""

import threading
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import overload

import grpc
from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from autopack_rpc.health.database_identity import DATABASE_KEY
from autopack_rpc.health.readiness import Monitor, Readiness, always_ready

CHECK = "/grpc.health.v1.Health/Check"
"""The method that asks once."""

OVERALL = ""
"""The name under which readiness is asked for; each service's full name says the same."""

LIVENESS = "autopack.liveness"
"""Says only that the process answers. Who restarts what is not alive asks for this one: a process whose database is
away is well, and starting it anew would not bring the database back."""

Identity = Callable[[], str | None]
"""The identity of the database behind a service, in printable ASCII; None when it is not known now."""

# Health has threads of its own: those of the server may all be waiting for a database.
_THREADS = futures.ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


def no_database() -> str | None:
    """The identity of a service that knows of no database."""
    return None


class HealthChecks(health.HealthServicer):
    """Answers for ``services`` (full names) what ``readiness`` finds."""

    def __init__(
        self,
        services: Sequence[str],
        *,
        domain: str,
        readiness: Readiness = always_ready,
        identity: Identity = no_database,
    ) -> None:
        super().__init__(experimental_non_blocking=True, experimental_thread_pool=_THREADS)
        self._names = (OVERALL, *services)
        self._identity = identity
        self._monitor = Monitor(readiness, self._publish, domain=domain)
        self._guard = threading.RLock()
        self._draining = False
        self._watchers: dict[int, Callable[[HealthCheckResponse | None], None]] = {}
        self._publish("nobody has looked yet")
        self.set(LIVENESS, HealthCheckResponse.SERVING)

    def start(self, *, interval_s: float | None) -> None:
        """Begin to look: when asked, and every ``interval_s`` seconds unless that is None."""
        self._monitor.start(interval_s=interval_s)

    def drain(self) -> None:
        """Say from here on that the service is not ready, and end what watches: it would keep the server waiting. The
        process still lives.
        """
        self._monitor.close()
        with self._guard:
            self._publish("it is being shut down")
            self._draining = True
            watchers = list(self._watchers.values())
        for end in watchers:
            end(None)

    def Check(self, request: HealthCheckRequest, context: grpc.ServicerContext) -> HealthCheckResponse:
        """The status of one name, and the database's identity in the trailing metadata."""
        if request.service in self._names:
            self._monitor.ask()
            if (identity := self._identity()) is not None:
                context.set_trailing_metadata(((DATABASE_KEY, identity),))
        return super().Check(request, context)

    # The class looks at this attribute of the method to choose its threads.
    Check.experimental_thread_pool = _THREADS  # type: ignore[attr-defined]  # functions take any attribute

    @overload
    def Watch(
        self, request: HealthCheckRequest, context: grpc.ServicerContext, send_response_callback: None = None
    ) -> health._Watcher: ...

    @overload
    def Watch(
        self,
        request: HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: Callable[[HealthCheckResponse | None], None],
    ) -> None: ...

    def Watch(
        self,
        request: HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: Callable[[HealthCheckResponse | None], None] | None = None,
    ) -> health._Watcher | None:
        """The status of one name, again whenever it changes."""
        if send_response_callback is None:
            raise TypeError("this server's gRPC does not serve Watch without a thread for each watcher")
        if request.service in self._names:
            self._monitor.ask()
        super().Watch(request, context, send_response_callback)
        key = id(send_response_callback)
        with self._guard:
            self._watchers[key] = send_response_callback
            over = self._draining
        if not context.add_callback(lambda: self._forget(key)):
            self._forget(key)
        elif over:
            send_response_callback(None)
        return None

    def _forget(self, key: int) -> None:
        with self._guard:
            self._watchers.pop(key, None)

    def _publish(self, problem: str | None) -> None:
        status = HealthCheckResponse.SERVING if problem is None else HealthCheckResponse.NOT_SERVING
        with self._guard:
            if not self._draining:
                for name in self._names:
                    self.set(name, status)
