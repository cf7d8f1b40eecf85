"""Which changed files are test-side: files that say what tests check or how they run (docs/decisions/0032).

Who collected a test says that a file holds tests, and never its name alone.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from autopack_gatekeeper.domain.protected_files import is_harmless
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.evidence.value import Evidence
from autopack_model.file_kinds import TEST_DATA_FOLDERS, TEST_FOLDERS
from autopack_model.policy.path_pattern import compile_patterns
from autopack_model.policy.value import Policy

# What says how tests run, and nothing about the product. pyproject.toml and setup.cfg say both.
_CONFIGURATION = (
    *("conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"),
    *("tox.ini", "tox.toml", "noxfile.py", ".coveragerc"),
    ".gitattributes",  # what git makes of files when it writes them
)
# What plugins call their look at each source file: pytest-mypy, pytest-ruff, pytest-flake8 and their like. A test has a
# name of its own behind that of its class.
_CHECKED = (
    r"(?:mypy(?:-status)?|ruff|flake-?8|black|isort|pylint|pyright|bandit|vulture|mccabe|pep8|pep257|pycodestyle"
    r"|pydocstyle|pyflakes|codestyle|docstyle|codespell)"
)
_CHECKER = re.compile(rf"{_CHECKED}(?:::(?:{_CHECKED}|format|check))?", re.IGNORECASE)
_NEW = (ChangeKind.ADDED, ChangeKind.COPIED)
# The folders between one and a file: none, any, and any but those of tests.
_IN_IT, _BELOW = re.compile(""), re.compile(".*", re.DOTALL)
_ITS_OWN = re.compile(rf"(?!(?:.*/)?(?:{'|'.join(sorted(TEST_FOLDERS))})(?:/|$)).*", re.DOTALL | re.IGNORECASE)
_DATA_FOLDERS = frozenset(TEST_DATA_FOLDERS) - TEST_FOLDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSideFiles:
    """The test-side files among those that a change touches, by their paths on either side, ascending.

    ``only_modules`` says that all of them hold tests: no helper, data or configuration of tests is among them, but for
    an ``__init__.py`` that only has another place.
    ``modules`` are those that hold tests on base. Base's tests of these are all that is to be run where nothing else
    changed, and else there are none here: the whole suite is to be run.
    """

    __test__ = False

    paths: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    only_modules: bool = False


NO_FILES = TestSideFiles()


def find_test_side(
    changed_files: ChangedFiles, base: Evidence, head: Evidence, came_to_pass: Iterable[str], policy: Policy
) -> TestSideFiles:
    """The test-side files of a change; none where the changed files are unknown, and where the change does nothing but
    add files of tests. ``came_to_pass`` are the tests that did not simply pass on base and do on head: in a file that
    the change does not touch, one may pass because of another test that ran before. Where product changed, any test
    may.

    These are modules that collected tests on either side (those of doctests alone are product), files from which pytest
    loaded plugins, conftest.py, what configures pytest, what lies in folders of tests, data beside modules of tests,
    what the executor found to belong to the tests, and what the policy names; helpers that only follow moved names
    are as good as base's.
    """
    files = {file.path: file for file in changed_files.files}
    touched = {path for file in changed_files.files for path in _places(file)}
    on_base = {path for path in touched if holds_tests(path, base)}
    # What base has and does not test with stays product, whatever the candidate makes of it.
    fresh = {file.path for file in changed_files.files if file.kind in _NEW or file.old_path in on_base}
    holding = on_base | {path for path in fresh if holds_tests(path, head)}
    named, product = compile_patterns((*_CONFIGURATION, *policy.test_paths)), compile_patterns(policy.product_paths)
    plugins = {*base.suite_run.binding.plugins, *fresh.intersection(head.suite_run.binding.plugins)}
    plugins |= _belonging(touched, base) | _belonging(fresh, head)
    folders = _Folders(base)
    others = {
        path
        for path in touched - holding
        if path in plugins or named.fullmatch(path.casefold()) or folders.helps(path)
        if not is_harmless(files.get(path))
    }
    # Base's version of these wants for names that the change moved, so that no test could be run with it.
    others -= changed_files.following
    paths = {path for path in holding | others if not product.fullmatch(path.casefold())}
    elsewhere = {name.partition("::")[0] for name in came_to_pass} - on_base
    if not paths:
        return NO_FILES
    if touched != paths or others or elsewhere:
        changed = others.difference(*(_places(file) for file in files.values() if _only_moved(file)))
        return TestSideFiles(paths=tuple(sorted(paths)), only_modules=paths.isdisjoint(changed))
    modules = tuple(sorted(on_base))
    return TestSideFiles(paths=tuple(sorted(paths)), modules=modules, only_modules=True) if modules else NO_FILES


def _only_moved(file: ChangedFile) -> bool:
    """Whether it is what makes a package of a folder, in another place: of data, some may be missed where it was."""
    moved = file.kind is ChangeKind.RENAMED and (file.lines_added, file.lines_removed) == (0, 0)
    return moved and file.path.rpartition("/")[2] == "__init__.py"


def _places(file: ChangedFile) -> set[str]:
    return {path for path in (file.path, file.old_path) if path is not None}


def _belonging(paths: Iterable[str], evidence: Evidence) -> set[str]:
    """Those of the paths that the executor found to belong to the tests: files, and what lies in folders."""
    listed = evidence.suite_run.binding.test_files
    folders = tuple(each for each in listed if each.endswith("/"))
    return {path for path in paths if path.startswith(folders) or path in listed}


def holds_tests(path: str, evidence: Evidence) -> bool:
    """Whether the file holds tests that are no doctests, or could not be collected."""
    if any(each.collector.partition("::")[0] == path for each in evidence.suite_run.recorder.collectors):
        return True
    return any(not _is_of_product(path, name) for name in _names_in(path, evidence))


def _names_in(path: str, evidence: Evidence) -> Iterator[str]:
    """What stands behind the path in the ids of its tests, without parameters."""
    ids, first = evidence.test_ids, f"{path}::"
    for name in ids.run(ids.place(first), ids.place(f"{path}:;")):
        yield name[len(first) :].partition("[")[0]


def _is_of_product(path: str, name: str) -> bool:
    """Whether the test is a doctest of a module, which is called by its place, ``shop.cart.total``, or what a plugin
    that checks the sources calls its look at a file. A text file holds nothing but its doctest.
    """
    return path.endswith((".py", ".pyi")) and ("." in name or _CHECKER.fullmatch(name) is not None)


class _Folders:
    """Where base has tests: those of the candidate make no product a helper of tests."""

    def __init__(self, base: Evidence) -> None:
        self._base = base
        self._known: dict[tuple[str, re.Pattern[str]], bool] = {}

    def helps(self, path: str) -> bool:
        """Whether the file lies in a folder of tests, or is data beside a module of tests. A package ``testing`` whose
        tests all lie in a folder of tests of its own is product.
        """
        parts = PurePosixPath(path).parts
        for depth in range(1, len(parts)):
            folder, name = "/".join(parts[:depth]), parts[depth - 1].casefold()
            above = "/".join(parts[: depth - 1])
            if name in TEST_FOLDERS and self._has(folder, _BELOW if name == "tests" else _ITS_OWN):
                return True
            if name in _DATA_FOLDERS and self._has(above, _IN_IT):
                return True
        return False

    def _has(self, folder: str, between: re.Pattern[str]) -> bool:
        """Whether base has a test in a file below the folder, with folders ``between`` them."""
        key = folder, between
        if key not in self._known:
            self._known[key] = self._finds(folder, between)
        return self._known[key]

    def _finds(self, folder: str, between: re.Pattern[str]) -> bool:
        prefix = f"{folder}/" if folder else ""
        ids = self._base.test_ids
        start, end = (ids.place(prefix), ids.place(f"{folder}0")) if folder else (0, len(ids))
        files = (name[len(prefix) :].partition("::")[0] for name in ids.run(start, end))
        return any(between.fullmatch(file.rpartition("/")[0]) for file in files)
