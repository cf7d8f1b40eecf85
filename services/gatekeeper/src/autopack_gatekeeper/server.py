"""The composition root: what a gatekeeper is made of, wired by hand, closed in the opposite order."""

import contextlib
from collections.abc import Iterator

from autopack.gatekeeper.v1.gatekeeper_service_pb2_grpc import add_GatekeeperServiceServicer_to_server
from autopack_gatekeeper.adapters.remote_store import RemoteStore
from autopack_gatekeeper.config import GatekeeperSettings
from autopack_gatekeeper.servicer import DOMAIN, ERRORS, ROLES, GatekeeperServicer
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import EmbeddedSettings
from autopack_rpc.health.downstream import downstream
from autopack_rpc.roles import Role
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import EMBEDDED, Lifetime, serving

NAME = "gatekeeper"
DISTRIBUTION = "autopack-gatekeeper"
SERVICE = "autopack.gatekeeper.v1.GatekeeperService"
STORE = "store"


@contextlib.contextmanager
def gatekeeper_server(settings: GatekeeperSettings, lifetime: Lifetime | None = None) -> Iterator[str]:
    """A gatekeeper that serves inside the block, as a service of its own unless ``lifetime`` says otherwise; yields the
    address that was bound. Raises AddressUnavailable.
    """
    with contextlib.ExitStack() as stack:
        token = settings.tokens.of(Role.GATEKEEPER)
        needed = stack.enter_context(downstream(STORE, settings.store_address, token=token, domain=DOMAIN))
        store = RemoteStore(
            stack.enter_context(channel(settings.store_address, token=token, patience=settings.patience))
        )
        servicer = GatekeeperServicer(store)
        yield stack.enter_context(
            serving(
                settings.address,
                {SERVICE: lambda server: add_GatekeeperServiceServicer_to_server(servicer, server)},
                domain=DOMAIN,
                distribution=DISTRIBUTION,
                errors=ERRORS,
                access=Access(tokens=settings.tokens, roles=ROLES),
                readiness=needed.problem,
                identity=lambda: needed.database.identity,
                lifetime=lifetime or Lifetime.deployed(settings.drain_s),
            )
        )


@contextlib.contextmanager
def embedded(settings: EmbeddedSettings) -> Iterator[None]:
    """The gatekeeper of one process. It keeps no state, so ``settings.home`` is not used. Raises AddressUnavailable."""
    own = GatekeeperSettings(
        address=settings.addresses[NAME], store_address=settings.addresses[STORE], tokens=settings.tokens
    )
    with gatekeeper_server(own, EMBEDDED):
        yield
