"""Two deployed versions: the previous contract's code and this one's, talking to each other in real processes.

For every RPC of either side, old callers with new services and new callers with old services: it works in full, which
is to give the answer that the old ones give among themselves, or it fails in a way that says what was not understood.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools.previous_contract import read_previous, unpack

from autopack.executor.v1 import executor_service_pb2
from autopack.executor.v1.executor_service_pb2_grpc import ExecutorServiceStub
from autopack.results.v1 import decision_pb2, run_pb2
from autopack_clients.store import StoreClient
from autopack_model.evidence.outcome import TestState
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.value import GateRequest
from autopack_model.gate_request.wire import gate_request_to_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role
from tests.builders import GitSandbox
from tests.contract.skew.call import CALLS as CALLED
from tests.contract.skew.world import CHECKOUT, Calls, Outcome, World
from tests.fakes.evidence import make_evidence

VOLATILE = frozenset({"created_at_ms", "finished_at_ms"})
"""Fields of answers that differ between two runs of the same version too."""
GATED_VOLATILE = VOLATILE | {"repository", "evidence_digest"}
"""The same for answers about the run that was really gated: its evidence holds times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What a call must come to that does not work: the status and the reason, or the path that the caller could not
    read, and what the message must name.
    """

    names: str
    code: str = ""
    reason: str = ""
    unreadable: str = ""


NEW_CALLERS: dict[str, Refused] = {
    "autopack.store.v1.RunService.CreateRun": Refused(
        code="INVALID_ARGUMENT", reason="UNKNOWN_FIELDS", names="the server does not know spec.run_type"
    ),
    "autopack.store.v1.RunService.RecordChangedFiles": Refused(
        code="INVALID_ARGUMENT", reason="UNKNOWN_FIELDS", names="the server does not know start.changed_files_digest"
    ),
} | {
    method: Refused(unreadable="run.attempts.state", names="is not given")
    for method in (
        "autopack.store.v1.RunService.GetRun",
        "autopack.store.v1.RunService.ListRuns",
        "autopack.executor.v1.ExecutorService.WatchRun",
        "autopack.executor.v1.ExecutorService.GetRun",
        "autopack.executor.v1.ExecutorService.CancelRun",
    )
}
"""What does not work for new callers of old services; all that both contracts have and that is not listed works."""

OLD_CALLERS: dict[str, Refused] = {}
"""The same for old callers of new services."""


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The code that spoke the previous contract."""
    tree = tmp_path_factory.mktemp("previous").resolve()
    unpack(read_previous().code, tree)
    return World(tree=tree)


@pytest.fixture(scope="module")
def new() -> World:
    """The code of this checkout."""
    return World(tree=CHECKOUT)


def _repository(root: Path) -> Path:
    """A repository whose branch candidate breaks the only test of its branch main."""
    repository = GitSandbox(root)
    repository.commit({"test_it.py": "def test_it():\n    pass\n"})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"test_it.py": "def test_it():\n    assert 1 == 2\n"})
    return root


@dataclass(frozen=True, slots=True, kw_only=True)
class Meetings:
    """What came of the callers' meetings with services."""

    old_with_old: Calls
    old_with_new: Calls
    new_with_old: Calls


@pytest.fixture(scope="module")
def met(old: World, new: World, tmp_path_factory: pytest.TempPathFactory) -> Meetings:
    """All calls, each meeting with services, databases and a repository of its own."""
    folder = tmp_path_factory.mktemp("meetings")

    def meeting(callers: World, services: World, name: str) -> Calls:
        with services.servers(folder / name / "home") as servers:
            return callers.call_all(servers, _repository(folder / name / "repository"))

    return Meetings(
        old_with_old=meeting(old, old, "old-old"),
        old_with_new=meeting(old, new, "old-new"),
        new_with_old=meeting(new, old, "new-old"),
    )


def test_nothing_is_refused_among_old_ones(met: Meetings) -> None:
    """The yardstick: the old code calls every RPC of its own contract, and each one works."""
    assert met.old_with_old.methods == met.old_with_old.results.keys()
    assert {} == {method: said for method, said in met.old_with_old.results.items() if "answer" not in said}
    decision = met.old_with_old.results["autopack.gatekeeper.v1.GatekeeperService.Decide"]["answer"]
    assert isinstance(decision, dict)
    assert "VERDICT_BLOCK" == decision["verdict"]


def _differences(expected: object, actual: object, volatile: frozenset[str], path: str = "") -> Iterator[str]:
    """Where ``actual`` does not say all that ``expected`` says. What it says besides may only be a default."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted(expected.keys() | actual.keys()):
            below = f"{path}.{name}"
            if name not in expected:
                if actual[name] and not str(actual[name]).endswith("_UNSPECIFIED"):
                    yield f"{below}: {actual[name]!r} is new"
            elif name not in actual:
                yield f"{below}: {expected[name]!r} is missing"
            elif name not in volatile:
                yield from _differences(expected[name], actual[name], volatile, below)
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, pair in enumerate(zip(expected, actual, strict=True)):
            yield from _differences(*pair, volatile, f"{path}[{index}]")
    elif expected != actual:
        yield f"{path}: {actual!r} is not {expected!r}"


def _check(method: str, expected: Refused | None, outcome: Outcome, yardstick: Outcome) -> None:
    if expected is None:
        volatile = GATED_VOLATILE if method.startswith("autopack.executor.") else VOLATILE
        assert "answer" in outcome, f"{method} does not work: {outcome}"
        assert [] == list(_differences(yardstick["answer"], outcome["answer"], volatile))
        return
    said = {key: outcome.get(key, "") for key in ("code", "reason", "unreadable")}
    assert {"code": expected.code, "reason": expected.reason, "unreadable": expected.unreadable} == said
    assert expected.names in str(outcome["message"])


def test_old_callers_meet_new_services(met: Meetings) -> None:
    """Every RPC of the previous contract works in full for its callers, or is refused as the table says."""
    for method in sorted(met.old_with_old.methods):
        outcome, yardstick = met.old_with_new.results[method], met.old_with_old.results[method]
        _check(method, OLD_CALLERS.get(method), outcome, yardstick)


def test_new_callers_meet_old_services(met: Meetings) -> None:
    """Every RPC of both contracts works in full for new callers, or is refused as the table says; one that the old
    services do not have is UNIMPLEMENTED by its name.
    """
    for method in sorted(met.new_with_old.methods):
        outcome = met.new_with_old.results[method]
        if method in met.old_with_old.methods:
            _check(method, NEW_CALLERS.get(method), outcome, met.old_with_old.results[method])
        else:
            unknown = Refused(code="UNIMPLEMENTED", reason="UNIMPLEMENTED", names=method.rpartition(".")[2])
            _check(method, unknown, outcome, {})


def test_tables_name_methods_of_both(met: Meetings) -> None:
    """The tables of what does not work hold no method that is gone, and none that one of the sides never had."""
    both = met.old_with_old.methods & met.new_with_old.methods

    assert set() == (NEW_CALLERS.keys() | OLD_CALLERS.keys()) - both


def test_every_common_method_is_really_called(met: Meetings) -> None:
    """No RPC that both contracts have is called with an empty request only: such a call would answer for nothing."""
    assert met.old_with_old.methods & met.new_with_old.methods <= set(CALLED)


@contextmanager
def _mixed(executor: World, others: World, folder: Path) -> Iterator[tuple[ExecutorServiceStub, Path]]:
    """An executor of one version with the store and the gatekeeper of another, and a repository."""
    with (
        others.servers(folder / "home") as servers,
        executor.executor(servers, folder / "executor") as mixed,
        channel(mixed.addresses["executor"], token=mixed.tokens[Role.CLIENT.value]) as opened,
    ):
        yield ExecutorServiceStub(opened), _repository(folder / "repository")


def _start(stub: ExecutorServiceStub, repository: Path) -> None:
    request = GateRequest(
        run_id="gated",
        repository=repository,
        base="main",
        candidate=CommitCandidate(revision="candidate"),
        command=TestCommand(interpreter=Path(sys.executable), arguments=(), setup=None, timeout_ms=120_000),
        no_baseline=False,
    )
    with remote_errors():
        stub.StartRun(gate_request_to_wire(request, "start"))


def test_old_executor_gates_with_new_services(old: World, new: World, tmp_path: Path) -> None:
    """An executor that is upgraded last goes on: its run is decided by the new gatekeeper, in the new store."""
    with _mixed(old, new, tmp_path) as (stub, repository):
        _start(stub, repository)
        *_, last = stub.WatchRun(executor_service_pb2.WatchRunRequest(run_id="gated"))

    assert run_pb2.RUN_STATE_DECIDED == last.run.state
    assert [decision_pb2.VERDICT_BLOCK] == [attempt.verdict for attempt in last.run.attempts]


def test_new_executor_says_what_an_old_store_lacks(old: World, new: World, tmp_path: Path) -> None:
    """An executor that is upgraded before its store gates nothing, and says which field the store does not know."""
    with _mixed(new, old, tmp_path) as (stub, repository), pytest.raises(RemoteError) as caught:
        _start(stub, repository)

    assert "the server does not know spec.run_type" in caught.value.message
    assert "UNKNOWN_FIELDS" in caught.value.message


def test_an_old_store_is_sent_test_ids_that_it_has(old: World, tmp_path: Path) -> None:
    """A store that cannot be asked for test ids gets those of every suite run, and gives back what it was sent."""
    suites = [make_evidence({"test_it.py::test_it": state}) for state in (TestState.PASSED, TestState.FAILED)]
    with (
        old.servers(tmp_path / "home") as servers,
        channel(servers.addresses["store"], token=servers.tokens[Role.EXECUTOR.value]) as opened,
    ):
        store = StoreClient(opened)
        assert suites == [store.evidence(store.upload(suite)) for suite in suites]
