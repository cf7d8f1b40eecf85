"""What an edit took from the parameters of a test."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.found import Found, last_name, shown, text_of
from autopack_executor.syntax.plain import plain
from autopack_executor.syntax.versions import Version
from autopack_model.finding.value import FindingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    text: str
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameters:
    node: ast.Call
    names: tuple[str, ...]
    cases: tuple[_Case, ...]


def parameter_changes(test: str, before: Version, after: Version) -> Iterator[Found]:
    """Parameters that are gone, or that have another value. A list that is not written in the file is left alone."""
    olds = {each.names: each for each in _parametrised(before)}
    news = {each.names: each for each in _parametrised(after)}
    for names, old in olds.items():
        new = news.get(names)
        if new is None:
            if not news and not _anything(after):
                yield _found(FindingRule.PARAMETERS_REMOVED, test, after.node.lineno, old.cases, ())
            continue
        yield from _compared(test, old, new)


def _anything(version: Version) -> bool:
    """Whether the test has parameters that cannot be read, or goes through a list by itself."""
    loops = any(isinstance(each, (ast.For, ast.comprehension)) for each in ast.walk(version.node))
    return loops or any(last_name(each) == "parametrize" for each in version.node.decorator_list)


def _compared(test: str, old: _Parameters, new: _Parameters) -> Iterator[Found]:
    was, now = Counter(each.text for each in old.cases), Counter(each.text for each in new.cases)
    gone = [each for each in old.cases if each.text in was - now]
    if not gone:
        return
    fresh = [each for each in new.cases if each.text in now - was]
    identities = {each.identity: each for each in fresh if each.identity}
    moved = [(each, identities[each.identity]) for each in gone if each.identity in identities]
    for first, second in moved:
        yield _found(FindingRule.PARAMETER_CHANGED, test, new.node.lineno, (first,), (second,))
    rest = [each for each in gone if each.identity not in identities]
    others = [each for each in fresh if each not in {second for _, second in moved}]
    if len(rest) > len(others):
        yield _found(FindingRule.PARAMETERS_REMOVED, test, new.node.lineno, rest, others)
    elif rest:
        yield _found(FindingRule.PARAMETER_CHANGED, test, new.node.lineno, rest, others)


def _parametrised(version: Version) -> Iterator[_Parameters]:
    values = version.module.constants
    holders = [] if version.holder is None else version.holder.decorator_list
    for decorator in [*version.node.decorator_list, *holders]:
        if not isinstance(decorator, ast.Call) or last_name(decorator) != "parametrize":
            continue
        given = {each.arg: each.value for each in decorator.keywords if each.arg}
        names = decorator.args[0] if decorator.args else given.get("argnames")
        listed = decorator.args[1] if len(decorator.args) > 1 else given.get("argvalues")
        if names is None or listed is None:
            continue
        written = plain(listed, values)
        if isinstance(written, (ast.List, ast.Tuple, ast.Set)):
            yield _Parameters(
                node=decorator, names=_names(names), cases=tuple(_cases(written.elts, given.get("ids"), values))
            )


def _names(node: ast.expr) -> tuple[str, ...]:
    texts = (
        [each.value for each in node.elts if isinstance(each, ast.Constant)]
        if isinstance(node, (ast.List, ast.Tuple))
        else str(node.value).split(",")
        if isinstance(node, ast.Constant)
        else [text_of(node)]
    )
    return tuple(str(text).strip() for text in texts)


def _cases(nodes: "list[ast.expr]", ids: ast.expr | None, values: Mapping[str, ast.expr]) -> Iterator[_Case]:
    given = plain(ids, values) if ids is not None else None
    listed = given.elts if isinstance(given, (ast.List, ast.Tuple)) else []
    for position, node in enumerate(nodes):
        identity = text_of(listed[position]) if position < len(listed) else ""
        if isinstance(node, ast.Call) and last_name(node) == "param":
            own = next((text_of(each.value) for each in node.keywords if each.arg == "id"), "")
            arguments = node.args[0] if len(node.args) == 1 else ast.Tuple(elts=node.args, ctx=ast.Load())
            yield _Case(text=_text(arguments), identity=own or identity)
        else:
            yield _Case(text=_text(node), identity=identity)


def _text(node: ast.expr) -> str:
    """The text of a value; a tuple and a list of parameters are the same."""
    return "(" + ", ".join(map(text_of, node.elts)) + ")" if isinstance(node, (ast.Tuple, ast.List)) else text_of(node)


def _found(
    rule: FindingRule,
    test: str,
    line: int,
    before: "list[_Case] | tuple[_Case, ...]",
    after: "list[_Case] | tuple[_Case, ...]",
) -> Found:
    texts = [
        ", ".join(f"{each.identity}: {each.text}" if each.identity else each.text for each in cases)
        for cases in (before, after)
    ]
    return Found(rule=rule, line=line, test=test, before=shown(texts[0]), after=shown(texts[1]))
