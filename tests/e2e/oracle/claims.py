"""What the oracle claims of a combination, from base's test functions run on both products."""

import ast
import enum
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.e2e.oracle.child import Suite
from tests.e2e.oracle.combinations import Combination, Tree

ROOT = Path(__file__).parents[3]

Outcomes: TypeAlias = Mapping[str, str]


class Claim(enum.Enum):
    """What is so of a combination. All but HONEST and NOTHING say that it must not be allowed."""

    VISIBLE = "a test of the candidate fails that did not fail before"
    HIDDEN = "a test of base passed, fails on the candidate's product, and the candidate's tests do not show it"
    GREEN_BY_EDIT = "a test of base failed, fails on the candidate's product, and the candidate's tests do not show it"
    HONEST = "all of base's tests pass on the candidate's product, and none of them was changed"
    NOTHING = "nothing is claimed"


FORBIDDING = (Claim.VISIBLE, Claim.HIDDEN, Claim.GREEN_BY_EDIT)
"""The claims beside which a candidate must not be allowed."""


def claims(combinations: Sequence[Combination]) -> list[Claim]:
    """The claim of each combination, in order. Runs all tests in one child process."""
    suites = [suite for combination in combinations for suite in _suites(combination)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.oracle.child"],
        cwd=ROOT,
        input=json.dumps(suites).encode(),
        capture_output=True,
        check=True,
    )
    found: list[Outcomes] = json.loads(done.stdout)
    runs = iter(found)
    return [
        _claim(combination, base=next(runs), cross=next(runs), aliased=next(runs), head=next(runs))
        for combination in combinations
    ]


def _suites(combination: Combination) -> Iterator[Suite]:
    base, head = combination.base, combination.head
    alias = [combination.new_name, combination.name] if combination.new_name else []
    yield Suite(module=combination.module, product=base.product, alias=[], tests=dict(base.tests))
    yield Suite(module=combination.module, product=head.product, alias=[], tests=dict(base.tests))
    yield Suite(module=combination.module, product=head.product, alias=alias, tests=dict(base.tests))
    yield Suite(module=combination.module, product=head.product, alias=[], tests=dict(head.tests))


def _claim(combination: Combination, *, base: Outcomes, cross: Outcomes, aliased: Outcomes, head: Outcomes) -> Claim:
    old, new = _functions(combination.base), _functions(combination.head)
    failed_on_base = {_function(name) for name in base if base[name] == "failed"}
    failing = {_function(name) for name in head if head[name] == "failed"}
    failed_trees = {tree for name, tree in old.items() if _outcome(base, name) == "failed"}
    if any(not _failed(name, failed_on_base) and new.get(name) not in failed_trees for name in failing):
        return Claim.VISIBLE
    failing_trees = {new[name] for name in failing if name in new}
    followed = _followed(combination, old, new)
    hidden = set()
    for name in sorted({*base, *cross}):
        function = _function(name)
        if _outcome(cross, name) != "failed" or _failed(function, failing) or old.get(function) in failing_trees:
            continue
        if function.partition("::")[0] in base and failing:
            continue  # nobody knew this test on base, and the candidate's module fails as it did
        if function in followed and _outcome(aliased, name) == "passed":
            continue
        hidden.add(_outcome(base, name))
    if "passed" in hidden:
        return Claim.HIDDEN
    if "failed" in hidden:
        return Claim.GREEN_BY_EDIT
    all_pass = {"passed"} == {*cross.values(), *head.values()}
    return Claim.HONEST if all_pass and _untouched(combination) else Claim.NOTHING


def _outcome(outcomes: Outcomes, name: str) -> str:
    """The outcome of a test; that of its module where that cannot be imported; else ``absent``."""
    found = {outcomes[each] for each in outcomes if each == name or _function(each) == name}
    found |= {outcomes[each] for each in outcomes if name.startswith(f"{each}::")}
    return "failed" if "failed" in found else next(iter(sorted(found)), "absent")


def _function(name: str) -> str:
    return name.partition("[")[0]


def _failed(name: str, functions: set[str]) -> bool:
    """Whether the function, or one of its name in another module, or its module is among ``functions``; of a module
    that could not be imported, whether one of its functions is.
    """
    modules = {each.partition("::")[0] for each in functions}
    bare = {each.partition("::")[2] for each in functions if "::" in each}
    module, _, function = name.partition("::")
    if not function:
        return module in modules
    return name in functions or module in functions or function in bare


def _functions(tree: Tree) -> dict[str, str]:
    """The syntax tree of each test function without its name, by the function's name."""
    found: dict[str, str] = {}
    for file, source in tree.tests.items():
        for node in ast.parse(source).body:
            owner = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
            for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
                if isinstance(inner, ast.FunctionDef):
                    name = inner.name
                    inner.name = ""
                    found[f"{file}::{owner}{name}"] = ast.dump(inner)
    return found


def _followed(combination: Combination, old: Mapping[str, str], new: Mapping[str, str]) -> set[str]:
    """The test functions that only follow the new name of the product function, in whichever module they are now."""
    if not combination.new_name:
        return set()
    before, after = repr(combination.name), repr(combination.new_name)
    trees: dict[str, set[str]] = {}
    for name, tree in new.items():
        trees.setdefault(name.partition("::")[2], set()).add(tree)
    return {name for name, tree in old.items() if trees.get(name.partition("::")[2]) == {tree.replace(before, after)}}


def _untouched(combination: Combination) -> bool:
    """Whether each statement of base's test modules is there still, and no name is given twice."""
    for file, source in combination.base.tests.items():
        head = ast.parse(combination.head.tests.get(file, "")).body
        names = [node.name for node in head if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        statements = {ast.dump(node) for node in head}
        if len(names) != len(set(names)) or any(ast.dump(node) not in statements for node in ast.parse(source).body):
            return False
    return True
