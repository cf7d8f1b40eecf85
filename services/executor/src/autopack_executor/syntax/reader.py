"""Reads the sources of both sides and writes down the facts about their test functions: a program of its own.

Sources are hostile: parsing one may take all memory or time, or crash. So it happens in a child process, with limits,
and nothing of what it reads is ever run or imported.
"""

import ast
import base64
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

from autopack_executor.isolation.limited import limit
from autopack_executor.syntax.containing import Key, containing
from autopack_executor.syntax.exchanged import FunctionFacts, SideSources
from autopack_executor.syntax.facts import Found, FunctionSyntax, functions_of
from autopack_executor.syntax.instances import FunctionNode, instances
from autopack_executor.syntax.meaning import Conftest, Place
from autopack_executor.syntax.modules import Block, module_block
from autopack_executor.syntax.places import Folders

_MOST_SINGLE = 1000

_ACTING = re.compile(rb"autouse|pytest_|usefixtures|import \*|\*\*")

_ACTING_PACKAGE = re.compile(rb"pytestmark|(setup|teardown)_module|(setUp|tearDown)Module|autouse|usefixtures")


def read_sides(base: SideSources, head: SideSources) -> tuple[list[FunctionFacts], list[FunctionFacts]]:
    """The facts about the functions of each side that the other side does not have under their names."""
    before, after = _functions(base), _functions(head)
    contained = containing(before, after)
    return _facts(before, after, {}), _facts(after, before, contained)


def _functions(side: SideSources) -> dict[Key, Found]:
    folders = Folders(
        entries=side["entries"], autouse=side["autouse"], support=side["support"], namesakes=side["namesakes"]
    )
    conftests = {path: _conftest(path, base64.b64decode(source)) for path, source in side["conftests"].items()}
    shown = {path: side["renames"].get(path, path) for path in {*side["files"], *conftests}}
    helpers = _helpers(side["helpers"], folders)
    defined = {path: _defined(block) for path, block in helpers.items()}
    found = {}
    single = 0
    for path, source in side["files"].items():
        tree = _parsed(base64.b64decode(source))
        if tree is None:
            continue
        module = module_block(
            tree,
            _resolving(folders, path),
            folders.acts_by_itself,
            lambda target: folders.helper_of(target, defined),
        )
        place = Place(path=path, folders=folders, conftests=conftests, shown=shown, helpers=helpers)
        for name, syntax in functions_of(module):
            found[shown[path], name] = Found(name=name, syntax=syntax, place=place)
            for case, node in _instances(syntax, tree) if single < _MOST_SINGLE else ():
                single += 1
                key = f"{name}[{case}]"
                found[shown[path], key] = Found(name=key, syntax=replace(syntax, node=node), place=place)
    return found


def _helpers(sources: Mapping[str, str], folders: Folders) -> dict[str, Block]:
    """The changed files that help tests and that can be read. One may use another."""
    trees = {path: tree for path, source in sources.items() if (tree := _parsed(base64.b64decode(source)))}
    blocks = {
        path: module_block(tree, _resolving(folders, path), folders.acts_by_itself) for path, tree in trees.items()
    }
    defined = {path: _defined(block) for path, block in blocks.items()}
    return {
        path: module_block(
            tree, _resolving(folders, path), folders.acts_by_itself, lambda target: folders.helper_of(target, defined)
        )
        for path, tree in trees.items()
    }


def _defined(block: Block) -> frozenset[str]:
    """What a helper of tests defines itself, once, and without a decorator that makes it something else."""
    plain = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    return frozenset(
        name
        for statement in block.once()
        if isinstance(statement.node, plain) and not getattr(statement.node, "decorator_list", [])
        for name in statement.binds
    )


def _instances(syntax: FunctionSyntax, tree: ast.Module) -> list[tuple[str, FunctionNode]]:
    try:
        return list(instances(syntax.node, tree))
    except (RecursionError, ValueError):
        return []


def _resolving(folders: Folders, path: str) -> Callable[[str, int], str]:
    return lambda module, level: folders.target(module, level, path)


def _facts(
    found: Mapping[Key, Found], other: Mapping[Key, Found], contained: Mapping[Key, list[str]]
) -> list[FunctionFacts]:
    listed = []
    for key in sorted((found.keys() - other.keys()) | contained.keys()):
        each = found[key]
        try:
            facts = each.facts()
        except (RecursionError, ValueError):
            continue
        listed.append(
            FunctionFacts(
                path=each.place.path,
                name=each.name,
                digest=facts.digest,
                setting=facts.setting,
                uses=list(facts.uses),
                checks=facts.checks,
                shape=facts.shape,
                contains=sorted(contained.get(key, ())),
            )
        )
    return listed


def _conftest(path: str, source: bytes) -> Conftest:
    if path.rpartition("/")[2] == "__init__.py":
        return Conftest(acts=_ACTING_PACKAGE.search(source) is not None, provides=frozenset())
    tree = _parsed(source)
    if tree is None:
        return Conftest(acts=True, provides=None)
    block = module_block(tree, lambda module, _level: module, lambda _target: False)
    names = {name for statement in block.statements for name in statement.binds}
    known = "*" not in names
    return Conftest(
        acts=_ACTING.search(source) is not None,
        provides=frozenset(names | block.fixtures.keys()) if known else None,
    )


def _parsed(source: bytes) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def main() -> None:
    """Read the sources of both sides from standard input, and write the facts of both to standard output. The
    arguments are the limits of memory and of time.
    """
    limit(sys.argv)
    request = json.load(sys.stdin.buffer)
    json.dump(read_sides(request["base"], request["head"]), sys.stdout)


if __name__ == "__main__":
    main()
