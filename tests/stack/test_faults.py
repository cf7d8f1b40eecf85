"""Services of the stack that are killed, restarted or cut off while a call is in flight.

A lock of a table that the call has to write (or read) keeps it in flight for as long as a test needs: nothing here
depends on who is quicker.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
import pytest

from autopack.store.v1 import evidence_service_pb2, run_service_pb2, run_service_pb2_grpc
from autopack_clients.store import StoreClient
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks
from autopack_model.fields import given
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import Patience, Repeatable
from dev.stack.compose import Stack
from dev.stack.docker_engine import docker
from tests.builders import GitSandbox
from tests.fakes.evidence import make_evidence
from tests.stack.database import Database
from tests.stack.gating import Gating, ended
from tests.stack.suites import HeldSuite, held_suite_in
from tests.stack.unharmed import Written, unharmed

CUT_S = 10.0
TESTS = 200_000
REVISIONS = ("--base", "main", "--head", "candidate")
BASE = "def test_one():\n    assert True\n\ndef test_two():\n    assert True\n\n# {}\n"
BROKEN = BASE.replace("assert True", "assert False", 1)

PartT = TypeVar("PartT")
AnswerT = TypeVar("AnswerT", bound=grpc.Call)
Strike = Callable[[Stack], None]
"""What happens to the stack. At its end the one that was hit has been started again, or soon will have been."""


def restart_postgresql(stack: Stack) -> None:
    """PostgreSQL ends its sessions, shuts down, and comes back."""
    docker("restart", stack.container("postgres"))


def crash_postgresql(stack: Stack) -> None:
    """PostgreSQL is gone without a word, and has to recover."""
    kill(stack, "postgres")


def kill_store(stack: Stack) -> None:
    """The store is killed; the server still has its sessions."""
    kill(stack, "store")


def kill(stack: Stack, service: str) -> None:
    """Kill -9 and start again."""
    container = stack.container(service)
    docker("kill", "--signal=KILL", container)
    docker("start", container)


@dataclass(slots=True)
class Stream:
    """One stream of an upload: how many chunks it said to leave out (None before it said so), how many it sent."""

    left_out: int | None = None
    sent: int = 0


class Streams(grpc.StreamUnaryClientInterceptor):
    """Takes note of each stream of an upload, in ``noted``. One that is given up may speak later than the next one."""

    def __init__(self) -> None:
        self.noted: list[Stream] = []

    def intercept_stream_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Iterator[PartT]], AnswerT],
        client_call_details: grpc.ClientCallDetails,
        request_iterator: Iterator[PartT],
    ) -> AnswerT:
        """Hand the call on, with parts that are noted."""
        assert isinstance(request_iterator, Repeatable)
        upload: Repeatable[PartT] = request_iterator
        return continuation(client_call_details, Repeatable(lambda: self._noted(upload.again())))

    def _noted(self, parts: Iterator[PartT]) -> Iterator[PartT]:
        stream = Stream()
        self.noted.append(stream)
        for part in parts:
            assert isinstance(part, evidence_service_pb2.UploadEvidenceRequest)
            if part.HasField("start"):
                stream.left_out = given(part.start.HasField("kept_chunks"), part.start.kept_chunks) or 0
            else:
                stream.sent += 1
            yield part


@contextmanager
def executors_channel(stack: Stack) -> Iterator[grpc.Channel]:
    """The stack's store, for the executor: as patient as that one."""
    token = (stack.secrets / "executor_token").read_text(encoding="ascii").strip()
    with channel(stack.address("store", 7403), token=token, patience=Patience.lasting(60)) as found:
        yield found


def large_evidence(name: str) -> Evidence:
    """A suite run whose test ids alone are more than what is kept at once, three times over."""
    return make_evidence(
        {
            f"tests/unit/{name}/test_{number % 500}.py::test_[case-{number:032}]": TestState.PASSED
            for number in range(TESTS)
        }
    )


@pytest.fixture(scope="module")
def usual(gating: Gating, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """What a gate writes when nothing happens to it."""
    database = Database(stack=stack)
    before = Written.to(database)
    assert (0, "ALLOW", None) == ended(
        gating.start(repository(tmp_path_factory.mktemp("usual"), head=BASE), *REVISIONS)
    )
    return Written.to(database).since(before)


@pytest.fixture
def held_suite(stack: Stack, tmp_path: Path) -> Iterator[HeldSuite]:
    """A suite that a test lets go when it wants."""
    with held_suite_in(tmp_path, stack) as suite:
        yield suite


def repository(folder: Path, *, head: str) -> Path:
    """A repository whose baseline nobody has measured, with the test file ``head`` on the branch ``candidate``."""
    sandbox = GitSandbox(folder / "repository")
    sandbox.commit({"test_it.py": BASE.format(secrets.token_hex(8))})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit({"test_it.py": head.format("candidate")})
    sandbox.git("switch", "--quiet", "main")
    return sandbox.root


@pytest.mark.parametrize("strike", [restart_postgresql, kill_store])
def test_a_broken_upload_goes_on(stack: Stack, strike: Strike) -> None:
    """An upload whose database restarts, or whose store is killed, goes on with the chunks that are not kept yet; the
    evidence is there once, as it was sent.
    """
    evidence = large_evidence(secrets.token_hex(8))
    total = sum(1 for _ in evidence_chunks(evidence))
    streams = Streams()
    with (
        unharmed(stack) as database,
        executors_channel(stack) as plain,
        ThreadPoolExecutor(1) as pool,
        database.locked("upload_chunk") as first,
    ):
        store = StoreClient(grpc.intercept_channel(plain, streams))
        before = Written.to(database)
        upload = pool.submit(store.upload, evidence)
        database.wait_for_waiting("upload_chunk")
        # Whoever asks for a lock waits in line: the store keeps the chunks that it wants to keep now, and no more.
        with database.locking("upload_chunk", "EXCLUSIVE") as second:
            database.wait_for_waiting("upload_chunk", "psql")
            first.release()
            second.wait()
            database.wait_for_waiting("upload_chunk")
            kept = database.count("upload_chunk")
            strike(stack)
        digest = upload.result()

        assert 0 < kept < total
        assert Stream(left_out=kept, sent=total - kept) in streams.noted
        assert [] == [stream for stream in streams.noted[1:] if stream.left_out == 0]
        assert evidence == store.evidence(digest)
        written = Written.to(database).since(before)
        assert (1, {"UploadEvidence": 1}) == (written.rows["evidence"], dict(written.requests))


@pytest.mark.parametrize(
    ("table", "strike"),
    [("decision", restart_postgresql), ("decision", crash_postgresql), ("evidence", kill_store)],
)
def test_a_gate_outlives_database_and_store(
    stack: Stack, gating: Gating, usual: Written, tmp_path: Path, table: str, strike: Strike
) -> None:
    """A decision that is being recorded while PostgreSQL restarts, or crashes, and evidence while the store is killed,
    are recorded once; the run is blocked as it should be.
    """
    with unharmed(stack) as database:
        before = Written.to(database)
        with database.locked(table):
            running = gating.start(repository(tmp_path, head=BROKEN), *REVISIONS)
            database.wait_for_waiting(table)
            strike(stack)
        end = ended(running)

        assert (1, "BLOCK", None) == end
        written = Written.to(database).since(before)
        assert usual.once == written.once
        assert written.rows["attempt_evidence"] == written.rows["evidence"]


def test_a_list_goes_on_over_a_restart_of_its_database(stack: Stack, usual: Written) -> None:
    """The pages of a list, of which one is being read while PostgreSQL restarts, are those of an undisturbed list."""
    with unharmed(stack) as database, executors_channel(stack) as plain, ThreadPoolExecutor(1) as pool:
        runs = run_service_pb2_grpc.RunServiceStub(plain)

        def page(token: str) -> run_service_pb2.ListRunsResponse:
            return runs.ListRuns(
                run_service_pb2.ListRunsRequest(
                    page_size=1,
                    page_token=token,
                    repository="",
                    verdict=None,
                    created_from_ms=None,
                    created_before_ms=None,
                )
            )

        undisturbed = database.values("SELECT run_id FROM run ORDER BY created_at_ms DESC, run_id DESC")
        listed: list[str] = []
        token = ""
        while not listed or token:
            with database.locked("run", "ACCESS EXCLUSIVE"):
                reading = pool.submit(page, token)
                database.wait_for_waiting("run")
                if not listed:
                    restart_postgresql(stack)
            answer = reading.result()
            listed.extend(run.spec.run_id for run in answer.runs)
            token = answer.next_page_token

        assert undisturbed == listed


def test_a_decision_outlives_its_gatekeeper(stack: Stack, gating: Gating, usual: Written, tmp_path: Path) -> None:
    """A gatekeeper that is killed while its decision is being recorded decides again when it is back; the decision is
    recorded once, and is the right one.
    """
    with unharmed(stack) as database:
        before = Written.to(database)
        with database.locked("decision"):
            running = gating.start(repository(tmp_path, head=BASE), *REVISIONS)
            database.wait_for_waiting("decision")
            kill(stack, "gatekeeper")
        end = ended(running)

        assert (0, "ALLOW", None) == end
        assert usual.once == Written.to(database).since(before).once


def test_a_killed_executor_leaves_a_failed_run(stack: Stack, gating: Gating, held_suite: HeldSuite) -> None:
    """An executor that is killed while the candidate's suite runs records, when it is back, that the run has failed;
    what was measured before stays, nothing was decided, and another gate comes to the verdict.
    """
    with unharmed(stack) as database:
        before = Written.to(database)
        running = gating.start(held_suite.repository, *REVISIONS)
        held_suite.wait_until_held()
        kill(stack, "executor")
        end = ended(running)
        left = Written.to(database).since(before)
        held_suite.let_go()
        again = ended(gating.start(held_suite.repository, *REVISIONS))
        written = Written.to(database).since(before)

        assert (3, "INCONCLUSIVE", "EXECUTOR_LOST") == end
        assert (1, 1, 1, 0) == tuple(left.rows[name] for name in ("run", "evidence", "baseline", "decision"))
        assert (0, "ALLOW", None) == again
        # Base, head and the cross side: without namespaces head lies elsewhere than base, so its place has no baseline.
        assert (2, 3, 2, 1) == tuple(written.rows[name] for name in ("run", "evidence", "baseline", "decision"))


def test_a_gate_outlives_a_cut_network(stack: Stack, gating: Gating, usual: Written, tmp_path: Path) -> None:
    """While the store is recording evidence, nobody can reach it for ten seconds: the executor never hears the answer,
    asks again, and the gate comes to its verdict with everything written once.
    """
    network, store = f"{stack.project}_services", stack.container("store")
    with unharmed(stack) as database:
        before = Written.to(database)
        with database.locked("evidence"):
            running = gating.start(repository(tmp_path, head=BASE), *REVISIONS)
            database.wait_for_waiting("evidence")
            docker("network", "disconnect", network, store)
        # Not to wait for anything: this is how long the network is cut.
        time.sleep(CUT_S)
        recorded = Written.to(database).since(before).rows["evidence"]
        docker("network", "connect", "--alias=store", network, store)
        end = ended(running)

        assert (1, 0, "ALLOW", None) == (recorded, *end)
        assert usual.once == Written.to(database).since(before).once
