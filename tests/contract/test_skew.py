"""Services and callers with two contracts, each in processes of its own: today's contract and edited copies of it.

What one side knows and the other does not is never dropped: it is refused by name, or its reader says what it misses.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.contracts.generate import PROTO
from tests.builders import GitSandbox
from tests.contract.contract_copy import Edit, contract_files, edited, generate_copy, moved
from tests.contract.skew.world import Ended, Outcomes, Servers, World

SERVICES = ("store", "gatekeeper", "executor")
GROWN = [
    (r"^(message \w+ \{)(.*)$", r"\1\n  string drifted = 999;\n\2"),
    (r"^(service (\w+) \{)$", r"message \2Drift {\n}\n\n\1\n  rpc Drift(\2Drift) returns (\2Drift);"),
]
"""Every message gains a field, and every service an RPC with a message of its own."""
SAYING = '''\
def said(message):
    """The bytes of a message in which the new field is given, and in each message inside."""
    copy = type(message).FromString(message.SerializeToString())
    fill(copy)
    return copy.SerializeToString()


def fill(message):
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                fill(inner)
    if "drifted" in message.DESCRIPTOR.fields_by_name:
        message.drifted = "said"
'''
"""How those speak who have something to say that today's contract has no field for."""


@pytest.fixture(scope="module")
def today() -> World:
    """Today's contract."""
    return World(gen=PROTO / "gen")


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A newer contract with a field more in every message, which everybody gives, and an RPC more in every service."""
    gen = generate_copy(edited(*GROWN), tmp_path_factory.mktemp("grown"))
    (gen / "autopack/saying.py").write_text(SAYING)
    for path in gen.rglob("*_service_pb2_grpc.py"):
        text = re.sub(r"_serializer=\S+\.SerializeToString", "_serializer=said", path.read_text())
        path.write_text(text.replace("\nimport grpc\n", "\nimport grpc\nfrom autopack.saying import said\n", 1))
    return World(gen=gen)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A contract that lacks a field of a request and one that readers of a run need, and has a message of its own."""
    package = "package autopack.store.v1;"
    edits = [
        moved("autopack/results/v1/run.proto", "Attempt", "state"),
        moved("autopack/store/v1/run_service.proto", "ListRunsRequest", "page_size"),
        Edit(file="autopack/store/v1/run_service.proto", old=package, new=f"{package}\nmessage Lion {{}}"),
    ]
    return World(gen=generate_copy(edits, tmp_path_factory.mktemp("other")))


@pytest.fixture(scope="module")
def todays_servers(today: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """All services, with today's contract."""
    with today.servers(tmp_path_factory.mktemp("today"), *SERVICES) as servers:
        yield servers


@pytest.fixture(scope="module")
def grown_servers(grown: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """All services, with the grown contract."""
    with grown.servers(tmp_path_factory.mktemp("grown-home"), *SERVICES) as servers:
        yield servers


@pytest.fixture(scope="module")
def newer_executor(
    grown: World, todays_servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    """An executor with the grown contract, and the store and the gatekeeper with today's that it uses."""
    with grown.executor(todays_servers, tmp_path_factory.mktemp("newer-executor")) as servers:
        yield servers


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose branch candidate breaks the only test of its branch main."""
    sandbox = GitSandbox(tmp_path_factory.mktemp("repository"))
    sandbox.commit({"test_it.py": "def test_it():\n    pass\n"})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit({"test_it.py": "def test_it():\n    assert 1 == 2\n"})
    return sandbox.root


def _gate(callers: World, servers: Servers, repository: Path, home: Path) -> Ended:
    options = ("--mounted", "--repo", str(repository), "--base", "main", "--head", "candidate", "--run-id", home.name)
    return callers.command(servers, home, "gate", *options, "--python", sys.executable)


@pytest.fixture(scope="module")
def gated(
    today: World, grown_servers: Servers, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Ended]:
    """A gate by today's command, all of whose services are newer: the id of the run, and how the command ended."""
    home = tmp_path_factory.mktemp("gated")
    return home.name, _gate(today, grown_servers, repository, home)


@pytest.fixture(scope="module")
def refusals(grown: World, todays_servers: Servers) -> Outcomes:
    """What comes of calling each RPC of the grown contract on today's services."""
    return grown.call_all(todays_servers)


def _methods() -> set[str]:
    """The full names of all RPCs of today's contract."""
    services = [service for file in contract_files() for service in file.services_by_name.values()]
    return {method.full_name for service in services for method in service.methods}


def test_a_field_that_the_server_does_not_know_is_refused_by_name(refusals: Outcomes) -> None:
    """A newer caller's field is refused by each RPC, and the refusal names it as the caller does."""
    refused = {name: said for name, said in refusals.items() if name in _methods()}

    assert _methods() == refused.keys()
    assert {("INVALID_ARGUMENT", "UNKNOWN_FIELDS")} == {(said["code"], said["reason"]) for said in refused.values()}
    assert {"drifted"} == {path for said in refused.values() for path in said["violations"]}
    assert all(said["message"].endswith("the server does not know drifted") for said in refused.values())


def test_an_rpc_that_the_server_does_not_have_is_named(refusals: Outcomes) -> None:
    """A newer caller's RPC is UNIMPLEMENTED by its name, and the refusal says which side to upgrade."""
    unknown = {name: said for name, said in refusals.items() if name not in _methods()}

    assert {f"{name.rpartition('.')[0]}.Drift" for name in _methods()} == unknown.keys()
    for name, said in unknown.items():
        service, _, method = name.rpartition(".")
        assert ("UNIMPLEMENTED", "UNIMPLEMENTED") == (said["code"], said["reason"])
        assert said["message"].startswith(f"/{service}/{method}: this server's contract")
        assert "upgrade the older of the two" in said["message"]


def test_services_that_know_more_answer_as_todays(
    today: World, todays_servers: Servers, grown_servers: Servers
) -> None:
    """A newer service answers today's callers as today's service does, but for the contract that it names."""
    expected, actual = today.call_all(todays_servers), today.call_all(grown_servers)
    contract = "autopack.contract.v1.ContractService.GetContract"

    assert _methods() == expected.keys()
    assert expected.pop(contract) != actual.pop(contract)
    assert expected == actual


def test_whoever_is_upgraded_last_gates_on(
    today: World, grown_servers: Servers, gated: tuple[str, Ended], repository: Path, tmp_path: Path
) -> None:
    """An old command with newer services, and an old executor with a newer store, come to the same decision."""
    with today.executor(grown_servers, tmp_path / "executor") as mixed:
        ended = _gate(today, mixed, repository, tmp_path / "upgraded-last")

    said = [re.findall(r"(?m)^(BLOCK)|(sha256:\w+)", end.said) for end in (gated[1], ended)]
    assert [1, 1] == [gated[1].code, ended.code], ended.said
    assert said[0] == said[1]
    assert 2 == len(said[0])


def test_whoever_is_upgraded_first_says_what_is_not_known(
    today: World, newer_executor: Servers, repository: Path, tmp_path: Path
) -> None:
    """An executor that is newer than its store gates nothing; it says which field the store does not know."""
    ended = _gate(today, newer_executor, repository, tmp_path / "upgraded-first")

    assert 70 == ended.code
    assert "the store refused: the request carries fields that this server's contract" in ended.said
    assert "the server does not know drifted" in ended.said


def test_a_reader_names_the_field_that_it_misses(
    other: World, grown_servers: Servers, gated: tuple[str, Ended], tmp_path: Path
) -> None:
    """An answer without a field that its reader needs is refused with the field's path, never filled in."""
    ended = other.command(grown_servers, tmp_path, "explain", gated[0])

    assert ended.code not in {0, 1}
    assert "autopack: run.attempts.state: is not given" in ended.said


def test_a_field_that_one_side_lost_is_refused_by_name(
    today: World, other: World, todays_servers: Servers, tmp_path: Path
) -> None:
    """A field that the server's contract lost is refused by name, and so is one that the caller's has in its place."""
    with other.servers(tmp_path / "servers", "store", "gatekeeper") as servers:
        lost_by_server = today.command(servers, tmp_path / "today", "runs")
    lost_by_caller = other.command(todays_servers, tmp_path / "other", "runs")

    for ended in (lost_by_server, lost_by_caller):
        assert 70 == ended.code
        assert "the server does not know page_size [UNKNOWN_FIELDS]" in ended.said


def _services(ended: Ended) -> dict[str, tuple[str, list[str]]]:
    """What the doctor said of each service: the last word of its row, and the elements that it listed, sorted."""
    found = {}
    for service in SERVICES:
        row = next(line for line in ended.said.splitlines() if line.startswith(f"{service} "))
        listed = ended.said.partition(f"\n{service}: upgrade the older one")[2].partition("\n\n")[0].splitlines()
        found[service] = row.split()[-1], sorted(line for line in listed if line.startswith("  "))
    return found


def test_doctor_names_what_a_newer_service_has(today: World, newer_executor: Servers, tmp_path: Path) -> None:
    """The command shows each element that a service has besides its own, and each that it has in another form."""
    ended = today.command(newer_executor, tmp_path, "doctor")

    messages = [message.full_name for file in contract_files() for message in file.message_types_by_name.values()]
    services = [service.full_name for file in contract_files() for service in file.services_by_name.values()]
    expected = [f"  + message {name}Drift: only the executor has it" for name in services]
    expected += [f"  ~ message {name}: they have it in different forms" for name in messages]
    expected += [f"  ~ service {name}: they have it in different forms" for name in services]
    assert 70 == ended.code
    same: tuple[str, list[str]] = ("same", [])
    assert {"store": same, "gatekeeper": same, "executor": ("different", sorted(expected))} == _services(ended)


def test_doctor_names_what_only_the_command_has(other: World, todays_servers: Servers, tmp_path: Path) -> None:
    """The command shows each element that a service lacks, and each that it has in another form, and no other one."""
    ended = other.command(todays_servers, tmp_path, "doctor")

    expected = [
        "  - message autopack.store.v1.Lion: only this command has it",
        "  ~ message autopack.results.v1.Attempt: they have it in different forms",
        "  ~ message autopack.store.v1.ListRunsRequest: they have it in different forms",
    ]
    assert 70 == ended.code
    assert dict.fromkeys(SERVICES, ("different", expected)) == _services(ended)
