"""The store on PostgreSQL, as ratios to references of the same run.

Usage: ``python -m benchmarks.bench_store [SECTION ...] [--tests N] [--suite-runs N]``; sections: ingest, memory,
concurrent, history, decisions, without any all of them. Store and gatekeeper are processes of their own, spoken to over
TCP in the executor's way; PostgreSQL is that of the tests (tests/postgresql.py), so AUTOPACK_TEST_DATABASE_URL names
another. Everything that is compared is on the same server with the same settings. Beside the clock stands the processor
time, which other load disturbs less.
"""

import argparse
import contextlib
import functools
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import psycopg
from grpc_health.v1.health_pb2 import HealthCheckRequest

from autopack.store.v1 import history_service_pb2, history_service_pb2_grpc
from autopack_clients.gatekeeper import GatekeeperClient
from autopack_clients.store import StoreClient
from autopack_model.evidence.outcome import BAD
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_rpc.health.checks import LIVENESS
from benchmarks.store_evidence import make_ids, suite
from benchmarks.store_processes import ServerClock, Services
from benchmarks.store_references import TABLE, add_all, copy, copy_data, make_table
from benchmarks.store_scene import REPOSITORY, Bench, Client, Taken, sizes, timed
from tests.fakes.store import TERMS
from tests.postgresql import postgresql_server
from tests.storage.databases import Databases, full_address

TESTS = 1_000_000
ORM_ROWS = 100_000
UPLOADS, UPLOAD_TESTS, CONNECTIONS = 200, 1_000, 20
SUITE_RUNS, SUITE_TESTS, SET_RUNS, SET_CHANGES, OFTEN = 1_000, 10_000, 50, 50, 40
FILLERS = 4
LOOKUPS = 300
DECISIONS, UNCACHED, DECIDERS = 100, 30, 4
SHOWN = ("fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers", "autovacuum")


def ingest(bench: Bench) -> None:
    """A suite run of a million tests, with ids that the store does not know, and one more with the same ids."""
    ids = _names(bench.tests)
    suites = [suite(ids, seed=seed) for seed in (1, 2)]
    with bench.databases.made() as own, bench.databases.made() as other:
        server = ServerClock(own)
        stored: list[Taken] = []
        used: list[dict[str, int]] = []
        with bench.services.store(own) as store:
            client = Client(store)
            used.append(sizes(own))
            for number, evidence in enumerate(suites):
                stored.append(timed(client.ingest(f"ingest{number}", evidence), server, store=store))
                used.append(sizes(own))
        make_table(other)
        copied: list[Taken] = []
        rows: list[int] = [sizes(other)[TABLE]]
        for number, evidence in enumerate(suites):
            data = copy_data(number, evidence)
            copied.append(timed(functools.partial(copy, other, data), server))
            rows.append(sizes(other)[TABLE])
            del data
        few = suite(TestIds.of(ids[:ORM_ROWS]), seed=3)
        objects = add_all(other, len(suites), few) * bench.tests / len(few.states)
    for number, name in enumerate(("new ids", "same ids")):
        grown = {table: used[number + 1][table] - used[number][table] for table in used[0]}
        total, row_bytes = sum(grown.values()), rows[number + 1] - rows[number]
        largest = ", ".join(f"{table} {size / bench.tests:.2f}" for table, size in grown.items() if size > 16384)
        ours, reference = stored[number], copied[number]
        print(f"{name}: through the store   {ours}")
        print(f"{name}: COPY, row per test  {reference}")
        print(
            f"{name}: COPY / store        {reference.wall / ours.wall:8.2f} times faster (goal: 4; by processor time",
            end="",
        )
        server_alone = _over(reference.cpu, ours.cpu, "server")
        print(f" {reference.total_cpu / ours.total_cpu:.2f}, by the server's alone {server_alone:.1f})")
        print(f"{name}: ORM add_all / store {objects / ours.wall:8.2f} times faster ({objects:.1f} s)")
        print(f"{name}: on disk             {total / bench.tests:8.2f} bytes per test (goal: 6; COPY's table", end="")
        print(f" {row_bytes / bench.tests:.1f}): {largest}")


def memory(bench: Bench) -> None:
    """The most memory that fresh processes need for a million tests."""
    ids = _names(bench.tests)
    base, head = suite(ids, seed=1), suite(ids, seed=2)
    gone = set(range(7, bench.tests, 101))
    kept = [test_id for index, test_id in enumerate(ids) if index not in gone]
    other = suite(TestIds.of(sorted([*kept, *(f"{ids[index]}_new" for index in gone)])), seed=4)
    peaks: dict[str, float] = {}
    with bench.databases.made() as database:
        with bench.services.store(database) as store:
            peaks["idle store"] = store.peak_mb
            base_digest = StoreClient(store.channel).upload(base)
            peaks["store, upload"] = store.peak_mb
        with bench.services.store(database) as store:
            if StoreClient(store.channel).evidence(base_digest) != base:
                raise RuntimeError("other evidence came back")
            peaks["store, download"] = store.peak_mb
        for name, evidence in (("same ids", head), ("1 % other ids", other)):
            with bench.services.store(database) as store:
                client = Client(store)
                ref = client.attempt(f"memory-{len(evidence.states)}-{len(peaks)}")
                client.attach(ref, Side.BASE, base_digest, reused=True)
                digest = client.store.upload(evidence)
                client.attach(ref, Side.HEAD, digest)
            with bench.services.store(database) as store, bench.services.gatekeeper(store) as gatekeeper:
                peaks.setdefault("idle gatekeeper", gatekeeper.peak_mb)
                started = time.perf_counter()
                GatekeeperClient(gatekeeper.channel).decide(ref, base=base_digest, head=digest, terms=TERMS)
                print(f"Decide, {name}: {time.perf_counter() - started:.2f} s")
                peaks[f"gatekeeper, Decide, {name}"] = gatekeeper.peak_mb
                peaks[f"store, Decide, {name}"] = store.peak_mb
    for what, peak in peaks.items():
        print(f"{what:<36}{peak:8.0f} MiB at most" + ("" if what.startswith("idle") else " (goal: 300)"))


def concurrent(bench: Bench) -> None:
    """Many uploads at once, each of ids and outcomes of its own, over several connections."""
    suites = [suite(make_ids(UPLOAD_TESTS, seed=number), seed=number) for number in range(UPLOADS)]
    seconds = [0.0] * UPLOADS
    digests = [""] * UPLOADS
    with bench.databases.made() as database, bench.services.store(database) as store, contextlib.ExitStack() as stack:
        stores = [StoreClient(stack.enter_context(store.connected())) for _ in range(CONNECTIONS)]
        for each in stores:
            each.runs(repository=REPOSITORY, limit=1)
        together = threading.Barrier(UPLOADS)

        def upload(number: int) -> None:
            together.wait()
            started = time.perf_counter()
            digests[number] = stores[number % CONNECTIONS].upload(suites[number])
            seconds[number] = time.perf_counter() - started

        with ThreadPoolExecutor(UPLOADS) as pool:
            taken = timed(lambda: list(pool.map(upload, range(UPLOADS))), ServerClock(database), store=store)
        for digest, evidence in zip(digests, suites, strict=True):
            if stores[0].evidence(digest) != evidence:
                raise RuntimeError(f"{digest} is not what was uploaded")
    print(f"{UPLOADS} uploads of {UPLOAD_TESTS} tests at once, all of them read back equal afterwards: {taken}")
    print(f"one of them: {_latencies(seconds)}")


def history(bench: Bench) -> None:
    """Look-ups of tests among ten million outcomes."""
    with bench.databases.made() as database, bench.services.store(database) as store:
        client = Client(store)
        measured = list(_changing_suite(bench.suite_runs))
        order: list[Evidence] = []
        guard = threading.Lock()

        def fill(evidence: Evidence) -> None:
            ref = client.attempt("history")
            digest = client.store.upload(evidence)
            with guard:
                client.attach(ref, Side.HEAD, digest)
                order.append(evidence)

        with ThreadPoolExecutor(FILLERS) as pool:
            filled = timed(lambda: list(pool.map(fill, measured)), ServerClock(database), store=store)
        with psycopg.connect(full_address(database.set(drivername="postgresql")), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            rows = connection.execute("SELECT count(*) FROM outcome").fetchone()
        outcomes = sum(len(evidence.states) for evidence in order)
        print(
            f"{len(order)} suite runs, {outcomes} outcomes, {rows[0] if rows else 0} of them rows: filled in {filled}"
        )
        echo = _echo(store.channel)
        print(f"bare unary echo of the same server: {_latencies(echo)}")
        everything: list[float] = []
        for name, tests in _asked(order).items():
            before = store.cpu_s
            taken = [_look_up(store.channel, test_id, order, check=number < 20) for number, test_id in enumerate(tests)]
            cpu = (store.cpu_s - before) / len(tests) * 1e3
            print(f"ListTestHistory, {name:<18} {_latencies(taken)}, store's processor {cpu:.1f} ms")
            everything += taken
        ratio = _quantile(everything, 0.5) / _quantile(echo, 0.5)
        print(f"ListTestHistory, all: {_latencies(everything)} (goal: p99 under 20), p50 {ratio:.1f} x echo")


def decisions(bench: Bench) -> None:
    """Decisions on suites of 10,000 tests against one baseline, which the gatekeeper has in memory."""
    ids = make_ids(SUITE_TESTS)
    base = suite(ids, seed=0)
    with bench.databases.made() as database, bench.services.store(database) as store:
        client = Client(store)

        def prepared(number: int, against: str) -> tuple[AttemptRef, str, str]:
            ref = client.attempt("decide")
            head = client.store.upload(suite(ids, seed=number))
            client.attach(ref, Side.BASE, against, reused=True)
            client.attach(ref, Side.HEAD, head)
            return ref, against, head

        base_digest = client.store.upload(base)
        numbers = iter(range(1, 1 << 30))
        cached = [prepared(next(numbers), base_digest) for _ in range(2 * DECISIONS + 1)]
        other = [prepared(next(numbers), client.store.upload(suite(ids, seed=next(numbers)))) for _ in range(UNCACHED)]
        with bench.services.gatekeeper(store) as process:
            gatekeeper = GatekeeperClient(process.channel)

            def decide(prepared: tuple[AttemptRef, str, str]) -> None:
                ref, against, head = prepared
                gatekeeper.decide(ref, base=against, head=head, terms=TERMS)

            def decide_all(several: Sequence[tuple[AttemptRef, str, str]]) -> None:
                for each in several:
                    decide(each)

            clock = ServerClock(database)
            decide(cached.pop())
            several, alone = cached[:DECISIONS], cached[DECISIONS:]
            one = timed(functools.partial(decide_all, alone), clock, store=store, gatekeeper=process)
            with ThreadPoolExecutor(DECIDERS) as pool:
                many = timed(lambda: list(pool.map(decide, several)), clock, store=store, gatekeeper=process)
            cold = timed(functools.partial(decide_all, other), clock, store=store, gatekeeper=process)
    print(f"baseline cached, one after the other: {DECISIONS / one.wall:.1f} decisions per second; {one}")
    print(f"baseline cached, {DECIDERS} at a time:           {DECISIONS / many.wall:.1f} decisions per second; {many}")
    print(f"a baseline of its own for each:       {UNCACHED / cold.wall:.1f} decisions per second; {cold}")
    print(f"cached / not cached:                  {DECISIONS / one.wall / (UNCACHED / cold.wall):.2f} times as many")


def _changing_suite(count: int) -> Iterator[Evidence]:
    """Suite runs of one repository: every SET_RUNS of them some tests go and some come; some tests fail often."""
    rng = random.Random(7)
    sets = -(-count // SET_RUNS)
    names = list(make_ids(SUITE_TESTS + sets * SET_CHANGES))
    rng.shuffle(names)
    often, there, coming = names[:OFTEN], names[OFTEN:SUITE_TESTS], names[SUITE_TESTS:]
    for number in range(count):
        if number % SET_RUNS == 0:
            if number:
                there, coming = there[SET_CHANGES:] + coming[:SET_CHANGES], coming[SET_CHANGES:]
            ids = TestIds.of(sorted(often + there))
            likely = [ids.place(test_id) for test_id in often]
        yield suite(ids, seed=number, share=rng.uniform(0.01, 0.1), likely=likely)


def _asked(order: Sequence[Evidence]) -> dict[str, list[str]]:
    """Tests to look up, by kind."""
    rng = random.Random(8)
    first, last = order[0], order[-1]
    bad: dict[str, int] = {}
    for evidence in order[-60:]:
        for detail in evidence.details:
            if evidence.state_of(detail.index) in BAD:
                test_id = evidence.test_ids[detail.index]
                bad[test_id] = bad.get(test_id, 0) + 1
    often = [test_id for test_id, count in sorted(bad.items()) if count > 15] or sorted(bad)
    gone = sorted(set(first.test_ids) - set(last.test_ids)) or list(first.test_ids[:1])
    passing = [test_id for test_id in last.test_ids if test_id not in bad]
    return {
        "passing": rng.choices(passing, k=LOOKUPS),
        "often failing": rng.choices(often, k=LOOKUPS),
        "gone": rng.choices(gone, k=LOOKUPS),
        "never there": [f"{test_id}_never" for test_id in rng.choices(passing, k=LOOKUPS)],
    }


def _look_up(channel: grpc.Channel, test_id: str, order: Sequence[Evidence], *, check: bool) -> float:
    """Seconds of one look-up. With ``check`` the answer is compared with what was uploaded."""
    stub = history_service_pb2_grpc.HistoryServiceStub(channel)
    request = history_service_pb2.ListTestHistoryRequest(
        page_size=50, page_token="", repository=REPOSITORY, test_id=test_id, side=None
    )
    started = time.perf_counter()
    answer = stub.ListTestHistory(request)
    seconds = time.perf_counter() - started
    if check:
        places = ((evidence, evidence.test_ids.find(test_id)) for evidence in reversed(order))
        expected = [evidence.states[place] for evidence, place in places if place is not None][:50]
        if expected != [entry.state for entry in answer.entries]:
            raise RuntimeError(f"the history of {test_id} is not what was uploaded")
    return seconds


def _echo(channel: grpc.Channel) -> list[float]:
    """Calls that the server answers from memory: is the process alive?"""
    check: grpc.UnaryUnaryMultiCallable[HealthCheckRequest, bytes] = channel.unary_unary(
        "/grpc.health.v1.Health/Check", request_serializer=HealthCheckRequest.SerializeToString
    )
    taken: list[float] = []
    for _ in range(LOOKUPS):
        started = time.perf_counter()
        check(HealthCheckRequest(service=LIVENESS))
        taken.append(time.perf_counter() - started)
    return taken


def _latencies(seconds: Sequence[float]) -> str:
    median, late, last = (_quantile(seconds, part) * 1e3 for part in (0.5, 0.99, 1.0))
    return f"p50 {median:.2f} ms, p99 {late:.2f} ms, at most {last:.2f} ms"


def _quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]


def _over(first: dict[str, float], second: dict[str, float], name: str) -> float:
    return first[name] / max(second[name], 0.01)


@functools.cache
def _names(count: int) -> TestIds:
    return make_ids(count)


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "ingest": ingest,
    "memory": memory,
    "concurrent": concurrent,
    "history": history,
    "decisions": decisions,
}


def main() -> None:
    """Run the sections that are named, or all, and print their lines."""
    parser = argparse.ArgumentParser(description="Measure the store on PostgreSQL.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all when left out")
    parser.add_argument("--tests", type=int, default=TESTS, help="of the large suite run")
    parser.add_argument("--suite-runs", type=int, default=SUITE_RUNS, help=f"of {SUITE_TESTS} tests, for history")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.sections) - SECTIONS.keys()):
        parser.error(f"there is no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    with (
        tempfile.TemporaryDirectory(prefix="autopack-bench-") as folder,
        postgresql_server() as server,
        Databases.on(server) as databases,
    ):
        with psycopg.connect(server.url) as connection:
            settings = ", ".join(f"{name}={connection.execute(f'SHOW {name}').fetchone()[0]}" for name in SHOWN)  # type: ignore[index]
        print(f"PostgreSQL {databases.version}, {server.origin}; {settings}")
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        bench = Bench(
            databases=databases, services=Services(Path(folder)), tests=chosen.tests, suite_runs=chosen.suite_runs
        )
        for name in chosen.sections or SECTIONS:
            started = time.perf_counter()
            print(f"-- {name}", flush=True)
            SECTIONS[name](bench)
            print(f"   ({name} took {time.perf_counter() - started:.0f} s, load {os.getloadavg()[0]:.1f})", flush=True)


if __name__ == "__main__":
    main()
