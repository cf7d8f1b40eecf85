"""Variables that the operator gives to children. Their values may be secrets: no record and no message holds them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from autopack_model.errors import InvalidValue

MAX_NAME = 256
MAX_VALUE = 65_536
MAX_VARIABLES = 1000

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWN_PREFIX = "AUTOPACK_"
# What both sides get from the executor, and why nobody else may say it.
OWN: Mapping[str, str] = MappingProxyType(
    {
        "PATH": "it begins with the environment of the side; let the setup command install what the tests call",
        "HOME": "it is an empty folder of each side; name what the tests look for with a variable of its own",
        "TMPDIR": "it is an empty folder of each side",
        "PWD": "it is the folder in which the tests run; see folder",
        "OLDPWD": "it is not set",
        "PYTHONHASHSEED": "it is the same on both sides, so that no order differs between them",
        "PYTHONPYCACHEPREFIX": "it keeps the bytecode of the sides apart",
        "PYTHONHOME": "it belongs to the interpreter; see python",
        "VIRTUAL_ENV": "it is the environment of the side; see setup and python",
        "CONDA_PREFIX": "it is the environment of the side; see setup and python",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable. Raises InvalidValue for a name that no variable has or that Autopack sets itself, and for a value
    that no environment can hold; no message repeats the value.
    """

    name: str
    value: str = field(repr=False)

    def __post_init__(self) -> None:
        check_variable_name(self.name, "name")
        if len(self.value) > MAX_VALUE:
            raise InvalidValue(
                "value", f"of {self.name} has {len(self.value)} characters; at most {MAX_VALUE} are allowed"
            )
        if "\0" in self.value:
            raise InvalidValue("value", f"of {self.name} holds a NUL character")
        try:
            self.value.encode()
        except UnicodeEncodeError:
            raise InvalidValue("value", f"of {self.name} is not UTF-8, and it has to be") from None


def check_variable_name(value: str, path: str) -> str:
    """Return ``value`` when it may name a variable of the operator. Raises InvalidValue."""
    if len(value) > MAX_NAME or _NAME.fullmatch(value) is None:
        raise InvalidValue(
            path,
            f"{value[:80]!r} is not the name of a variable: 1 to {MAX_NAME} letters, digits or '_', no digit first",
        )
    why = OWN.get(value)
    if why is None and value.startswith(_OWN_PREFIX):
        why = "names that begin with AUTOPACK_ are for Autopack alone"
    if why is not None:
        raise InvalidValue(path, f"{value} is set by Autopack: {why}")
    return value
