"""Every field is read by the side that receives it.

The type checker itself lists the places: beside stubs in which nobody may read a field, it reports each read with the
message that is read from, wherever that came from.
"""

import re

import pytest
from google.protobuf.descriptor import Descriptor

from tests.contract.contract_copy import contract_files
from tests.typing.type_check import TypeCheck

# Answers that no client of ours acts on; they are there for other clients and for people. Everything else is read.
INFORMATION = {
    # Whoever sends a bundle wants it there, whether it was before or not.
    "autopack.executor.v1.UploadBundleResponse": {"already_present"},
    "autopack.executor.v1.UploadPatchResponse": {"already_present"},
    # An attempt that an auditor looked at is read from the store.
    "autopack.gatekeeper.v1.ConcludeResponse": {"recommendation", "verdict"},
    # The command shows what stands, which it reads from the store.
    "autopack.gatekeeper.v1.DecideAnewResponse": {"decision_digest"},
    "autopack.gatekeeper.v1.DecideRecord": {"already_present"},
    # Whoever goes on with an upload sends its end all the same, and is told then.
    "autopack.store.v1.GetUploadResponse": {"already_present"},
    # Digests that the caller has computed, and whether the store had the thing already.
    "autopack.store.v1.UploadEvidenceResponse": {"already_present", "facts_digest"},
}
# Whoever repeats a mutation wants it done, whether it was done before or not.
REPLAYED = "replayed"


@pytest.fixture(scope="module")
def reads(types: TypeCheck) -> dict[str, set[str]]:
    """The files that read each field, by the field's full name."""
    types.generate()
    for file in contract_files():
        name = file.name.replace(".proto", "_pb2.pyi")
        stub = types.stub(name)
        for message in file.message_types_by_name.values():
            stub = _unreadable(stub, message)
        types.put(name, stub)
    found: dict[str, set[str]] = {}
    for problem in types.problems_as_it_is():
        read = re.search(r'attribute function "(\w+)" with type "Callable\[\[OnlyFor_(\w+)\]', problem.message)
        if read is not None:
            found.setdefault(f"{read[2].replace('__', '.')}.{read[1]}", set()).add(problem.file)
    return found


def _unreadable(stub: str, message: Descriptor) -> str:
    """The stub with each field of ``message`` as a property that only a class may read which nothing is."""
    reader = f"OnlyFor_{message.full_name.replace('.', '__')}"
    start = stub.index(f"\nclass {message.name}(_message.Message):\n")
    end = stub.index(f"\nGlobal___{message.name}: ", start)
    body = stub[start:end]
    for field in message.fields:
        head = f"    @_builtins.property\n    def {field.name}(self: {reader}) -> "
        body, scalar = re.subn(rf"(?m)^    {field.name}: (.+)$", rf"{head}\1: ...", body)
        body, other = re.subn(rf"(?m)^    @_builtins.property\n    def {field.name}\(self\) -> ", head, body)
        assert 1 == scalar + other, f"{field.full_name} is not once in its stub"
    return f"{stub[:start]}{body}{stub[end:]}\nclass {reader}: ...\n"


def _fields(message: Descriptor) -> set[str]:
    """The fields that are read by name: the parts of a stream are read through a Protocol, which types their oneof."""
    parts = {field.name for oneof in message.oneofs if oneof.name == "part" for field in oneof.fields}
    through_protocol = parts in ({"start", "chunk", "end"}, {"record", "chunk"})
    return {field.name for field in message.fields if not through_protocol and field.name != REPLAYED}


def _messages(package: str) -> list[Descriptor]:
    return [
        message
        for file in contract_files()
        if file.package.startswith(package)
        for message in file.message_types_by_name.values()
    ]


def test_every_field_is_read_but_for_information(reads: dict[str, set[str]]) -> None:
    """Our code reads every field of every message but answers listed as information, and none of those."""
    unread = {
        message.full_name: {name for name in _fields(message) if f"{message.full_name}.{name}" not in reads}
        for message in _messages("autopack.")
    }

    assert INFORMATION == {message: names for message, names in unread.items() if names}


def test_shared_nouns_are_read_in_their_wire_package(reads: dict[str, set[str]]) -> None:
    """Every field of the shared nouns is read where messages become values."""
    assert [] == [
        f"{message.full_name}.{name}"
        for message in _messages("autopack.results.")
        for name in sorted(_fields(message))
        if not any(file.startswith("packages/model/") for file in reads.get(f"{message.full_name}.{name}", set()))
    ]


@pytest.mark.parametrize("service", ["executor", "gatekeeper", "store"])
def test_requests_are_read_by_the_service_that_gets_them(reads: dict[str, set[str]], service: str) -> None:
    """Every field of a service's requests is read in that service, or where the model reads its messages."""
    requests = [message for message in _messages(f"autopack.{service}.") if message.name.endswith(("Request", "Start"))]

    assert [] != requests
    assert [] == [
        f"{message.full_name}.{name}"
        for message in requests
        for name in sorted(_fields(message))
        if not any(
            file.startswith((f"services/{service}/", "packages/model/"))
            for file in reads.get(f"{message.full_name}.{name}", set())
        )
    ]


@pytest.mark.parametrize("service", ["executor", "gatekeeper", "store"])
def test_responses_are_read_by_a_client(reads: dict[str, set[str]], service: str) -> None:
    """Every field of a response that is read at all is read in a typed client, or where the model reads messages."""
    assert [] == [
        f"{message.full_name}.{name}"
        for message in _messages(f"autopack.{service}.")
        if message.name.endswith("Response")
        for name in sorted(_fields(message) - INFORMATION.get(message.full_name, set()))
        if not any(
            file.startswith(("packages/clients/", "packages/model/"))
            for file in reads.get(f"{message.full_name}.{name}", set())
        )
    ]
