"""Files of variables, a line each: ``NAME=VALUE``."""

import re

from autopack_model.errors import InvalidValue
from autopack_model.gate_configuration.value import ConfigurationRefused
from autopack_model.gate_request.variable import Variable

_LINE = re.compile(r"\s*(?:export\s+)?([^=\s]+)\s*=\s*(.*)")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read_env_file(data: bytes, source: str) -> tuple[Variable, ...]:
    """The variables of the file ``source``, ascending by name. Empty lines and those that begin with ``#`` count
    nothing; ``export`` may stand first. A value in single quotes stands for itself, one in double quotes may have
    escapes, any other ends before `` #``; nothing is put in for ``$NAME``. Of two lines with one name the last counts.

    Raises ConfigurationRefused, which names the line and never repeats it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationRefused(f"{source} is not UTF-8, and it has to be", subject=source) from error
    found: dict[str, Variable] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise ConfigurationRefused(f"{source}:{number} is not NAME=VALUE, and not a comment", subject=source)
        try:
            variable = Variable(name=parts[1], value=_value(parts[2].rstrip()))
        except InvalidValue as error:
            raise ConfigurationRefused(f"{source}:{number}: {error.problem}", subject=source) from error
        found[variable.name] = variable
    return tuple(found[name] for name in sorted(found))


def _value(written: str) -> str:
    if written.startswith("'"):
        quoted = _SINGLE.fullmatch(written)
        if quoted is None:
            raise InvalidValue("value", "the value has a quote without its other one")
        return quoted[1]
    if written.startswith('"'):
        quoted = _DOUBLE.fullmatch(written)
        if quoted is None:
            raise InvalidValue("value", "the value has a quote without its other one")
        return re.sub(r"\\(.)", lambda escaped: _ESCAPES.get(escaped[1], escaped[1]), quoted[1])
    return re.split(r"(?:^|\s)#", written, maxsplit=1)[0].rstrip()
