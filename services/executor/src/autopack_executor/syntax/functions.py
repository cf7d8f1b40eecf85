"""Find the test functions of the changed files that only one side has under their names (decision 26)."""

import base64
import json
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from autopack_executor.isolation.limited import answer_of
from autopack_executor.syntax.exchanged import FunctionFacts, SideSources
from autopack_executor.syntax.places import conftests_above, folders_of
from autopack_model.changed_files.value import (
    MAX_FUNCTION_NAME,
    MAX_FUNCTIONS,
    MAX_USE,
    MAX_USES,
    ChangedFile,
    ChangedFiles,
    ChangeKind,
    TestFunction,
)
from autopack_model.digest import digest_bytes
from autopack_model.errors import AutopackError
from autopack_model.evidence.test_ids import TestIds
from autopack_model.file_kinds import TEST_FOLDERS
from autopack_model.identity.value import Side
from autopack_model.suite_run.value import Tree

MAX_FILES = 2000
MAX_BYTES = 20 * 1024**2

_log = structlog.get_logger("executor")
_OUTLINE = re.compile(rb"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)", re.MULTILINE)
_MAY_HOLD_TESTS = re.compile(rb"def[ \t]+test|TestCase|class[ \t]+Test")


class Sources(Protocol):
    """What is asked of the repository."""

    def contents(self, tree: Tree, paths: Iterable[str], *, most: int) -> dict[str, bytes] | None:
        """What the files ``paths`` of ``tree`` hold; None when that is more than ``most`` bytes. Raises GitFailed."""

    def tracked_files(self, tree: Tree) -> tuple[str, ...]:
        """The paths of all files of ``tree``, ascending. Raises GitFailed."""

    def files_matching(self, tree: Tree, pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """The text files of ``tree`` that match one of ``names`` and in which a line matches ``pattern``, ascending.
        Raises GitFailed.
        """

    def files_holding(self, tree: Tree, word: str) -> tuple[str, ...]:
        """The Python files of ``tree`` that hold ``word``, ascending. Raises GitFailed."""


def with_functions(
    changed: ChangedFiles, sources: Sources, base: Tree | None, head: Tree, head_ids: TestIds
) -> ChangedFiles:
    """The changed files with the functions by which the gatekeeper can know again a test that lives on under another
    name. ``head_ids`` are the tests of head.

    It costs nothing where no changed Python file holds a test on head, and little where no function is missing from
    the file that held it on base. What cannot be read, or is too much, gives no functions: then such a test is one that
    was removed.
    """
    if base is None:
        return changed
    files = _test_files(changed.files, head_ids)
    if not files.head or len(files.head) + len(files.base) > MAX_FILES:
        return changed
    try:
        functions = _functions(files, sources, base, head)
    except (AutopackError, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        _log.warning("the test functions of the changed files are unknown", problem=str(error))
        return changed
    return replace(changed, functions=functions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """The changed Python files of both sides that may matter, and the tests of head in each of its files."""

    base: Collection[str]
    head: dict[str, frozenset[str]]
    support: Collection[str]
    renames: dict[str, str]


def _test_files(changed: Sequence[ChangedFile], head_ids: TestIds) -> _Files:
    python = [each for each in changed if each.path.endswith(".py") and each.kind is not ChangeKind.DELETED]
    head = {each.path: names for each in python if (names := _names_in(each.path, head_ids))}
    old = {each.old_path or each.path for each in python if each.path in head and each.kind is not ChangeKind.ADDED}
    gone = {each.path for each in changed if each.path.endswith(".py") and each.kind is ChangeKind.DELETED}
    moved = {
        each.old_path: each.path for each in changed if each.kind is ChangeKind.RENAMED and each.old_path is not None
    }
    helping = {
        path
        for each in changed
        for path in {each.path, each.old_path or each.path}
        if path.endswith(".py") and not TEST_FOLDERS.isdisjoint(path.split("/")[:-1])
    }
    return _Files(base=old | gone, head=head, support=helping, renames=moved)


def _names_in(path: str, ids: TestIds) -> frozenset[str]:
    """The functions of ``path`` that have tests among the ids, and these tests with what stands in brackets."""
    first, behind = f"{path}::", f"{path}:;"
    found = (ids[index] for index in range(ids.place(first), ids.place(behind)))
    names = [each[len(first) :] for each in found]
    return frozenset([*names, *(name.partition("[")[0] for name in names)])


def _functions(files: _Files, sources: Sources, base: Tree, head: Tree) -> tuple[TestFunction, ...]:
    before = sources.contents(base, files.base, most=MAX_BYTES)
    after = sources.contents(head, files.head, most=MAX_BYTES)
    if before is None or after is None:
        return ()
    before = {
        path: source
        for path, source in before.items()
        if files.renames.get(path, path) in after or _MAY_HOLD_TESTS.search(source)
    }
    if not _lost(before, after, files.renames):
        return ()
    request = {
        "base": _side(sources, base, before, files.support, files.renames),
        "head": _side(sources, head, after, files.support, {}),
    }
    found_before, found_after = _read(request)
    said = {each["digest"] for each in found_before}
    gained = [
        each
        for each in found_after
        if each["name"] in files.head.get(each["path"], ()) and ("[" not in each["name"] or each["digest"] in said)
    ]
    digests = {digest for each in gained for digest in (each["digest"], *each["contains"])}
    names = {(each["path"].rpartition("/")[2], each["name"]) for each in gained}
    lost = [
        each
        for each in found_before
        if each["digest"] in digests
        or (each["path"].rpartition("/")[2], each["name"]) in names
        or any(_may_become(each, other, files.renames) for other in gained)
    ]
    functions = [*(_function(Side.BASE, each) for each in lost), *(_function(Side.HEAD, each) for each in gained)]
    known = sorted((each for each in functions if each is not None), key=lambda each: each.key)
    return tuple(known) if len(known) <= MAX_FUNCTIONS else ()


def _may_become(old: FunctionFacts, new: FunctionFacts, renames: dict[str, str]) -> bool:
    """Whether the old function may have been renamed and edited into the new one."""
    if "[" in old["name"] or "[" in new["name"] or old["setting"] != new["setting"] or old["checks"] > new["checks"]:
        return False
    path, last = renames.get(old["path"], old["path"]), old["path"].rpartition("/")[2]
    return new["path"] in (path, old["path"]) or new["path"].rpartition("/")[2] == last


def _lost(before: dict[str, bytes], after: dict[str, bytes], renames: dict[str, str]) -> bool:
    """Whether a definition of base stands no longer where it was: a quick look that reads no syntax."""
    return any(
        not set(_outline(source)) <= set(_outline(after.get(renames.get(path, path), b"")))
        for path, source in before.items()
    )


def _outline(source: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each definition of a source with the class above it."""
    above = b""
    for indent, kind, name in _OUTLINE.findall(source):
        yield (above if indent else b"", name)
        above = name if kind == b"class" else above if indent else b""


def _side(
    sources: Sources, tree: Tree, files: dict[str, bytes], helping: Collection[str], renames: dict[str, str]
) -> SideSources:
    tracked = sources.tracked_files(tree)
    wanted = {conftest for path in files for conftest in conftests_above(path)}.intersection(tracked)
    conftests = sources.contents(tree, wanted, most=MAX_BYTES)
    support = sources.contents(tree, helping, most=MAX_BYTES)
    if conftests is None or support is None:
        raise ValueError("the files that help tests are too large to be read")
    entries: dict[str, set[str]] = {folder: set() for folder in folders_of(files)}
    for path in tracked:
        parts = path.split("/")
        for depth in range(len(parts)):
            folder = "/".join(parts[:depth])
            if folder in entries:
                entries[folder].add(parts[depth])
    called = {_module_name(path) for path in support}
    acting = (path for path in sources.files_holding(tree, "autouse") if path.rpartition("/")[2] != "conftest.py")
    return SideSources(
        files={path: base64.b64encode(source).decode() for path, source in files.items()},
        conftests={path: base64.b64encode(source).decode() for path, source in conftests.items()},
        entries={folder: sorted(names) for folder, names in entries.items()},
        autouse=list(acting),
        support={path: digest_bytes(source) for path, source in support.items()},
        helpers={path: base64.b64encode(source).decode() for path, source in support.items()},
        namesakes=[path for path in tracked if path.endswith(".py") and _module_name(path) in called],
        renames=renames,
    )


def _module_name(path: str) -> str:
    """What a module is called in its package."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] if name == "__init__.py" else name.removesuffix(".py")


def _read(request: dict[str, SideSources]) -> tuple[list[FunctionFacts], list[FunctionFacts]]:
    """What the reader answers. Raises TooLong, CalledProcessError, ValueError."""
    before, after = json.loads(answer_of("autopack_executor.syntax.reader", request))
    return before, after


def _function(side: Side, facts: FunctionFacts) -> TestFunction | None:
    """The function, unless there is too much of it to be recorded."""
    uses = facts["uses"]
    if len(facts["name"]) > MAX_FUNCTION_NAME or len(uses) > MAX_USES or any(len(use) > MAX_USE for use in uses):
        return None
    return TestFunction(
        side=side,
        path=facts["path"],
        name=facts["name"],
        digest=facts["digest"],
        setting=facts["setting"],
        uses=tuple(uses),
        checks=facts["checks"],
        shape=facts["shape"],
        contains=tuple(facts["contains"]),
    )
