"""What holds for one element of the contracts holds for each: all of a kind are changed at once."""

import re

import pytest

from tests.contract.contract_copy import contract_files, edited
from tests.typing.type_check import TypeCheck, TypeProblem

CHANGES = (
    (r"^(message \w+ \{)(.*)$", r"\1\n  string drifted = 999;\n\2"),
    (r"^(enum \w+ \{[^}]*?\n)  \w+ = 2;\n", r"\1"),
    (r"^(  (\w+)_UNSPECIFIED = 0;)$", r"\1\n  \2_DRIFTED = 999;"),
    (r"^(message (\w+) \{[^}]*?\n  oneof \w+ \{)$", r"\1\n    string drifted_\2 = 998;"),
    (
        r"^(service \w+ \{)((?:\n.*)*?\n  rpc \w+)(\((?:stream )?\w+\))",
        r"\1\n  rpc Drifted\3 returns \3;\2\3",
    ),
)
"""A field in each message, a value less and a value more in each enumeration, a case in each oneof, an RPC in each
service. mypy has a code or a message of its own for each of the five, so that one copy shows them all.
"""


@pytest.fixture(scope="module")
def problems(types: TypeCheck, unedited: list[TypeProblem]) -> list[TypeProblem]:
    """What mypy says of our code beside contracts in which every element is changed."""
    return [problem for problem in types.problems(edited(*CHANGES)) if problem not in unedited]


def _named(problems: list[TypeProblem], code: str, pattern: str) -> set[str]:
    """What ``pattern`` finds in the messages of the problems with ``code``."""
    found = (re.search(pattern, problem.message) for problem in problems if problem.code == code)
    return {match.group(1) for match in found if match}


def test_a_field_more_in_any_message_is_reported(problems: list[TypeProblem]) -> None:
    """A field that any message gains is missing where our code makes that message."""
    messages = {name for file in contract_files() for name in file.message_types_by_name}

    assert messages == _named(problems, "call-arg", r'Missing named argument "drifted" for "(\w+)"')


def test_a_value_more_in_any_enumeration_is_reported(problems: list[TypeProblem]) -> None:
    """A value that any enumeration gains is missing in the domain's."""
    assert _enumerations() == _named(problems, "assignment", r'"(\w+)" is missing following "Members" protocol member')


def test_a_value_less_in_any_enumeration_is_reported(problems: list[TypeProblem]) -> None:
    """A value that any enumeration loses is refused where a domain value is written."""
    assert _enumerations() == _named(problems, "arg-type", r'Argument 1 to "(\w+)Number"')


def test_a_case_more_in_any_oneof_is_reported(problems: list[TypeProblem]) -> None:
    """A case that any oneof gains is unhandled where our code reads that oneof."""
    matched = _named(problems, "exhaustive-match", r"Literal\['drifted_(\w+)'\]")
    opened = _named(problems, "arg-type", r'Argument 1 to "\w+" has incompatible type "\w+\[(\w+)\]"')

    assert _with_oneof() == matched | opened


def test_an_rpc_more_in_any_service_is_reported(problems: list[TypeProblem]) -> None:
    """A call that any service gains keeps its servicer from being made."""
    services = {name.removesuffix("Service") for file in contract_files() for name in file.services_by_name}

    assert services == _named(problems, "abstract", r'"(\w+)Servicer" with abstract attributes? .*"Drifted"')


def _with_oneof() -> set[str]:
    """The messages that hold a oneof; an optional field is none."""
    return {
        message.name
        for file in contract_files()
        for message in file.message_types_by_name.values()
        if any(not oneof.name.startswith("_") for oneof in message.oneofs)
    }


def _enumerations() -> set[str]:
    return {name for file in contract_files() for name in file.enum_types_by_name}
