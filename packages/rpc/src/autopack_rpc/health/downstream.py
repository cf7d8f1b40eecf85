"""A service that this one needs: is it ready, does it speak a contract that works with ours, which database has it?"""

import contextlib
from collections.abc import Iterator

import grpc
import structlog
from grpc_health.v1 import health_pb2

from autopack_model.errors import InvalidValue
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import ONCE
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.health.checks import CHECK, OVERALL
from autopack_rpc.health.database_identity import DATABASE_KEY, DatabaseSeen
from autopack_rpc.skew.contract import Contract, Element, own_contract
from autopack_rpc.skew.contract_service import fetch_contract

ASK_SECONDS = 1.2
"""How long each question to it may take; both fit into one look of ours (``readiness.LOOK_SECONDS``)."""

_NAMED = 5

READY = "SERVING"
"""What a service says of its health that can be worked with."""


class Downstream:
    """The service ``name`` at ``address``, asked with the caller's own identity."""

    def __init__(self, name: str, address: str, opened: grpc.Channel, *, domain: str) -> None:
        self._name = name
        self._address = address
        self._channel = opened
        self._log = structlog.get_logger(domain)
        self._identity: str | None = None
        self._known = own_contract().digest

    @property
    def database(self) -> DatabaseSeen:
        """What it said of its database when it was last looked at."""
        return DatabaseSeen(service=self._name, address=self._address, identity=self._identity)

    def problem(self) -> str | None:
        """Look: why it cannot be worked with now, None when it can."""
        self._identity = None
        try:
            status, self._identity = ask_health(self._channel, timeout_s=ASK_SECONDS)
            if status != READY:
                return f"the {self._name} at {self._address} is not ready ({status})"
            return self._contract_problem()
        except RemoteError as error:
            return f"the {self._name} at {self._address} does not answer as it should: {error.message} [{error.reason}]"
        except InvalidValue as error:
            return f"the {self._name} at {self._address} says of its contract what cannot be understood: {error}"

    def _contract_problem(self) -> str | None:
        theirs = fetch_contract(self._channel, timeout_s=ASK_SECONDS).contract
        if theirs.digest == self._known:
            return None
        missing = missing_elements(theirs, own_contract(), self._name)
        if missing:
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            names = ", ".join(element.name for element in missing[:_NAMED])
            return (
                f"the {self._name} at {self._address} is older than this service: its contract {theirs.digest} lacks "
                f"{names}{more}; upgrade it first"
            )
        # Said once: services are upgraded one after the other, and the one that is called comes first.
        self._known = theirs.digest
        self._log.warning("another contract", service=self._name, address=self._address, contract=theirs.digest)
        return None


@contextlib.contextmanager
def downstream(name: str, address: str, *, token: str, domain: str) -> Iterator[Downstream]:
    """The service ``name`` at ``address``, over a channel of its own that repeats nothing."""
    with channel(address, token=token, patience=ONCE) as opened:
        yield Downstream(name, address, opened, domain=domain)


def ask_health(opened: grpc.Channel, *, timeout_s: float) -> tuple[str, str | None]:
    """The readiness of the service behind a channel, by the name of its status (READY or not), and the identity of its
    database, None when it did not say one.

    Raises RemoteError.
    """
    check = opened.unary_unary(
        CHECK,
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    with remote_errors():
        answer, call = check.with_call(health_pb2.HealthCheckRequest(service=OVERALL), timeout=timeout_s)
    said = next((value for key, value in call.trailing_metadata() or () if key == DATABASE_KEY), None)
    name = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return name, said.decode("ascii", "replace") if isinstance(said, bytes) else said


def missing_elements(theirs: Contract, ours: Contract, service: str) -> tuple[Element, ...]:
    """What a caller with the contract ``ours`` may say to ``service`` or hear from it, and ``theirs`` does not have.

    Contracts only grow, so who lacks something is the older one. An element that both have in different forms does not
    tell who is: what is not understood is then refused by name, call by call.
    """
    packages = (f"autopack.{service}.", "autopack.results.")
    return tuple(element for element in ours.difference_from(theirs).added if element.name.startswith(packages))
