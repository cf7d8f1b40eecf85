"""Paths that lead product code to its tests and their data."""

import ast
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.surrounding import Surrounding

_FOLDERS = frozenset({"test", "tests", "testing"})
_FILE = re.compile(r"test_\w+\.py|\w+_test\.py|conftest\.py")
# Programs for those who develop the project deal with its tests.
_DEVELOPING = frozenset({".ci", "bin", "ci", "dev", "docs", "hack", "script", "scripts", "tools", "benchmarks"})
_DEVELOPERS_FILES = frozenset({"noxfile.py", "setup.py", "tasks.py", "fabfile.py", "dodo.py", "manage.py"})
_PATHS = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath"})
_SAME_PLACE = frozenset({"resolve", "absolute", "abspath", "realpath", "normpath", "dirname", "fspath", "str"})
_READING = frozenset(
    {
        *("open", "exists", "lexists", "isdir", "isfile", "listdir", "scandir", "walk", "glob", "iglob", "stat"),
        *("access", "read_text", "read_bytes"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A path in parts: below the current folder, or somewhere above the file itself."""

    parts: tuple[str, ...]
    of_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsOfTests:
    """The folders of the tests of a tree, all that lie above a test module and are, or lie in, a folder of tests."""

    folders: frozenset[tuple[str, ...]]
    develops: bool = False

    @staticmethod
    def of(path: str, suite: Collection[str]) -> "PathsOfTests":
        """Those of the test modules ``suite``, for the product file ``path``."""
        parts = PurePosixPath(path).parts
        folders = {
            above[: position + 1]
            for each in suite
            for above in [PurePosixPath(each).parts[:-1]]
            for position, name in enumerate(above)
            if name in _FOLDERS
        }
        develops = parts[-1] in _DEVELOPERS_FILES or not _DEVELOPING.isdisjoint(parts[:-1])
        return PathsOfTests(folders=frozenset(folders), develops=develops)

    def is_read(self, node: ast.expr, around: Surrounding) -> bool:
        """Whether an expression is the whole of a path to tests, or asks a file of the current folder for it."""
        if self.develops:
            return False
        match node:
            case ast.Call(args=[first, *_]) if last_name(node) in _READING and isinstance(first, ast.Constant):
                place = _place(first)
            case ast.Call() | ast.BinOp():
                place = None if _is_part(node, around) else _place(node)
            case _:
                return False
        return place is not None and self._holds(place)

    def _holds(self, place: _Place) -> bool:
        if not place.parts:
            return False
        names = {folder[-1] for folder in self.folders}
        if place.of_file and names.intersection(place.parts):
            return True
        below = any(place.parts[: len(folder)] == folder for folder in self.folders)
        return below or _FILE.fullmatch(place.parts[-1]) is not None


def _is_part(node: ast.expr, around: Surrounding) -> bool:
    """Whether an expression is a part of one that is a path as well."""
    above = around.parent(node)
    further = around.parent(above) if isinstance(above, ast.Attribute) else None
    return any(isinstance(each, ast.expr) and _place(each) is not None for each in (above, further))


def _place(node: ast.expr) -> _Place | None:
    """The place that an expression leads to, where it begins at the file or at the current folder."""
    match node:
        case ast.Constant(value=str(text)):
            return _Place(parts=_parts(text))
        case ast.Name(id="__file__"):
            return _Place(parts=(), of_file=True)
        case (
            ast.Attribute(value=value, attr="parent") | ast.Subscript(value=ast.Attribute(value=value, attr="parents"))
        ):
            above = _place(value)
            return None if above is None else _Place(parts=above.parts[:-1], of_file=above.of_file)
        case ast.BinOp(left=left, op=ast.Div() | ast.Add(), right=right):
            return _joined([left, right])
        case ast.JoinedStr(values=values):
            return _joined([each.value if isinstance(each, ast.FormattedValue) else each for each in values])
        case ast.Call(func=ast.Attribute(value=value, attr="joinpath"), args=arguments):
            return _joined([value, *arguments])
        case ast.Call(args=[]) if last_name(node) in {"cwd", "getcwd", *_PATHS}:
            return _Place(parts=())
        case ast.Call(args=arguments) if last_name(node) in {"join", *_PATHS} and arguments:
            return _joined(arguments)
        case ast.Call(func=ast.Attribute(value=value), args=[]) if last_name(node) in _SAME_PLACE:
            return _place(value)
        case ast.Call(args=[argument]) if last_name(node) in _SAME_PLACE:
            return _place(argument)
        case _:
            return None


def _joined(nodes: "Iterable[ast.expr]") -> _Place | None:
    places = [_place(each) for each in nodes]
    known = [each for each in places if each is not None]
    if len(known) < len(places):
        return None
    parts = tuple(part for each in known for part in each.parts)
    return _Place(parts=parts, of_file=any(each.of_file for each in known))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.replace("\\", "/").split("/") if part not in ("", ".", ".."))
