"""What a service tells of its services and messages to those who may call it."""

import contextlib
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import EmbeddedSettings, embedded
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.health.downstream import ask_health
from autopack_rpc.roles import Role
from autopack_rpc.skew.contract import own_contract

EVERYWHERE = [
    "autopack.contract.v1.ContractService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
]
SERVICES = ("store", "gatekeeper", "executor")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedSettings]:
    """All services."""
    with embedded(tmp_path_factory.mktemp("home"), *SERVICES) as settings:
        yield settings


@contextlib.contextmanager
def reflecting(address: str, token: str) -> Iterator["Reflection"]:
    """The reflection service of a server."""
    with channel(address, token=token) as opened:
        yield Reflection(opened)


class Reflection:
    """Asks one question at a time."""

    def __init__(self, opened: grpc.Channel) -> None:
        self._info = opened.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=ServerReflectionRequest.SerializeToString,
            response_deserializer=ServerReflectionResponse.FromString,
        )

    def _answer(self, question: ServerReflectionRequest) -> ServerReflectionResponse:
        with remote_errors():
            (answer,) = self._info(iter([question]))
        return answer

    def services(self) -> list[str]:
        """The names of all services, sorted."""
        answer = self._answer(ServerReflectionRequest(list_services=""))
        return sorted(service.name for service in answer.list_services_response.service)

    def file(self, symbol: str) -> str:
        """The name of the file that defines ``symbol``."""
        answer = self._answer(ServerReflectionRequest(file_containing_symbol=symbol))
        return FileDescriptorProto.FromString(answer.file_descriptor_response.file_descriptor_proto[0]).name


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_listed(deployment: EmbeddedSettings, service: str) -> None:
    """A server lists every service of its contract package, and those that each server has."""
    prefix = f"autopack.{service}.v1."
    own = [element.name for element in own_contract().elements if element.kind.label == "service"]
    expected = sorted([*EVERYWHERE, *(name for name in own if name.startswith(prefix))])

    with reflecting(deployment.addresses[service], deployment.tokens.of(Role.CLIENT)) as reflection:
        assert expected == reflection.services()


@pytest.mark.parametrize("service", SERVICES)
def test_every_listed_service_is_described(deployment: EmbeddedSettings, service: str) -> None:
    """Of each service that is listed, and of the messages that all share, a server gives the definition."""
    with reflecting(deployment.addresses[service], deployment.tokens.of(Role.CLIENT)) as reflection:
        files = {name: reflection.file(name) for name in reflection.services()}
        assert "autopack/results/v1/identity.proto" == reflection.file("autopack.results.v1.AttemptRef")

    assert all(file.endswith(".proto") for file in files.values())


@pytest.mark.parametrize("service", SERVICES)
def test_strangers_are_told_nothing(deployment: EmbeddedSettings, service: str) -> None:
    """Who has no token is refused."""
    with (
        reflecting(deployment.addresses[service], "x" * 40) as reflection,
        pytest.raises(RemoteError) as caught,
    ):
        reflection.services()

    assert grpc.StatusCode.UNAUTHENTICATED is caught.value.code


def test_all_services_of_one_database_are_ready(deployment: EmbeddedSettings) -> None:
    """Store, gatekeeper and executor of one installation are ready, and say the same identity of their database."""
    answers = set()
    for service in SERVICES:
        with channel(deployment.addresses[service], token="") as opened:
            answers.add(ask_health(opened, timeout_s=20))
    ((status, identity),) = answers

    assert "SERVING" == status
    assert identity
