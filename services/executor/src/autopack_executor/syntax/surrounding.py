"""What an expression stands in."""

import ast
from collections.abc import Iterator

from autopack_executor.syntax.modules import Function

_Comprehension = (ast.comprehension, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)


class Surrounding:
    """The parents of the nodes of a module."""

    def __init__(self, module: ast.Module) -> None:
        self._module = module
        self._parents = {
            id(child): (child, parent) for parent in ast.walk(module) for child in ast.iter_child_nodes(parent)
        }

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that a node is a part of."""
        found = self._parents.get(id(node))
        return None if found is None else found[1]

    def texts_beside(self, node: ast.expr) -> Iterator[str]:
        """The texts in what is made of an expression: in the whole of a loop over it, otherwise in what one condition
        or value asks.
        """
        return texts_in(self._question(node))

    def question(self, node: ast.expr) -> ast.expr:
        """The whole of what one condition or value asks, of which an expression is a part; of a loop what it goes
        through.
        """
        found = self._question(node)
        return found if isinstance(found, ast.expr) else found.iter if isinstance(found, ast.For) else node

    def is_gone_through(self, node: ast.expr) -> bool:
        """Whether a loop or a comprehension goes through what is made of an expression."""
        each: ast.AST | None = node
        while each is not None and not isinstance(each, ast.stmt):
            above = self.parent(each)
            if isinstance(above, (ast.comprehension, ast.For, ast.AsyncFor)) and above.iter is each:
                return True
            each = above
        return False

    def scope(self, node: ast.AST) -> ast.AST:
        """The function that a node stands in, the module where there is none."""
        each = self.parent(node)
        while each is not None and not isinstance(each, Function):
            each = self.parent(each)
        return self._module if each is None else each

    def _question(self, node: ast.expr) -> ast.AST:
        inner: ast.AST = node
        while (above := self.parent(inner)) is not None:
            if isinstance(above, (ast.For, ast.AsyncFor)) and above.iter is inner:
                return above
            if isinstance(above, (ast.stmt, ast.BoolOp, ast.IfExp, ast.Lambda)) and not self._is_condition(above):
                return inner
            inner = above
        return inner

    def _is_condition(self, node: ast.AST) -> bool:
        """Whether several questions are the condition of one comprehension, and so ask the same thing."""
        each: ast.AST | None = node
        while each is not None and not isinstance(each, ast.stmt):
            if isinstance(each, _Comprehension):
                return True
            each = self.parent(each)
        return False


def texts_in(node: ast.AST) -> Iterator[str]:
    """The texts that are written in a piece of syntax."""
    return (each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))
