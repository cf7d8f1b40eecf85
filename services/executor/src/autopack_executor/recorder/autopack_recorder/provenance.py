"""Whether tests and the project's code are what stands in their files. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import os
import sys
import types
from typing import TYPE_CHECKING

from autopack_recorder.deviations import Deviation
from autopack_recorder.places import attribute, file_of, file_of_module, innermost
from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pytest

    from autopack_recorder.names import Names
    from autopack_recorder.places import Places

_MOCKS = frozenset({"unittest.mock", "mock", "mock.mock"})


class Provenance:
    """Looks at the collected items once, and at each before it runs."""

    def __init__(self, places: Places, names: Names) -> None:
        self._places = places
        self._names = names
        self._code: dict[int, object] = {}  # id(item) -> what it calls
        self._files: set[str] = set()
        self.found: set[Deviation] = set()
        self.test_code: set[str] = set()

    def collected(self, items: Sequence[pytest.Item]) -> None:
        """Note what each item calls, and find those whose code another file holds."""
        paths: dict[object, str] = {}
        last: object = None
        file = ""
        for item in items:
            path: object = item.path
            if path is not last and path not in paths:
                file = paths[path] = str(path)
                name, inside = self._names.of(item.nodeid).partition("::")[0], self._places.of(file)
                if inside is None:
                    self.found.add(Deviation("foreign_test", name, ""))
                elif inside != name:
                    self.test_code.add(as_text(inside))  # the id names a link
            if path is not last:
                last, file = path, paths[path]
            called = item.__dict__.get("_obj")
            if called is None:
                continue
            self._code[id(item)] = called
            code = getattr(getattr(called, "__func__", called), "__code__", None)
            if code is None or code.co_filename != file:
                self._look(item, called, file)
        self._files = {file for file in map(self._places.of, paths.values()) if file is not None}

    def before(self, item: pytest.Item) -> None:
        """Find out whether ``item`` still calls what it called when it was collected."""
        called = item.__dict__.get("_obj")
        if "runtest" in item.__dict__ or (called is not None and called is not self._code.get(id(item), called)):
            for value in (attribute(item, "runtest"), called):
                where = None if value is None else self._places.of(file_of(innermost(value)))
                expected = self._code.get(id(item))
                if where is not None and (
                    value is not called or expected is None or file_of(innermost(expected)) != file_of(innermost(value))
                ):
                    self.found.add(Deviation("swapped_test", self._test(item), as_text(where)))

    def replaced(self, known: Mapping[str, object]) -> Iterator[Deviation]:
        """What tests left in modules of the project, which are ``known`` by their names, each with its file."""
        product = {files[0] for files in known.values() if isinstance(files, list) and files}
        tests = frozenset(self._files - product)
        for name in sorted(set(known).intersection(sys.modules)):
            module = sys.modules[name]
            for attribute_name, value in list(_contents(module).items()):
                if attribute_name.startswith("__"):
                    continue
                parts: Iterable[tuple[str, object]] = [(attribute_name, value)]
                if isinstance(value, type) and value.__module__ == name:
                    parts = [(f"{attribute_name}.{inner}", what) for inner, what in list(vars(value).items())]
                for called, what in parts:
                    where = self._of_test(what, tests)
                    if where is not None:
                        yield Deviation("replaced_code", as_text(f"{name}.{called}"), as_text(where))

    def _of_test(self, value: object, tests: frozenset[str]) -> str | None:
        """The test file that ``value`` is written in, nothing for a mock, and None for what may be the project's."""
        if type(value).__module__ in _MOCKS:
            return ""
        if not isinstance(value, (types.FunctionType, type, classmethod, staticmethod, property)):
            return None
        where = self._places.of(file_of(value))
        return where if where in tests else None

    def _look(self, item: pytest.Item, called: object, file: str) -> None:
        found = file_of(innermost(called))
        where = self._places.of(found) if os.path.isabs(found) else None
        if where is None or where == self._places.of(file):
            return
        self.test_code.add(as_text(where))
        name = getattr(item, "originalname", None) or item.name
        for each in getattr(getattr(item, "cls", None), "__mro__", ()):
            if name in vars(each):
                if file_of_module(each.__module__) == found:
                    return  # inherited
                break
        self.found.add(Deviation("foreign_test", self._test(item), as_text(where)))

    def _test(self, item: pytest.Item) -> str:
        """The id of the test function of an item, without parameters."""
        head, separator, last = self._names.of(item.nodeid).rpartition("::")
        return head + separator + last.partition("[")[0]


def _contents(module: object) -> Mapping[str, object]:
    """What a module holds, without waking a lazy one; nothing for what another object stands in the place of."""
    held = object.__getattribute__(module, "__dict__") if isinstance(module, types.ModuleType) else {}
    return held if isinstance(held, dict) else {}
