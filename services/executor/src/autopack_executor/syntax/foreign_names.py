"""The names that things of the standard library, pytest and mock have: a test may mean theirs by an attribute."""

import builtins
import collections
import datetime
import decimal
import fractions
import functools
import importlib
import pathlib
import types
from typing import Final

_MODULES: Final = (builtins, collections, datetime, decimal, fractions, pathlib, types)
_NAMED: Final = ("re", "io", "enum", "uuid", "queue", "socket", "threading", "subprocess", "urllib.parse", "logging")

# What objects have that no class shows, and what is not there to be asked.
_LISTED: Final = (
    "out err",
    "type value tb typename traceback match exconly errisinstance group_contains",
    "records text messages record_tuples handler set_level at_level clear get_records",
    "setattr delattr setitem delitem setenv delenv syspath_prepend chdir undo context",
    "node param fixturename scope config function cls instance module path keywords session",
    "called call_count call_args call_args_list method_calls mock_calls await_count await_args await_args_list"
    " return_value side_effect args kwargs",
    "args returncode stdout stderr stdin pid",
    "name msg args levelname levelno pathname filename module lineno funcName created message exc_info",
    "status code headers url text content reason json",
)


@functools.cache
def foreign_types() -> tuple[frozenset[str], ...]:
    """The names of each such thing, as a set."""
    modules = (*_MODULES, *(importlib.import_module(name) for name in _NAMED))
    classes = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    return (*(frozenset(dir(each)) for each in classes), *(frozenset(each.split()) for each in _LISTED))


def may_be_foreign(old: str, new: str) -> bool:
    """Whether one such thing has both names: to say the one for the other may then be to ask it something else."""
    return any(old in names and new in names for names in foreign_types())
