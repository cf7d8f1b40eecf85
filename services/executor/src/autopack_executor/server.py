"""The composition root: wires the executor by hand; everything that must be closed is on one ExitStack."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog

from autopack.executor.v1 import executor_service_pb2_grpc
from autopack_clients.gatekeeper import GatekeeperClient
from autopack_clients.store import StoreClient
from autopack_executor.config import Deployment, ExecutorSettings, process_settings, wall_clock_ms
from autopack_executor.environment.environments import HermeticEnvironments
from autopack_executor.gate.abandoned import record_abandoned
from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.baseline_lock import FileBaselineLocks
from autopack_executor.gate.cancel import CancelRun
from autopack_executor.gate.command import Commands
from autopack_executor.gate.ports.services import Store
from autopack_executor.gate.read_artifacts import ReadArtifacts
from autopack_executor.gate.request_memory import RequestMemory
from autopack_executor.gate.start import Dependencies, StartRun
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.service import ERRORS, ExecutorServicer
from autopack_executor.suite.runner import PytestSuiteRunner
from autopack_executor.suite.stream import RECORDER_VERSION
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.kept_artifacts import KeptArtifacts
from autopack_executor.workspace.orphans import sweep
from autopack_executor.workspace.patches import ReceivedPatches
from autopack_executor.workspace.periodic import repeated
from autopack_executor.workspace.secret_key import secret_key
from autopack_executor.workspace.sources import RepositorySources, SourceLimits
from autopack_git.repository import GitRepository
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import BRIEF, Patience
from autopack_rpc.embedded import EmbeddedSettings
from autopack_rpc.health.database_identity import database_mismatch
from autopack_rpc.health.downstream import Downstream, downstream
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import EMBEDDED, Lifetime, serving

DOMAIN = "executor.autopack"
DISTRIBUTION = "autopack-executor"
SERVICE = "autopack.executor.v1.ExecutorService"
WORKERS = 64
SWEEP_AGAIN_SECONDS = 15.0

_log = structlog.get_logger(DOMAIN)


@contextlib.contextmanager
def executor(
    settings: ExecutorSettings,
    *,
    address: str,
    store_address: str,
    gatekeeper_address: str,
    tokens: Tokens,
    sweep_again_s: float | None = None,
    patience: Patience = BRIEF,
    lifetime: Lifetime = EMBEDDED,
    caller: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Serve the executor inside the block; yields its address. On exit every run is cancelled and cleaned up: within
    the lifetime's seconds, unless it is embedded, where no run outlives the command.

    What killed executors left is cleared at the start and, where ``sweep_again_s`` says so, every so many seconds: the
    store may have been away, and so it may be when a run of this one ends. ``caller`` is the environment of who calls
    it, where that is this process.
    """
    with contextlib.ExitStack() as stack:
        token = tokens.of(Role.EXECUTOR)
        needed = tuple(
            stack.enter_context(downstream(name, where, token=token, domain=DOMAIN))
            for name, where in (("store", store_address), ("gatekeeper", gatekeeper_address))
        )
        store = StoreClient(stack.enter_context(channel(store_address, token=token, patience=patience)))
        gatekeeper = GatekeeperClient(stack.enter_context(channel(gatekeeper_address, token=token, patience=patience)))
        home = Home(settings.home)
        # What is done again anyway needs no patience, and must keep neither the start nor the end waiting.
        swept = StoreClient(stack.enter_context(channel(store_address, token=token)))
        _clear_abandoned(home, swept)
        if sweep_again_s is not None:
            stack.enter_context(repeated(lambda: _clear_abandoned(home, swept), every_s=sweep_again_s))
        sandbox = Sandbox(home, superuser=settings.superuser)
        sources = RepositorySources(
            home,
            SourceLimits(
                clone_allow=settings.clone_allow,
                max_bundle_bytes=settings.max_bundle_bytes,
                most_bytes=settings.sources_bytes,
                keep_s=settings.keep_sources_s,
            ),
        )
        sources.drop_unused()
        patches = ReceivedPatches(home)
        patches.drop_unused()
        environments = HermeticEnvironments(
            home,
            sandbox,
            settings.environ,
            superuser=settings.superuser,
            default=settings.executor_python,
            limits=settings.environments,
        )
        dependencies = Dependencies(
            sources=sources,
            patches=patches,
            workspaces=home,
            locks=FileBaselineLocks(home.locks),
            environments=environments,
            commands=Commands(environments=environments, caller=caller, key=secret_key(home.root / "variables.key")),
            runner=PytestSuiteRunner(home, sandbox, grace_s=settings.linger_s),
            store=store,
            gatekeeper=gatekeeper,
            recorder_version=RECORDER_VERSION,
            clock_ms=wall_clock_ms,
        )
        active = ActiveRuns()
        requests = RequestMemory()
        servicer = ExecutorServicer(
            StartRun(dependencies=dependencies, active=active, requests=requests),
            CancelRun(active=active, store=store, requests=requests),
            active,
            ReadArtifacts(active=active, store=store, kept=KeptArtifacts(home.root)),
        )
        yield stack.enter_context(
            serving(
                address,
                {
                    SERVICE: lambda server: executor_service_pb2_grpc.add_ExecutorServiceServicer_to_server(
                        servicer, server
                    )
                },
                domain=DOMAIN,
                distribution=DISTRIBUTION,
                errors=ERRORS,
                access=Access(tokens=tokens, roles={}),
                workers=WORKERS,
                readiness=lambda: _problem(*needed),
                identity=lambda: needed[0].database.identity,
                lifetime=lifetime,
                wind_up=lambda seconds: active.close(None if lifetime is EMBEDDED else seconds),
            )
        )


@contextlib.contextmanager
def embedded(settings: EmbeddedSettings) -> Iterator[None]:
    """The executor as a part of this process, on a private socket, with ``settings.home`` as its state directory."""
    own = process_settings().at(settings.home)
    with executor(
        own,
        address=settings.addresses["executor"],
        store_address=settings.addresses["store"],
        gatekeeper_address=settings.addresses["gatekeeper"],
        tokens=settings.tokens,
        patience=Patience.lasting(own.patience_s) if settings.alone else BRIEF,
        caller=own.environ,
    ):
        yield


@contextlib.contextmanager
def deployed(settings: ExecutorSettings, deployment: Deployment) -> Iterator[str]:
    """The executor as a service of its own; yields its address."""
    with executor(
        settings,
        address=deployment.address,
        store_address=deployment.store_address,
        gatekeeper_address=deployment.gatekeeper_address,
        tokens=deployment.tokens,
        sweep_again_s=SWEEP_AGAIN_SECONDS,
        patience=Patience.lasting(settings.patience_s),
        lifetime=Lifetime.deployed(settings.drain_s),
    ) as address:
        yield address


def _problem(store: Downstream, gatekeeper: Downstream) -> str | None:
    """Why runs cannot be gated now, None when they can: what either service says, or that they use two databases."""
    return store.problem() or gatekeeper.problem() or database_mismatch(store.database, gatekeeper.database)


def _clear_abandoned(home: Home, store: Store) -> None:
    def forget(repository: Path, worktree: Path) -> None:
        GitRepository(repository, state=home.root / "git").forget_worktree(worktree)

    done = sweep(home, forget, lambda run_id: record_abandoned(store, run_id))
    for run_id in done.swept:
        _log.warning("cleared what a killed executor left", run=run_id)
    for subject, problem in done.problems:
        _log.warning("could not clear what a killed executor left", subject=subject, problem=problem)
