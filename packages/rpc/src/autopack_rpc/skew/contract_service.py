"""ContractService: every service says what it was built with, and anybody may ask."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import grpc

from autopack.contract.v1 import contract_service_pb2 as pb
from autopack.contract.v1 import contract_service_pb2_grpc
from autopack_model.errors import InvalidValue
from autopack_rpc.errors import remote_errors
from autopack_rpc.skew.contract import Contract, Element, ElementKind, own_contract

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _kind: pb.ElementKind.Members = ElementKind

_DIGEST = re.compile(r"[0-9a-f]{16}")
_NAME = re.compile(r"[A-Za-z0-9_.+!-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedContract:
    """What a service says of itself: its distribution, that one's version, and its contract."""

    distribution: str
    version: str
    contract: Contract


class ContractServicer(contract_service_pb2_grpc.ContractServiceServicer):
    """Says the contract of this process, for the installed ``distribution``."""

    def __init__(self, distribution: str) -> None:
        self._distribution = distribution

    def GetContract(self, request: pb.GetContractRequest, context: grpc.ServicerContext) -> pb.GetContractResponse:
        """The contract that this service speaks."""
        return served_contract_to_wire(own_served_contract(self._distribution))


def own_served_contract(distribution: str) -> ServedContract:
    """The contract of this process, for the installed ``distribution``. Raises PackageNotFoundError."""
    return ServedContract(distribution=distribution, version=version(distribution), contract=own_contract())


def fetch_contract(channel: grpc.Channel, *, timeout_s: float) -> ServedContract:
    """The contract of the service behind ``channel``, asked for at most ``timeout_s`` seconds.

    Raises RemoteError, and InvalidValue for an odd answer.
    """
    stub = contract_service_pb2_grpc.ContractServiceStub(channel)
    with remote_errors():
        answer = stub.GetContract(pb.GetContractRequest(), timeout=timeout_s)
    return served_contract_from_wire(answer)


def served_contract_to_wire(served: ServedContract) -> pb.GetContractResponse:
    """The message of what a service says of itself."""
    return pb.GetContractResponse(
        distribution=served.distribution,
        version=served.version,
        contract_digest=served.contract.digest,
        elements=[
            pb.ContractElement(
                name=element.name, kind=pb.ElementKind.ValueType(element.kind.value), digest=element.digest
            )
            for element in served.contract.elements
        ],
    )


def served_contract_from_wire(message: pb.GetContractResponse) -> ServedContract:
    """What a service says of itself. Raises InvalidValue, also when the whole digest is not that of the elements."""
    for path, value in (("distribution", message.distribution), ("version", message.version)):
        if _NAME.fullmatch(value) is None:
            raise InvalidValue(path, f"{value[:80]!r} is not 1 to 128 of letters, digits and '_.+!-'")
    contract = Contract(elements=tuple(_elements(message.elements)))
    if message.contract_digest != contract.digest:
        raise InvalidValue(
            "contract_digest", f"{message.contract_digest[:80]!r} is not that of the elements, {contract.digest}"
        )
    return ServedContract(distribution=message.distribution, version=message.version, contract=contract)


def _elements(messages: Iterable[pb.ContractElement]) -> Iterable[Element]:
    before = ""
    for index, message in enumerate(messages):
        path = f"elements[{index}]"
        if _NAME.fullmatch(message.name) is None or message.name <= before:
            raise InvalidValue(f"{path}.name", f"{message.name[:80]!r} is not a name, or does not follow {before!r}")
        if message.kind not in [kind.value for kind in ElementKind]:
            raise InvalidValue(f"{path}.kind", f"{message.kind} is not a kind of element known here")
        if _DIGEST.fullmatch(message.digest) is None:
            raise InvalidValue(f"{path}.digest", f"{message.digest[:80]!r} is not 16 lower-case hex digits")
        before = message.name
        yield Element(name=message.name, kind=ElementKind(message.kind), digest=message.digest)
