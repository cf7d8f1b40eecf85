"""What an edit took from the examples of doctests."""

import ast
import doctest
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_executor.syntax.found import Found, shown
from autopack_model.finding.value import FindingRule

_OPTION = "# doctest:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Example:
    source: str
    want: str
    line: int
    skipped: bool
    loose: bool


def doctest_changes(before: str, after: str, *, python: bool) -> Iterator[Found]:
    """Examples that are skipped, gone, or that expect less, in two versions of a file: of its docstrings for
    ``python``. The test is the place of the docstring, ``.Cart.total``; ``.`` is the one of the file.
    """
    olds = {name: list(examples) for name, examples in _texts(before, python)}
    for name, texts in _texts(after, python):
        listed = list(texts)
        examples = list(listed)
        for old in olds.get(name, []):
            new = next((each for each in examples if each.source == old.source), None)
            if new is not None:
                examples.remove(new)
            rule = _rule(old, new)
            if rule is not None:
                line, after = (listed[0].line, "") if new is None else (new.line, _shown(new))
                yield Found(rule=rule, line=line, test=name or ".", before=_shown(old), after=after)


def _rule(old: _Example, new: _Example | None) -> FindingRule | None:
    if new is None:
        return FindingRule.ASSERTION_REMOVED if old.want else None
    if new.skipped and not old.skipped:
        return FindingRule.EXAMPLE_SKIPPED
    if new.want == old.want:
        return None
    if new.loose and not old.loose:
        return FindingRule.ASSERTION_LOOSER
    return (
        FindingRule.EXPECTATION_CHANGED
        if old.want and new.want
        else FindingRule.ASSERTION_REMOVED
        if old.want
        else None
    )


def _shown(example: _Example) -> str:
    skipped = f"  {_OPTION} +SKIP" if example.skipped else ""
    return shown(f">>> {example.source}{skipped}\n{example.want}".strip())


def _texts(source: str, python: bool) -> "Iterator[tuple[str, Iterator[_Example]]]":
    if not python:
        yield "", _examples(source, 0)
        return
    for name, node in _documented(ast.parse(source), ""):
        text = ast.get_docstring(node, clean=False)
        if text and ">>>" in text:
            yield name, _examples(text, node.body[0].lineno - 1)


def _documented(
    node: "ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef", prefix: str
) -> "Iterator[tuple[str, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]":
    yield prefix, node
    for each in node.body:
        if isinstance(each, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _documented(each, f"{prefix}.{each.name}")


def _examples(text: str, above: int) -> Iterator[_Example]:
    try:
        found = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return
    for each in found:
        source, _, _ = each.source.partition(_OPTION)
        option = each.options.get(doctest.OPTIONFLAGS_BY_NAME["SKIP"])
        yield _Example(
            source=source.strip(),
            want=each.want,
            line=above + each.lineno + 1,
            skipped=bool(option),
            loose=bool(each.options.get(doctest.ELLIPSIS)) or "..." in each.want,
        )
