"""Find what the changed files show (decision 34)."""

import base64
import json
import subprocess
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

import structlog

from autopack_executor.isolation.limited import TooLong, answer_of
from autopack_executor.syntax.elsewhere import defined_elsewhere
from autopack_executor.syntax.exchanged import LookAnswer, LookSources
from autopack_executor.syntax.functions import MAX_BYTES, MAX_FILES, Sources
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.errors import AutopackError
from autopack_model.evidence.test_ids import TestIds
from autopack_model.file_kinds import TEST_FOLDERS
from autopack_model.finding.value import (
    MAX_FINDINGS,
    MAX_PROBLEM,
    MAX_TEST,
    NO_FINDINGS,
    Finding,
    FindingRule,
    Findings,
)
from autopack_model.suite_run.value import Tree

_log = structlog.get_logger("executor")
_TEXTS = (".txt", ".rst", ".md")


def findings_of(changed: ChangedFiles, sources: Sources, base: Tree | None, head: Tree, head_ids: TestIds) -> Findings:
    """What a look at the changed files shows. ``head_ids`` are the tests of head.

    What cannot be looked at is said in the answer's ``problem``; without a base there is nothing to compare with.
    """
    if base is None or not changed.files:
        return NO_FINDINGS
    try:
        return _found(changed, sources, base, head, head_ids)
    except TooLong as error:
        _log.warning("the changed files took too long to look at", problem=str(error))
        return Findings(problem=f"the look at them was ended: {error}")
    except (AutopackError, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        _log.warning("the changed files could not be looked at", problem=str(error))
        return Findings(problem=f"the look at them failed: {type(error).__name__}")


def _found(changed: ChangedFiles, sources: Sources, base: Tree, head: Tree, head_ids: TestIds) -> Findings:
    modules = _modules(head_ids)
    looked = [each for each in changed.files if _is_looked_at(each, modules)]
    if not looked:
        return NO_FINDINGS
    if len(looked) > MAX_FILES:
        return Findings(problem=f"there are {len(looked):,} of them, and at most {MAX_FILES:,} are looked at")
    old_paths = {each.old_path or each.path: each.path for each in looked if each.kind is not ChangeKind.ADDED}
    gone = {each.path: each.path for each in changed.files if each.kind is ChangeKind.DELETED and _is_python(each.path)}
    before = sources.contents(base, {**old_paths, **gone}, most=MAX_BYTES)
    after = sources.contents(head, [each.path for each in looked], most=MAX_BYTES)
    if before is None or after is None:
        return Findings(problem=f"they hold more than {MAX_BYTES:,} bytes")
    if not after:
        return NO_FINDINGS
    support = sorted(path for path in after if path not in modules and _is_support(path))
    product = [path for path in after if path not in modules and path not in support and _is_python(path)]
    suite = sources.contents(head, [path for path in modules if _is_python(path)], most=MAX_BYTES) if product else {}
    tracked = sources.tracked_files(head)
    answer = _look(
        LookSources(
            base={(old_paths | gone)[path]: _encoded(source) for path, source in before.items()},
            head={path: _encoded(source) for path, source in after.items()},
            tests=sorted(modules.intersection(after)),
            support=support,
            suite={path: _encoded(source) for path, source in (suite or {}).items()},
            own=sorted(_own(tracked)),
            roots=sorted({each.split("/")[0].removesuffix(".py") for each in tracked if each.endswith(".py")}),
            renamed={new: old for old, new in old_paths.items() if old != new},
            left=sorted(_left(old_paths, tracked)),
        )
    )
    touched = {each for file in changed.files for each in (file.path, file.old_path) if each is not None}
    pairs = [(old, new) for facts in answer["found"] for old, new in facts["attributes"]]
    foreign = defined_elsewhere(sources, head, touched, pairs)
    answer["found"] = [
        each for each in answer["found"] if foreign.isdisjoint((old, new) for old, new in each["attributes"])
    ]
    problem = answer["problem"] or ("" if suite is not None else f"the tests hold more than {MAX_BYTES:,} bytes")
    return _findings(answer, problem, head_ids)


def _modules(ids: TestIds) -> frozenset[str]:
    return frozenset(each.partition("::")[0] for each in ids)


def _is_looked_at(file: ChangedFile, modules: Collection[str]) -> bool:
    if file.kind is ChangeKind.DELETED or file.binary:
        return False
    return _is_python(file.path) or (file.path in modules and file.path.endswith(_TEXTS))


def _is_python(path: str) -> bool:
    return path.endswith(".py")


def _is_support(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return parts[-1] == "conftest.py" or not TEST_FOLDERS.isdisjoint(parts[:-1])


def _own(tracked: Collection[str]) -> set[str]:
    """The names under which the modules of the tree may be imported."""
    own = set()
    for path in tracked:
        if path.endswith(".py"):
            parts = PurePosixPath(path).with_suffix("").parts
            own |= {part for part in parts[:3] if part.isidentifier()}
    return own


def _left(old_paths: Mapping[str, str], tracked: Collection[str]) -> set[str]:
    """The folders of renamed files in which, and below which, head has no file."""
    folders = {old.rpartition("/")[0] for old, new in old_paths.items() if old != new}
    return {folder for folder in folders if folder and not any(each.startswith(f"{folder}/") for each in tracked)}


def _encoded(source: bytes) -> str:
    return base64.b64encode(source).decode()


def _look(request: Mapping[str, object]) -> LookAnswer:
    """What the look answers. Raises TooLong, CalledProcessError, ValueError."""
    found: LookAnswer = json.loads(answer_of("autopack_executor.syntax.look", request))
    return found


def _findings(answer: LookAnswer, problem: str, head_ids: TestIds) -> Findings:
    found = {
        (
            each := Finding(
                rule=FindingRule(facts["rule"]),
                path=facts["path"],
                line=facts["line"],
                test=_test(facts["path"], facts["test"], head_ids)[:MAX_TEST],
                before=facts["before"],
                after=facts["after"],
            )
        ).key: each
        for facts in answer["found"]
        if facts["before"] or facts["after"]
    }
    listed = [found[key] for key in sorted(found)]
    if len(listed) > MAX_FINDINGS:
        problem = f"{problem}{'; ' if problem else ''}there are {len(listed):,} findings, and {MAX_FINDINGS:,} are kept"
    # The strongest rules are not known here; what is beyond the limit is said, never passed over.
    return Findings(found=tuple(listed[:MAX_FINDINGS]), problem=problem[:MAX_PROBLEM])


def _test(path: str, test: str, head_ids: TestIds) -> str:
    """The ``test`` of a finding as its id has it. A doctest is found at the place of its docstring,
    ``src/shop/cart.py::.Cart.total``, and called by the name of its module, ``src/shop/cart.py::shop.cart.Cart.total``;
    it is empty where head has no such test.
    """
    first, separator, place = test.partition("::.")
    if not separator:
        return test
    parts = PurePosixPath(path).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    tail = f".{place}" if place else ""
    modules = (".".join(parts[start:]) for start in range(len(parts)))
    names = (f"{first}::{module}{tail}" for module in modules)
    return next(
        (name for name in (*names, f"{first}::{PurePosixPath(path).name}") if head_ids.find(name) is not None), ""
    )
