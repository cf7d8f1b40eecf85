"""What a service says of its contract: the digests, the answer, and what ``autopack doctor`` makes of it."""

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool

from autopack.contract.v1 import contract_service_pb2 as pb
from autopack.contract.v1 import contract_service_pb2_grpc
from autopack_model.errors import InvalidValue
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role
from autopack_rpc.skew.contract import (
    Contract,
    Element,
    ElementKind,
    contract_digest,
    file_elements,
    own_contract,
)
from autopack_rpc.skew.contract_service import (
    ServedContract,
    fetch_contract,
    own_served_contract,
    served_contract_from_wire,
    served_contract_to_wire,
)
from tests.e2e.command import Command

PROTO = Path(__file__).parents[2] / "proto"
SERVICES = ("store", "gatekeeper", "executor")
FieldProto = descriptor_pb2.FieldDescriptorProto

# A file with one of each: a message with a nested one, an enumeration, and a service.
FILE = descriptor_pb2.FileDescriptorProto(name="p.proto", package="p", syntax="proto3")
MESSAGE = FILE.message_type.add(name="M")
MESSAGE.field.add(name="a", number=1, type=FieldProto.TYPE_INT32, label=FieldProto.LABEL_OPTIONAL)
MESSAGE.field.add(name="b", number=2, type=FieldProto.TYPE_STRING, label=FieldProto.LABEL_OPTIONAL)
MESSAGE.field.add(name="c", number=3, type=FieldProto.TYPE_MESSAGE, type_name=".p.M.N", label=FieldProto.LABEL_OPTIONAL)
MESSAGE.field[2].oneof_index = 0
MESSAGE.oneof_decl.add(name="part")
MESSAGE.nested_type.add(name="N").enum_type.add(name="F").value.add(name="F_UNSPECIFIED", number=0)
OTHER = FILE.message_type.add(name="O")
ENUM = FILE.enum_type.add(name="E")
ENUM.value.add(name="E_UNSPECIFIED", number=0)
ENUM.value.add(name="E_ONE", number=1)
SERVICE = FILE.service.add(name="S")
SERVICE.method.add(name="F", input_type=".p.M", output_type=".p.O")
SERVICE.method.add(name="G", input_type=".p.O", output_type=".p.O")

File = descriptor_pb2.FileDescriptorProto
Edit = Callable[[File], object]


def _digests(edit: Edit) -> dict[str, str]:
    """The digest of each element of the file after an edit, by the element's name."""
    edited = File()
    edited.CopyFrom(FILE)
    edit(edited)
    pool = DescriptorPool()
    pool.AddSerializedFile(edited.SerializeToString())
    return {element.name: element.digest for element in file_elements(pool.FindFileByName("p.proto"))}


def _reverse(file: File) -> None:
    """Declare everything in the opposite order."""
    for entries in (file.message_type[0].field, file.service[0].method, file.message_type):
        order = list(entries)[::-1]
        del entries[:]
        entries.extend(order)  # type: ignore[arg-type]  # each list gets its own entries back


def _comment(file: File) -> None:
    """Say something about the first message."""
    file.source_code_info.location.add(path=[4, 0], span=[0, 0, 1], leading_comments="what it is")


def _presence(file: File) -> None:
    """Make the field a optional."""
    file.message_type[0].oneof_decl.add(name="_a")
    file.message_type[0].field[0].proto3_optional = True
    file.message_type[0].field[0].oneof_index = 1


EDITS: dict[str, tuple[str, Edit]] = {
    "field renamed": ("p.M", lambda file: setattr(file.message_type[0].field[0], "name", "z")),
    "field renumbered": ("p.M", lambda file: setattr(file.message_type[0].field[0], "number", 9)),
    "field retyped": ("p.M", lambda file: setattr(file.message_type[0].field[0], "type", FieldProto.TYPE_INT64)),
    "field repeated": ("p.M", lambda file: setattr(file.message_type[0].field[0], "label", FieldProto.LABEL_REPEATED)),
    "field optional": ("p.M", _presence),
    "all fields with presence": ("p.M", lambda file: setattr(file, "syntax", "proto2")),
    "field into a oneof": ("p.M", lambda file: setattr(file.message_type[0].field[0], "oneof_index", 0)),
    "oneof renamed": ("p.M", lambda file: setattr(file.message_type[0].oneof_decl[0], "name", "piece")),
    "field of a nested message": (
        "p.M.N",
        lambda file: (
            file.message_type[0]
            .nested_type[0]
            .field.add(name="a", number=1, type=FieldProto.TYPE_BYTES, label=FieldProto.LABEL_OPTIONAL)
        ),
    ),
    "value of a nested enumeration": (
        "p.M.N.F",
        lambda file: file.message_type[0].nested_type[0].enum_type[0].value.add(name="F_ONE", number=1),
    ),
    "field of another message": ("p.M", lambda file: setattr(file.message_type[0].field[2], "type_name", ".p.O")),
    "field removed": ("p.M", lambda file: file.message_type[0].field.pop(0)),
    "field added": (
        "p.M",
        lambda file: file.message_type[0].field.add(
            name="d", number=4, type=FieldProto.TYPE_BYTES, label=FieldProto.LABEL_OPTIONAL
        ),
    ),
    "value renamed": ("p.E", lambda file: setattr(file.enum_type[0].value[1], "name", "E_TWO")),
    "value renumbered": ("p.E", lambda file: setattr(file.enum_type[0].value[1], "number", 2)),
    "value added": ("p.E", lambda file: file.enum_type[0].value.add(name="E_TWO", number=2)),
    "value removed": ("p.E", lambda file: file.enum_type[0].value.pop()),
    "rpc renamed": ("p.S", lambda file: setattr(file.service[0].method[0], "name", "H")),
    "rpc with another request": ("p.S", lambda file: setattr(file.service[0].method[0], "input_type", ".p.O")),
    "rpc with another response": ("p.S", lambda file: setattr(file.service[0].method[0], "output_type", ".p.M")),
    "rpc that takes a stream": ("p.S", lambda file: setattr(file.service[0].method[0], "client_streaming", True)),
    "rpc that gives a stream": ("p.S", lambda file: setattr(file.service[0].method[0], "server_streaming", True)),
    "rpc removed": ("p.S", lambda file: file.service[0].method.pop()),
}


@pytest.mark.parametrize("edit", EDITS)
def test_each_change_is_seen_in_its_element(edit: str) -> None:
    """Whatever two sides could misunderstand changes the digest of its element, and of no other."""
    name, change = EDITS[edit]
    before, after = _digests(lambda file: None), _digests(change)

    assert {name} == {element for element in before if before[element] != after[element]}


@pytest.mark.parametrize("edit", [_reverse, _comment], ids=["order", "comment"])
def test_order_and_comments_do_not_count(edit: Edit) -> None:
    """Two files that say the same in another order, or with other comments, have the same digests."""
    assert _digests(lambda file: None) == _digests(edit)


def test_contract_has_every_element_of_every_file() -> None:
    """Every message, enumeration and service that a .proto declares is an element, and nothing else is."""
    declared = set()
    for path in PROTO.glob("autopack/*/v1/*.proto"):
        package = f"autopack.{path.parts[-3]}.v1"
        for kind, name in re.findall(r"^(message|enum|service) (\w+) \{", path.read_text(), re.MULTILINE):
            declared.add((f"{package}.{name}", kind))

    assert declared == {(element.name, element.kind.label) for element in own_contract().elements}
    assert sorted(element.name for element in own_contract().elements) == [
        element.name for element in own_contract().elements
    ]


def test_whole_digest_depends_on_each_element() -> None:
    """A contract without one of its elements, or with another digest for one, has another digest."""
    elements = own_contract().elements
    changed = (replace(elements[0], digest="0" * 16), *elements[1:])

    assert contract_digest() == Contract(elements=elements).digest
    assert 3 == len({Contract(elements=kept).digest for kept in (elements, elements[1:], changed)})


def test_difference_names_what_differs() -> None:
    """Elements that only one side has are added or removed, those that both have in different forms changed."""
    a, b, c, d = (Element(name=name, kind=ElementKind.ENUM, digest="0" * 16) for name in "abcd")
    other_b = replace(b, digest="1" * 16)

    difference = Contract(elements=(a, other_b, d)).difference_from(Contract(elements=(a, b, c)))

    assert ((d,), (c,), (other_b,)) == (difference.added, difference.removed, difference.changed)
    assert not difference.empty
    assert Contract(elements=(a, b)).difference_from(Contract(elements=(a, b))).empty


def test_every_service_serves_its_contract_to_every_role(tmp_path: Path) -> None:
    """Store, gatekeeper and executor say their distribution, its version, and the contract, to whoever has a token."""
    with embedded(tmp_path, *SERVICES) as settings:
        for service in SERVICES:
            for role in Role:
                with channel(settings.addresses[service], token=settings.tokens.of(role)) as opened:
                    assert own_served_contract(f"autopack-{service}") == fetch_contract(opened, timeout_s=30)


def test_answer_survives_the_wire() -> None:
    """What a service says of itself comes back equal."""
    served = own_served_contract("autopack-proto")

    assert served == served_contract_from_wire(served_contract_to_wire(served))


ODD: dict[str, Callable[[pb.GetContractResponse], object]] = {
    "distribution": lambda message: message.ClearField("distribution"),
    "version": lambda message: setattr(message, "version", "1.0\n"),
    "contract_digest": lambda message: setattr(message, "contract_digest", "0" * 16),
    "elements[3].name": lambda message: setattr(message.elements[3], "name", message.elements[2].name),
    "elements[3].kind": lambda message: setattr(message.elements[3], "kind", 0),
    "elements[4].kind": lambda message: setattr(message.elements[4], "kind", 77),
    "elements[3].digest": lambda message: setattr(message.elements[3], "digest", "0" * 15),
}


@pytest.mark.parametrize("path", ODD)
def test_odd_answer_is_refused(path: str) -> None:
    """An answer that contradicts itself, or is none, is refused with the field's path."""
    message = served_contract_to_wire(own_served_contract("autopack-proto"))
    ODD[path](message)

    with pytest.raises(InvalidValue) as caught:
        served_contract_from_wire(message)

    assert path == caught.value.path


class Speaking(contract_service_pb2_grpc.ContractServiceServicer):
    """Says that it speaks a given contract."""

    def __init__(self, served: ServedContract) -> None:
        self._served = served

    def GetContract(self, request: pb.GetContractRequest, context: grpc.ServicerContext) -> pb.GetContractResponse:
        """The contract that it was given."""
        return served_contract_to_wire(self._served)


@contextlib.contextmanager
def _serving(served: ServedContract | None) -> Iterator[str]:
    """A server that says that it speaks this contract, or, with None, one from before there was such a question."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, futures.ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        if served is not None:
            contract_service_pb2_grpc.add_ContractServiceServicer_to_server(Speaking(served), server)
        server.add_insecure_port(f"unix:{folder}/socket")
        server.start()
        try:
            yield f"unix:{folder}/socket"
        finally:
            server.stop(None).wait()


def _variables(folder: Path, store: str, gatekeeper: str, executor: str) -> dict[str, str]:
    token = folder / "token"
    token.write_text("a token of some length")
    return {
        "AUTOPACK_STORE_ADDRESS": store,
        "AUTOPACK_GATEKEEPER_ADDRESS": gatekeeper,
        "AUTOPACK_EXECUTOR_ADDRESS": executor,
        "AUTOPACK_CLIENT_TOKEN_FILE": str(token),
    }


def test_doctor_finds_embedded_services_healthy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Services of one installation speak one contract: a line for each says so, and the exit code is 0."""
    done = Command(home=tmp_path).run_here(capsys, "doctor")

    assert (0, "") == (done.code, done.err)
    lines = done.out.splitlines()
    assert ["service", "this", *SERVICES] == [line.split()[0] for line in lines]
    assert all(contract_digest() in line for line in lines[1:])
    assert [f"autopack-{service}" for service in SERVICES] == [line.split()[1] for line in lines[2:]]
    assert ["same"] * 3 == [line.split()[-1] for line in lines[2:]]


def test_doctor_says_who_is_too_old_or_away(tmp_path: Path) -> None:
    """A service that cannot say its contract is older; one that does not answer is unreachable; the exit code is 70."""
    own = own_served_contract("autopack-executor")
    with _serving(None) as old, _serving(own) as executor:
        variables = _variables(tmp_path, old, f"unix:{tmp_path}/nothing", executor)
        done = Command(home=tmp_path).run("doctor", variables=variables)

    assert 70 == done.code
    assert ["older", "unreachable", "same"] == [line.split()[-1] for line in done.out.splitlines()[2:5]]
    assert "store: it is too old to say what it speaks" in done.out
    assert "gatekeeper: it does not answer; check that it runs" in done.out
    assert "AUTOPACK_GATEKEEPER_ADDRESS" in done.out


def test_doctor_says_that_its_token_is_wrong(tmp_path: Path) -> None:
    """A service that does not know the caller's token has not agreed to anything: the exit code is 70."""
    (tmp_path / "home").mkdir()
    with embedded(tmp_path / "home", *SERVICES) as settings:
        variables = _variables(tmp_path, *(settings.addresses[service] for service in SERVICES))
        done = Command(home=tmp_path).run("doctor", variables=variables)

    assert 70 == done.code
    assert ["refused"] * 3 == [line.split()[-1] for line in done.out.splitlines()[2:5]]
    assert "AUTOPACK_CLIENT_TOKEN_FILE" in done.out
