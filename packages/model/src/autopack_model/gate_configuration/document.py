"""Reading a configuration: TOML in, a value out. The keys are published as ``docs/autopack.schema.json``."""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from autopack_model.errors import InvalidValue
from autopack_model.file_path import check_file_path
from autopack_model.gate_configuration.duration import FORMS, check_milliseconds, milliseconds
from autopack_model.gate_configuration.tables import kind_of, refuse_unknown, table_of, tables_of
from autopack_model.gate_configuration.value import ConfigurationRefused, GateConfiguration, NamedVariable
from autopack_model.gate_request.copied_file import MAX_COPIES
from autopack_model.gate_request.variable import MAX_VARIABLES
from autopack_model.run.value import MAX_ARGUMENTS, MAX_COMMAND
from autopack_model.text import check_count, check_text

KEYS: Final = (
    "setup",
    "python",
    "arguments",
    "folder",
    "timeout",
    "env",
    "env_file",
    "copy",
    "before_side",
    "after_side",
    "setup_env",
)

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]*?)\s*\]\]?\s*(?:#.*)?")
ReadT = TypeVar("ReadT")


def read_configuration(text: str, source: str, *, in_project_file: bool) -> GateConfiguration | None:
    """The table ``gate`` of ``text``, or of its table ``tool.autopack`` where the file is a pyproject.toml; None where
    there is none. ``source`` is how messages call the file. Raises ConfigurationRefused.
    """
    document = tables_of(text, source, in_project_file=in_project_file)
    if "gate" not in document:
        return None
    gate = table_of(document["gate"], f"{source}: gate")
    refuse_unknown(gate, KEYS, source, "key of gate")
    return _Reader(gate, source, _lines(text)).configuration()


class _Reader:
    """Reads the keys of one table, and names the file and the key in whatever it refuses."""

    def __init__(self, gate: Mapping[str, object], source: str, lines: Mapping[str, int]) -> None:
        self._gate = gate
        self._read = GateConfiguration(source=source, lines=lines)

    def configuration(self) -> GateConfiguration:
        """The whole table. Raises ConfigurationRefused."""
        return GateConfiguration(
            source=self._read.source,
            lines=self._read.lines,
            setup=self._key("setup", _command),
            python=self._key("python", _text),
            arguments=self._key("arguments", _arguments),
            folder=self._key("folder", _folder),
            timeout_ms=self._key("timeout", _timeout_ms),
            env=self._key("env", _variables) or (),
            env_file=self._key("env_file", _path),
            copy=self._key("copy", _paths) or (),
            before_side=self._key("before_side", _command),
            after_side=self._key("after_side", _command),
            setup_env=self._key("setup_env", _variables) or (),
        )

    def _key(self, name: str, read: Callable[[object], ReadT]) -> ReadT | None:
        if name not in self._gate:
            return None
        try:
            return read(self._gate[name])
        except InvalidValue as error:
            raise ConfigurationRefused(f"{self._read.place(name)}: {name} {error.problem}", subject=name) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue("", f"is {kind_of(value)}; it has to be a string")
    if not value.strip():
        raise InvalidValue("", "is empty; leave it out or give it a value")
    if "\0" in value:
        raise InvalidValue("", "holds a NUL character")
    return value


def _command(value: object) -> str:
    return check_text(_text(value), "", most=MAX_COMMAND)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise InvalidValue("", f"is {kind_of(value)}; it has to be a list of strings")
    for item in value:
        if not isinstance(item, str):
            raise InvalidValue("", f"holds {kind_of(item)}; it has to be a list of strings")
        if "\0" in item:
            raise InvalidValue("", "holds a NUL character")
    return value


def _arguments(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError as error:
            raise InvalidValue("", f"cannot be split into words: {error}; give a list of strings") from error
    arguments = tuple(_texts(value))
    check_count(arguments, "", most=MAX_ARGUMENTS)
    return arguments


def _path(value: object) -> str:
    return check_file_path(_text(value).removeprefix("./"), "")


def _folder(value: object) -> str:
    text = _text(value)
    return "" if text in (".", "./") else check_file_path(text.removeprefix("./").rstrip("/"), "")


def _paths(value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else _texts(value)
    paths = {_path(item) for item in items}
    check_count(paths, "", most=MAX_COPIES)
    return tuple(sorted(paths))


def _timeout_ms(value: object) -> int:
    if isinstance(value, str):
        return milliseconds(value, "")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue("", f"is {kind_of(value)}; write {FORMS}")
    if value != value or abs(value) > 1e9:  # noqa: PLR0124 - TOML has a number that is none
        raise InvalidValue("", f"is {value}; write {FORMS}")
    return check_milliseconds(round(value * 1000), "", str(value))


def _variables(value: object) -> tuple[NamedVariable, ...]:
    found: dict[str, NamedVariable] = {}
    for item in _texts(value):
        variable = NamedVariable.of(item)
        if variable.name in found:
            raise InvalidValue("", f"names {variable.name} twice")
        found[variable.name] = variable
    check_count(found, "", most=MAX_VARIABLES)
    return tuple(found[name] for name in sorted(found))


def _lines(text: str) -> dict[str, int]:
    """The line of each key of a table whose name ends in ``gate``, as far as it begins a line of its own."""
    found: dict[str, int] = {}
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if (header := _HEADER.fullmatch(line)) is not None:
            inside = header[1].replace('"', "").replace(" ", "") in ("gate", "tool.autopack.gate")
            continue
        key = line.partition("=")[0].strip().strip("\"'")
        if inside and "=" in line and key in KEYS:
            found.setdefault("timeout_ms" if key == "timeout" else key, number)
    return found
