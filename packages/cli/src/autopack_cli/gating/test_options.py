"""How tests are run, as the command was told: options as they were given, and what a request says of them."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autopack_cli.given_tests import GivenTests
from autopack_cli.render.text import is_utf8
from autopack_git.layout import discover
from autopack_model.errors import BadRequest, InvalidValue
from autopack_model.file_path import check_file_path
from autopack_model.gate_configuration.duration import milliseconds
from autopack_model.gate_configuration.env_file import read_env_file
from autopack_model.gate_configuration.value import NamedVariable
from autopack_model.gate_request.copied_file import CopiedFile
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import ConfigurationFile
from autopack_model.gate_request.variable import Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the repository is. ``checkout`` is a folder of it on this machine, None where it is elsewhere; with
    ``reading``, files are read here because the executor is on another machine.
    """

    checkout: Path | None
    reading: bool


def request_options(
    given: GivenTests, place: Place, environ: Mapping[str, str], interpreter: Path | None
) -> TestOptions:
    """What a request says of the options. Values of variables without one are taken from ``environ``.

    Raises BadRequest, which names the option and never a value.
    """
    filed = {
        variable.name: variable
        for name in given.env_file
        for variable in read_env_file(_read(name, "--env-file"), name)
    }
    named = {variable.name: variable for variable in _variables(given.env, "--env", environ)}
    setup = {variable.name: variable for variable in _variables(given.setup_env, "--setup-env", environ)}
    try:
        return TestOptions(
            interpreter=interpreter,
            arguments=given.arguments,
            setup=given.setup,
            timeout_ms=None if given.timeout is None else milliseconds(given.timeout, "--timeout"),
            folder=None if given.folder is None else _folder(given.folder),
            variables=_ascending(filed | named),
            setup_variables=_ascending(setup),
            copies=_copies(given.copy, place),
            before_side=given.before_side,
            after_side=given.after_side,
        )
    except InvalidValue as error:
        raise BadRequest(f"{error.path}: {error.problem}", subject=error.path) from error


def configuration_file(name: str | None, option: str = "--config") -> ConfigurationFile | None:
    """The operator's file ``name`` that an ``option`` gives; None for none. Raises BadRequest."""
    if name is None:
        return None
    try:
        return ConfigurationFile(name=name, text=_read(name, option).decode())
    except UnicodeDecodeError as error:
        raise BadRequest(f"{option} {name}: is not UTF-8, and it has to be", subject=option) from error
    except InvalidValue as error:
        raise BadRequest(f"{option} {name}: {error.problem}", subject=option) from error


def local_interpreter(python: str, search_path: str) -> Path:
    """The path that ``python`` is, or of the command with this name."""
    found = None if "/" in python or Path(python).exists() else shutil.which(python, path=search_path)
    return Path(found or python).absolute()


def _variables(entries: Iterable[str], option: str, environ: Mapping[str, str]) -> Iterator[Variable]:
    for entry in entries:
        name = entry.partition("=")[0]
        if not is_utf8(entry):
            raise BadRequest(f"{option}: what is given for {name!r} is not UTF-8, and it has to be", subject=option)
        try:
            asked = NamedVariable.of(entry)
            value = environ.get(asked.name) if asked.value is None else asked.value
            if value is None:
                raise BadRequest(
                    f"{option} {asked.name}: is not set; set it, or give {option} {asked.name}=VALUE",
                    subject=asked.name,
                )
            yield Variable(name=asked.name, value=value)
        except InvalidValue as error:
            raise BadRequest(f"{option}: {error.problem}", subject=option) from error


def _ascending(variables: Mapping[str, Variable]) -> tuple[Variable, ...]:
    return tuple(variables[name] for name in sorted(variables))


def _folder(text: str) -> str:
    plain = text.removeprefix("./").rstrip("/")
    return "" if plain in (".", "") else check_file_path(plain, "--folder")


def _copies(names: tuple[str, ...], place: Place) -> tuple[CopiedFile, ...]:
    found = {copy.path: copy for copy in (_copy(name, place) for name in names)}
    return tuple(found[path] for path in sorted(found))


def _copy(name: str, place: Place) -> CopiedFile:
    path = name.removeprefix("./")
    if place.checkout is not None:
        root = discover(place.checkout).root
        absolute = Path(name).absolute()
        place_in = Path(absolute.parent.resolve(), absolute.name)
        if not place_in.is_relative_to(root):
            raise BadRequest(f"--copy {name}: is not in the repository {root}; name a file of it", subject=name)
        path = place_in.relative_to(root).as_posix()
        if place_in.is_symlink():
            raise BadRequest(f"--copy {name}: is a link, which is not followed; name the file itself", subject=name)
    try:
        return CopiedFile(path=path, content=_read(name, "--copy") if place.reading else None)
    except InvalidValue as error:
        raise BadRequest(f"--copy {name}: {error.problem}", subject=name) from error


def _read(name: str, option: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise BadRequest(f"{option} {name}: cannot be read: {error.strerror}", subject=option) from error
