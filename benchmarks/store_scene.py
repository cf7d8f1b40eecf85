"""What the store's benchmarks have in common: clocks, a client, and sizes."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from sqlalchemy import URL

from autopack_clients.store import StoreClient
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.value import CandidateKind, RunSpec, SideEvidence
from autopack_model.suite_run.value import Tree
from benchmarks.store_processes import Process, ServerClock, Services
from tests.storage.databases import Databases, full_address

REPOSITORY = "/srv/shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where everything is measured: the server's databases, and how services are started."""

    databases: Databases
    services: Services
    tests: int
    suite_runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What something took: seconds by the clock, and seconds of processor time by who spent them."""

    wall: float
    cpu: dict[str, float]

    def __str__(self) -> str:
        spent = ", ".join(f"{name} {seconds:.2f}" for name, seconds in self.cpu.items())
        return f"{self.wall:.2f} s (processor: {spent})"

    @property
    def total_cpu(self) -> float:
        """The processor time of all."""
        return sum(self.cpu.values())


def timed(call: Callable[[], object], server: ServerClock, **processes: Process) -> Taken:
    """Make ``call`` and say what it took this process, ``processes`` and PostgreSQL."""

    def clocks() -> dict[str, float]:
        own = sum(os.times()[:2])
        return {"client": own} | {name: process.cpu_s for name, process in processes.items()} | {"server": server()}

    before, started = clocks(), time.perf_counter()
    call()
    wall, after = time.perf_counter() - started, clocks()
    return Taken(wall=wall, cpu={name: after[name] - before[name] for name in after})


class Client:
    """An executor, as far as the store can tell."""

    def __init__(self, store: Process) -> None:
        self.store = StoreClient(store.channel)
        self._guard = threading.Lock()
        self._made = 0

    def attempt(self, name: str) -> AttemptRef:
        """An attempt of a new run."""
        with self._guard:
            self._made += 1
            ref = AttemptRef(run_id=f"{name}-{self._made:05d}", phase="gate", attempt=1)
        self.store.create_run(
            RunSpec(
                run_id=ref.run_id,
                repository=REPOSITORY,
                base=Tree(revision="a" * 40, tree="b" * 40),
                head=Tree(revision="a" * 40, tree="b" * 40),
                candidate=CandidateKind.COMMIT,
                interpreter="/usr/bin/python3",
                arguments=(),
                setup=None,
                timeout_ms=3_600_000,
            ),
            ref,
        )
        return ref

    def attach(self, ref: AttemptRef, side: Side, digest: str, *, reused: bool = False) -> None:
        """Attach stored evidence to an attempt, which makes its outcomes rows."""
        self.store.attach(ref, SideEvidence(side=side, evidence_digest=digest, reused=reused))

    def ingest(self, name: str, evidence: Evidence) -> Callable[[], object]:
        """What stores one suite run, its outcomes' rows included; the run is made before."""
        ref = self.attempt(name)
        return lambda: self.attach(ref, Side.HEAD, self.store.upload(evidence))


def sizes(database: URL) -> dict[str, int]:
    """The bytes of each table, with its indexes and all else, after the VACUUM that autovacuum would make."""
    address = full_address(database.set(drivername="postgresql"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM")
        rows = connection.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
        ).fetchall()
    return {str(name): int(size) for name, size in rows}
