"""What changed in a file that holds many things: a table of pyproject.toml, a section of tox.ini, a line of a Makefile,
an attribute of .gitattributes.

The files are the candidate's: they are parsed, and nothing in them is run.
"""

import configparser
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from autopack_model.changed_files.value import MAX_PART, MAX_PARTS

_LONGER: Final = " (longer)"
_SEPARATORS = re.compile(r"[\s,]+")
_INSTALL = re.compile(rb"\s*(?:-|@)*\s*(?:\S*python\S* -m )?(?:uv )?pip3? install (?:-q |--quiet )?")
_ATTRIBUTES = re.compile(r'[ \t]*("(?:[^"\\]|\\.)*"|[^\s#"]\S*)((?:[ \t]+\S+)*)[ \t]*')
_PACKAGE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[\w,-]+\])?(?:[<>=!~]=?[\w.*]+)?")


def changed_parts(path: str, base: bytes, head: bytes) -> tuple[str, ...] | None:
    """The names of the parts in which the file differs, ascending; None for a file that has no parts, that cannot be
    parsed, or that differs in more than can be named.
    """
    compare = _FORMATS.get(PurePosixPath(path).name.casefold())
    if compare is None:
        return None
    try:
        found = compare(base, head)
    except (ValueError, configparser.Error, RecursionError):
        return None
    if found is None or len(found) > MAX_PARTS or any(len(part) > MAX_PART for part in found):
        return None
    return tuple(sorted(found))


def has_parts(path: str) -> bool:
    """Whether a file of that name is looked at by part."""
    return PurePosixPath(path).name.casefold() in _FORMATS


def _toml(base: bytes, head: bytes) -> set[str]:
    return set(_differences("", tomllib.loads(base.decode()), tomllib.loads(head.decode())))


def _ini(base: bytes, head: bytes) -> set[str]:
    return set(_differences("", _sections(base), _sections(head)))


def _sections(text: bytes) -> dict[str, object]:
    parser = configparser.RawConfigParser(default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of options keep their letter case
    parser.read_string(text.decode())
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _differences(prefix: str, base: Mapping[str, object], head: Mapping[str, object]) -> Iterator[str]:
    """The dotted names under which two tables differ."""
    for key in base.keys() | head.keys():
        name, old, new = f"{prefix}{key}", base.get(key), head.get(key)
        if isinstance(old, dict | None) and isinstance(new, dict | None) and (old or new):
            yield from _differences(f"{name}.", old or {}, new or {})
        elif type(old) is not type(new) or old != new:
            yield name + (_LONGER if _only_grew(old, new) else "")


def _only_grew(old: object, new: object) -> bool:
    """Whether a list, or a text that is one, has all that it had, and more."""
    if isinstance(old, str) and isinstance(new, str):
        before, after = set(_SEPARATORS.split(old.strip())), set(_SEPARATORS.split(new.strip()))
        return before < after
    return isinstance(old, list) and isinstance(new, list) and all(item in new for item in old) and len(new) > len(old)


def _makefile(base: bytes, head: bytes) -> set[str] | None:
    """The commands that install more packages than before, where nothing else differs."""
    before, after = base.splitlines(), head.splitlines()
    if len(before) != len(after):
        return None
    found = set()
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        start = _INSTALL.match(old)
        more = new[len(old) :] if start is not None and new.startswith(old) else b""
        if not more.startswith(b" ") or not all(_PACKAGE.fullmatch(word) for word in more.split()):
            return None
        found.add(f"{old.strip().decode(errors='replace')}{_LONGER}")
    return found


def _attributes(base: bytes, head: bytes) -> set[str]:
    """The attributes that are given to other files than before, or in another order."""
    before, after = (_given(text.decode()) for text in (base, head))
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _given(text: str) -> dict[str, list[tuple[str, str]]]:
    """To which patterns each attribute is given, in the order of the lines, and how."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text.splitlines():
        pattern, words = match.groups() if (match := _ATTRIBUTES.fullmatch(line)) else ("", "")
        for word in words.split():
            found.setdefault(word.lstrip("-!").partition("=")[0], []).append((pattern, word))
    return found


_FORMATS: Final[Mapping[str, Callable[[bytes, bytes], set[str] | None]]] = {
    "pyproject.toml": _toml,
    "setup.cfg": _ini,
    "tox.ini": _ini,
    "makefile": _makefile,
    "gnumakefile": _makefile,
    ".gitattributes": _attributes,
}
