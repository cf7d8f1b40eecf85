"""What the look at two versions of a file finds, before it is a finding of the model."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from autopack_model.finding.value import MAX_TEXT, FindingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A rule with the line on head and both texts; ``test`` is the name behind the path in a test id, empty where it
    is about no single test. It holds only where nothing else has both of any of the ``attributes``, pairs of names.
    """

    rule: FindingRule
    line: int
    test: str = ""
    before: str = ""
    after: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


def text_of(node: ast.AST) -> str:
    """The text of syntax. Where Python cannot write it (before 3.12, a backslash within an f-string), its tree."""
    try:
        return ast.unparse(node)
    except ValueError:
        return ast.dump(node)


def shown(nodes: "ast.AST | Iterable[ast.AST] | str | None") -> str:
    """A bounded text of syntax, empty for None: as Python writes it, comments and layout apart."""
    if nodes is None:
        return ""
    if isinstance(nodes, str):
        text = nodes
    elif isinstance(nodes, ast.AST):
        text = text_of(nodes)
    else:
        text = "\n".join(map(text_of, nodes))
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."


def header(node: "ast.FunctionDef | ast.AsyncFunctionDef") -> str:
    """The decorators and the first line of a function."""
    decorators = "".join(f"@{text_of(each)}\n" for each in node.decorator_list)
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return shown(f"{decorators}{kind} {node.name}({text_of(node.args)})")


def dotted(node: ast.AST) -> str:
    """The dotted name of an expression, without what it is called with; empty where it has none."""
    parts: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        else:
            node = node.func
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def last_name(node: ast.AST) -> str:
    """The last part of the dotted name, also of an attribute of any expression."""
    while isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
