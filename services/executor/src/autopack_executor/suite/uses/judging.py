"""Which files of a tree belong to its tests: those of which nothing but tests makes use, as far as that is sure.

A file of product that is taken for one of the tests would be put back for base's tests, so that nobody saw what the
candidate made of it. So whatever is not sure stays product.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from autopack_executor.suite.uses.modules import (
    defines,
    holds_checks_alone,
    holds_tests_alone,
    holds_values_alone,
    is_script,
    may_check,
    parsed,
    refers_to,
    stem,
    stems,
)
from autopack_executor.suite.uses.names import (
    TEST_FOLDERS,
    folders_above,
    is_called_data,
    is_called_tests,
    is_code,
    is_document,
    is_harness,
    is_made,
    is_python,
)
from autopack_executor.suite.uses.texts import Texts

_MOST_FILES = 2000
_ROUNDS = 3


class Judge:
    """Looks at a tree: ``modules`` are the files that tests were collected from, with the names of these, ``functions``
    the names of all functions of tests, and ``code`` the files that hold the code of tests whose ids name other files.
    """

    def __init__(
        self,
        texts: Texts,
        root: Path,
        paths: Iterable[str],
        modules: Mapping[str, Iterable[str]],
        functions: Iterable[str],
        code: Iterable[str],
    ) -> None:
        self._texts = texts
        self._root = root
        self._paths = [path for path in paths if not is_made(path)]
        collected = {path for path, names in modules.items() if self._defines(path, names)}
        self._functions = frozenset(functions)
        self._code = frozenset(code).intersection(self._paths)
        linked = {self._target(path) for path in collected}
        # What a link leads to is a module of tests as well, under its own name.
        self._modules = frozenset(collected | self._code.intersection(linked))
        tested = {folder for path in self._modules for folder in folders_above(path)}
        self._folders = {each for each in tested if PurePosixPath(each).name.casefold() in TEST_FOLDERS}
        self._tested = tested
        self._found: set[str] = set()
        self._trees: dict[str, ast.Module | None] = {}
        self._tests: list[str] = []
        self._product: list[str] = []

    def _defines(self, path: str, names: Iterable[str]) -> bool:
        """Whether a module has one of the names, or what it imports: what checks the sources of a module has another
        name for it.
        """
        source = self._texts.source(path)
        return not source or b"import *" in source or any(_definition(name).search(source) for name in names)

    def found(self) -> set[str]:
        """The files, and the folders with a slash behind them."""
        for _ in range(_ROUNDS):
            before = set(self._found)
            self._sort()
            self._found.update(self._test_folders())
            self._sort()
            self._found.update(self._shared_tests(), self._checks())
            self._sort()
            self._found.update(self._data(), self._linked())
            if self._found == before:
                break
        return {each for each in self._found if not any(each != one and each.startswith(one) for one in self._above())}

    def _above(self) -> tuple[str, ...]:
        return tuple(each for each in self._found if each.endswith("/"))

    def _sort(self) -> None:
        """Tell the files that use things for the tests from the other ones."""
        tests = {path for path in self._paths if self._is_of_tests(path)}
        self._tests = sorted(path for path in tests if is_python(path) or is_harness(path))
        self._product = [path for path in self._paths if path not in tests]

    def _is_of_tests(self, path: str) -> bool:
        return path in self._modules or self._is_known(path)

    def _is_known(self, path: str) -> bool:
        """Whether the place of a file says that it belongs to the tests, or it was found."""
        if path in self._found or path.startswith(self._above()) or is_harness(path):
            return True
        return not self._folders.isdisjoint(folders_above(path))

    def _target(self, path: str) -> str:
        """Where a path leads to in the tree, with a slash behind a folder; the empty path for a place elsewhere."""
        root = self._root.resolve()
        try:
            real = (self._root / path).resolve(strict=True)
        except (OSError, RuntimeError):
            return ""  # it leads nowhere, or in a circle
        if not real.is_relative_to(root) or real == root:
            return ""
        return str(real.relative_to(root)) + ("/" if real.is_dir() else "")

    # Modules

    def _shared_tests(self) -> Iterator[str]:
        """The files that hold nothing but tests, which modules of tests import or inherit."""
        for path in sorted(self._code):
            if self._is_known(path) or not is_python(path) or self._is_imported(path):
                continue
            module = self._parsed(path)
            users = self._users(path, self._tests)
            if module is not None and holds_tests_alone(module, self._functions, self._use_in(users)):
                yield path

    def _checks(self) -> Iterator[str]:
        """The modules of which tests use functions that assert something, or expected values, and nothing else."""
        own = {part for path in self._paths if is_python(path) for part in (*path.split("/")[:-1], stem(path))}
        mentioned = self._use_in(self._tests)
        for path in self._product:
            if not is_python(path) or not mentioned(stem(path)):
                continue
            values = is_called_data(path.removesuffix(".py"))
            if not values and not may_check(self._texts.source(path)):
                continue  # most modules: parsing each would take long
            module = self._parsed(path)
            if module is None or not (holds_checks_alone(module, own) or (values and holds_values_alone(module))):
                continue
            users = self._users(path, self._tests)
            expected = any("AssertionError" in self._texts.words(each) for each in users)
            if users and not expected and not self._is_subject(path, users, {path}) and not self._is_imported(path):
                yield path

    def _test_folders(self) -> Iterator[str]:
        """The folders that hold nothing but tests and what helps them."""
        for folder in sorted(self._tested - self._folders):
            if is_called_tests(folder) and not self._is_of_tests(f"{folder}/_") and self._holds_tests(f"{folder}/"):
                yield f"{folder}/"

    def _holds_tests(self, folder: str) -> bool:
        files = {path for path in self._paths if path.startswith(folder) and is_python(path)}
        if self._is_named(PurePosixPath(folder).name, files):
            return False
        return all(self._helps(path, files) for path in sorted(files - self._modules))

    def _helps(self, path: str, files: set[str]) -> bool:
        """Whether a module of a folder, which has these ``files``, can be nothing but a help to the tests there."""
        if PurePosixPath(path).name == "conftest.py":
            return True
        module = self._parsed(path)
        if module is None or is_script(module):
            return False
        if PurePosixPath(path).name == "__init__.py":
            return not defines(module)
        users = self._users(path, files)
        return bool(users) and not self._is_subject(path, users, files) and not self._is_imported(path, files)

    def _users(self, path: str, among: Iterable[str]) -> list[str]:
        """The modules that mention a module."""
        name = stem(path)
        return [each for each in among if each != path and is_python(each) and name in self._texts.words(each)]

    def _is_subject(self, path: str, users: Iterable[str], files: set[str]) -> bool:
        """Whether tests may be about the module: one is called after it, or mentions no module of product beside the
        ``files`` that may help.
        """
        name = stem(path)
        if not {f"test_{name}", f"{name}_test", f"tests_{name}"}.isdisjoint(stems(self._modules)):
            return True
        others = stems(each for each in self._product if each not in files) - {name}
        return any(others.isdisjoint(self._texts.words(user)) for user in self._modules.intersection(users))

    def _is_imported(self, path: str, beside: Iterable[str] = ()) -> bool:
        """Whether anything but tests, and the files ``beside``, refers to the module."""
        return self._is_named(stem(path), {path, *beside}, documents=True)

    def _is_named(self, name: str, beside: set[str], *, documents: bool = False) -> bool:
        """Whether anything but tests, and the files ``beside``, refers to a module or a folder of that name. What calls
        tests names their folders, and may name a program; a document may name a program.
        """
        for path in self._product:
            if path in beside or name not in self._texts.words(path):
                continue
            if is_python(path):
                module = self._parsed(path)
                if module is None or refers_to(module, name):
                    return True
            elif not is_document(path):
                if name in self._texts.parts(path):
                    return True
            elif documents and f"{name}.py" in self._texts.parts(path):
                return True
        calling = [path for path in self._paths if documents and is_harness(path) and not is_python(path)]
        return any(name in self._texts.words(path) for path in calling)

    def _use_in(self, users: Iterable[str]) -> Callable[[str], bool]:
        """Whether one of these files mentions a name."""
        words = frozenset[str]().union(*(self._texts.words(each) for each in users))
        return words.__contains__

    def _parsed(self, path: str) -> ast.Module | None:
        if path not in self._trees:
            self._trees[path] = parsed(self._texts.source(path))
        return self._trees[path]

    # Data

    def _data(self) -> Iterator[str]:
        """The folders, and the files, of expected values that tests name and nothing else does."""
        candidates = {
            f"{folder}/" for path in self._product for folder in folders_above(path) if is_called_data(folder)
        }
        files = {path for path in self._product if is_called_data(path) and not is_code(path)}
        for place in sorted(candidates | files):
            if self._is_data(place):
                yield place

    def _is_data(self, place: str) -> bool:
        """Whether tests alone name a file, or a folder without code, and none of the files in it."""
        name = PurePosixPath(place).name
        if not any(name in self._texts.parts(path) for path in self._tests):
            return False
        return self._is_free(place)

    def _is_free(self, place: str) -> bool:
        files = [path for path in self._paths if path.startswith(place)] if place.endswith("/") else [place]
        if not files or len(files) > _MOST_FILES or any(map(is_code, files)):
            return False
        names = {PurePosixPath(path).name for path in (place, *files) if path == place or not is_document(path)}
        return not any(
            not names.isdisjoint(self._texts.parts(path))
            for path in self._product
            if path not in files and not is_document(path)
        )

    def _linked(self) -> Iterator[str]:
        """What links of the tests lead to, where nothing but tests names it."""
        for path in self._paths:
            if not self._is_of_tests(path) or not (self._root / path).is_symlink():
                continue
            place = self._target(path)
            if place and not self._is_of_tests(f"{place}_") and not self._is_of_tests(place) and self._is_free(place):
                yield place


def _definition(name: str) -> re.Pattern[bytes]:
    called = re.escape(name).encode()
    return re.compile(
        rb"(?m)^[ \t]*(?:(?:async[ \t]+)?(?:def|class)[ \t]+" + called + rb"\b|.*import\b.*\b" + called + rb"\b)"
    )
