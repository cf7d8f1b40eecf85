"""Two versions of a tree, and the tests of the one that live on in the other under another name."""

import base64
from collections.abc import Mapping
from dataclasses import replace

from autopack_executor.syntax.exchanged import FunctionFacts, SideSources
from autopack_executor.syntax.places import conftests_above, folders_of
from autopack_executor.syntax.reader import read_sides
from autopack_gatekeeper.domain.moved_tests import MovedTests, moved_tests
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind, TestFunction
from autopack_model.digest import digest_bytes
from autopack_model.identity.value import Side

Files = Mapping[str, str]


def moved(before: Files, after: Files, renames: Mapping[str, str] | None = None) -> dict[str, str]:
    """The old ids of tests that live on under another name, with the new ones, as equal functions."""
    found = found_moved(before, after, renames or {})
    return {old: new for old, new in found.ids.items() if old not in found.rewritten}


def rewritten(before: Files, after: Files) -> dict[str, str]:
    """The same for tests that were rewritten on their way."""
    found = found_moved(before, after, {})
    return {old: found.ids[old] for old in found.rewritten}


def found_moved(before: Files, after: Files, renames: Mapping[str, str]) -> MovedTests:
    """What the gatekeeper makes of what the executor finds: every function counts as a test."""
    base, head = read_sides(_side(before, after, renames), _side(after, before, {}))
    functions = (*_functions(Side.BASE, base), *_functions(Side.HEAD, head))
    changed = ChangedFiles.of(
        tuple(
            ChangedFile(path=path, old_path=None, kind=kind, lines_added=1, lines_removed=1, binary=False)
            for path in sorted(before.keys() | after.keys())
            if (kind := _kind(path, before, after)) is not None
        )
    )
    changed = replace(changed, functions=tuple(sorted(functions, key=lambda function: function.key)))
    known = replace(Renames.of(changed), paths=renames)
    stays = {f"{each['path']}::{each['name']}" for each in head if _stays(each, before)}
    return moved_tests(_ids(base), [name for name in _ids(head) if name not in stays], known)


def _stays(facts: FunctionFacts, before: Files) -> bool:
    """Whether a function of head that took in another one stood on base under its name, outside of a class."""
    return bool(facts["contains"]) and f"\ndef {facts['name']}(" in before.get(facts["path"], "")


def _side(files: Files, others: Files, renames: Mapping[str, str]) -> SideSources:
    helping = [path for path in files if path.startswith("tests/") and others.get(path) != files[path]]
    changed = [
        path
        for path, source in files.items()
        if path.endswith(".py") and not path.endswith("conftest.py") and others.get(path) != source
    ]
    conftests = {each for path in changed for each in conftests_above(path)}.intersection(files)
    return SideSources(
        files={path: _encoded(files[path]) for path in changed},
        conftests={path: _encoded(files[path]) for path in conftests},
        entries={folder: sorted(_entries(files, folder)) for folder in folders_of(changed)},
        autouse=[path for path, source in files.items() if "autouse" in source and not path.endswith("conftest.py")],
        support={path: digest_bytes(files[path].encode()) for path in files if others.get(path) != files[path]},
        helpers={path: _encoded(files[path]) for path in helping},
        namesakes=[path for path in files if path.endswith(".py")],
        renames=dict(renames),
    )


def _encoded(source: str) -> str:
    return base64.b64encode(source.encode()).decode()


def _entries(files: Files, folder: str) -> set[str]:
    prefix = f"{folder}/" if folder else ""
    return {path[len(prefix) :].partition("/")[0] for path in files if path.startswith(prefix)}


def _kind(path: str, before: Files, after: Files) -> ChangeKind | None:
    if path not in before:
        return ChangeKind.ADDED
    if path not in after:
        return ChangeKind.DELETED
    return None if before[path] == after[path] else ChangeKind.MODIFIED


def _functions(side: Side, facts: list[FunctionFacts]) -> list[TestFunction]:
    return [
        TestFunction(
            side=side,
            path=each["path"],
            name=each["name"],
            digest=each["digest"],
            setting=each["setting"],
            uses=tuple(each["uses"]),
            checks=each["checks"],
            shape=each["shape"],
            contains=tuple(each["contains"]),
        )
        for each in facts
    ]


def _ids(facts: list[FunctionFacts]) -> list[str]:
    names = {f"{each['path']}::{each['name']}" for each in facts if each["name"].rpartition("::")[2].startswith("test")}
    return sorted(names - {name.partition("[")[0] for name in names if "[" in name})
