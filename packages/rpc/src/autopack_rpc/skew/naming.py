"""What the caller knows of a refusal that its server could not know: the names of what it sent."""

import re
from collections.abc import Mapping

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor

from autopack_rpc.skew.contract import contract_digest

_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[.*\])?")

_NAMED = "; the caller's contract calls it "


def named_fields(method: str, violations: Mapping[str, str]) -> dict[str, str]:
    """Violations of the reason UNKNOWN_FIELDS with names in their paths, where this process knows them.

    ``method`` is the full method name (``/package.Service/Method``); empty when it is not known.
    """
    named: dict[str, str] = {}
    for path, problem in violations.items():
        name = _name(method, path)
        if name is None:
            named[path] = problem
        else:
            parent = path.rpartition(".")[0]
            named[f"{parent}.{name}" if parent else name] = f"{problem}{_NAMED}{name}"
    return named


def names_given(violations: Mapping[str, str]) -> tuple[str, ...]:
    """What ``named_fields`` found out, a phrase for each field, to be told with the message."""
    return tuple(f"the server does not know {path}" for path, problem in violations.items() if _NAMED in problem)


def unimplemented(method: str, said: str) -> str:
    """The message for a method that the server does not know, when it says no more than that."""
    return (
        f"{method.lstrip('/') or 'the method'}: the server does not know it ({said}), so it is older than the caller, "
        f"whose contract is {contract_digest()}; upgrade the server first, 'autopack doctor' shows who differs"
    )


def _name(method: str, path: str) -> str | None:
    """The name of the field whose path ends in its number; None when it is not known here either."""
    try:
        message = descriptor_pool.Default().FindMethodByName(method.lstrip("/").replace("/", ".")).input_type
    except KeyError:
        return None
    *steps, number = path.split(".")
    for step in steps:
        child = _child(message, step)
        if child is None:
            return None
        message = child
    field = message.fields_by_number.get(int(number)) if number.isdecimal() else None
    return None if field is None else str(field.name)


def _child(message: Descriptor, step: str) -> Descriptor | None:
    match = _STEP.fullmatch(step)
    field = None if match is None else message.fields_by_name.get(match[1])
    return None if field is None else field.message_type
