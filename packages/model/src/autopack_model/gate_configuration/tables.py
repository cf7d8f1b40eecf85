"""The tables of a configuration file, before anybody reads one of them."""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from typing import Final

from autopack_model.gate_configuration.value import ConfigurationRefused

TABLES: Final = ("gate", "policy", "waiver")


def tables_of(text: str, source: str, *, in_project_file: bool) -> Mapping[str, object]:
    """The tables of ``text``, or of its table ``tool.autopack`` where the file is a pyproject.toml, each by its name.
    ``source`` is how messages call the file. Raises ConfigurationRefused.
    """
    try:
        document: Mapping[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationRefused(f"{source} is not TOML: {error}", subject=source) from error
    if in_project_file:
        document = table_of(document.get("tool", {}), f"{source}: tool")
        document = table_of(document.get("autopack", {}), f"{source}: tool.autopack")
    refuse_unknown(document, TABLES, source, "table")
    return document


def table_of(value: object, place: str) -> Mapping[str, object]:
    """``value`` when it is a table; ``place`` is how messages call it. Raises ConfigurationRefused."""
    if not isinstance(value, dict):
        raise ConfigurationRefused(f"{place} is {kind_of(value)}; it has to be a table", subject=place)
    return value


def refuse_unknown(
    table: Mapping[str, object], known: Collection[str], source: str, what: str, *, hint: str = ""
) -> None:
    """Refuse keys of ``table`` that are not ``known``, with the nearest one, or else the ``hint``, or all known ones.

    Raises ConfigurationRefused.
    """
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name.replace("-", "_").casefold(), known, n=1)
            cure = f"did you mean {near[0]!r}?" if near else hint or f"known are {', '.join(known)}"
            raise ConfigurationRefused(f"{source}: {name[:80]!r} is not a {what}; {cure}", subject=name)


def kind_of(value: object) -> str:
    """What a value of TOML is, in words."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "a date or time")
