"""The composition root: what a store is made of, wired by hand, closed in the opposite order."""

import contextlib
import time
from collections.abc import Iterator
from functools import partial

import structlog
from sqlalchemy import Engine

from autopack.store.v1.baseline_service_pb2_grpc import add_BaselineServiceServicer_to_server
from autopack.store.v1.decision_service_pb2_grpc import add_DecisionServiceServicer_to_server
from autopack.store.v1.evidence_service_pb2_grpc import add_EvidenceServiceServicer_to_server
from autopack.store.v1.history_service_pb2_grpc import add_HistoryServiceServicer_to_server
from autopack.store.v1.result_service_pb2_grpc import add_ResultServiceServicer_to_server
from autopack.store.v1.run_service_pb2_grpc import add_RunServiceServicer_to_server
from autopack_rpc.embedded import EmbeddedSettings
from autopack_rpc.roles import Tokens
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import EMBEDDED, Lifetime, serving
from autopack_rpc.settings import HOME, BadSetting
from autopack_store.access import DOMAIN, ERRORS, ROLES
from autopack_store.baselines.rpc import BaselineServicer
from autopack_store.config import StoreSettings
from autopack_store.database.engine import file_url, label, open_engine
from autopack_store.decisions.rpc import DecisionServicer
from autopack_store.evidence.rpc import EvidenceServicer
from autopack_store.history.rpc import HistoryServicer
from autopack_store.results.rpc import ResultServicer
from autopack_store.runs.rpc import RunServicer
from autopack_store.schema.guardrail import ensure_schema
from autopack_store.schema.inspection import Chain
from autopack_store.schema.opt_in import BOOTSTRAP
from autopack_store.schema.readiness import DatabaseReadiness
from autopack_store.unit_of_work import SqlDatabase

NAME = "store"
DISTRIBUTION = "autopack-store"
PACKAGE = "autopack.store.v1"
FILE = "store.db"


@contextlib.contextmanager
def store_server(settings: StoreSettings) -> Iterator[str]:
    """A store that serves inside the block; yields the address that was bound.

    Raises ConfigurationError, SchemaRefused, StorageError, DataLoss, AddressUnavailable.
    """
    with contextlib.ExitStack() as stack:
        engine = open_engine(settings.database_url)
        stack.callback(engine.dispose)
        if ensure_schema(engine, bootstrap=settings.bootstrap, chain=Chain()):
            structlog.get_logger(DOMAIN).warning(
                f"schema upgraded at the start because of {BOOTSTRAP}: this is for development and tests",
                database=label(engine),
            )
        yield stack.enter_context(
            serving_database(engine, settings.address, settings.tokens, Lifetime.deployed(settings.drain_s))
        )


@contextlib.contextmanager
def embedded(settings: EmbeddedSettings) -> Iterator[None]:
    """The store of one process, on the SQLite file ``store.db`` in ``settings.home``, which it owns: it makes and
    upgrades the schema without being told to.

    Raises the same errors as ``store_server``, and BadSetting when the folder cannot be made.
    """
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"{HOME}: the folder {settings.home} cannot be made: {error.strerror}; name another one"
        raise BadSetting(problem, subject=HOME) from error
    with contextlib.ExitStack() as stack:
        engine = open_engine(file_url(settings.home / FILE))
        stack.callback(engine.dispose)
        ensure_schema(engine, bootstrap=True, chain=Chain())
        stack.enter_context(serving_database(engine, settings.addresses[NAME], settings.tokens, EMBEDDED))
        yield


def serving_database(
    engine: Engine, address: str, tokens: Tokens, lifetime: Lifetime
) -> contextlib.AbstractContextManager[str]:
    """A store that serves the database of ``engine``, whose schema is current; yields the address that was bound.

    Raises AddressUnavailable.
    """
    database = SqlDatabase(engine, now_ms)
    readiness = DatabaseReadiness(engine, Chain(), domain=DOMAIN)
    return serving(
        address,
        {
            f"{PACKAGE}.RunService": partial(add_RunServiceServicer_to_server, RunServicer(database, now_ms)),
            f"{PACKAGE}.EvidenceService": partial(
                add_EvidenceServiceServicer_to_server, EvidenceServicer(database, now_ms)
            ),
            f"{PACKAGE}.BaselineService": partial(add_BaselineServiceServicer_to_server, BaselineServicer(database)),
            f"{PACKAGE}.DecisionService": partial(
                add_DecisionServiceServicer_to_server, DecisionServicer(database, now_ms)
            ),
            f"{PACKAGE}.HistoryService": partial(add_HistoryServiceServicer_to_server, HistoryServicer(database)),
            f"{PACKAGE}.ResultService": partial(add_ResultServiceServicer_to_server, ResultServicer(database, now_ms)),
        },
        domain=DOMAIN,
        distribution=DISTRIBUTION,
        errors=ERRORS,
        access=Access(tokens=tokens, roles=ROLES),
        readiness=readiness.problem,
        identity=lambda: readiness.identity,
        lifetime=lifetime,
    )


def now_ms() -> int:
    """The time: milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000
