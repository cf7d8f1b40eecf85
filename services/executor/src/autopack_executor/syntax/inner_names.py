"""What functions, comprehensions and bodies of classes bind for themselves, and which of it stands for which."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from autopack_executor.syntax.scopes import bound


@dataclass(slots=True, kw_only=True)
class InnerNames:
    """What a function or the body of a class binds for itself on both sides; for a function, which is which, and what
    is bound in the functions ``around`` it.
    """

    own: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    around: "InnerNames | None" = None
    is_class: bool = False
    is_function: bool = False
    to: dict[str, str] = field(default_factory=dict)
    back: dict[str, str] = field(default_factory=dict)

    @property
    def old(self) -> frozenset[str]:
        """What is bound in here or around it on base."""
        return self.own[0] if self.around is None else self.own[0] | self.around.old

    @property
    def new(self) -> frozenset[str]:
        """What is bound in here or around it on head."""
        return self.own[1] if self.around is None else self.own[1] | self.around.new

    def of_function(self, old: frozenset[str], new: frozenset[str]) -> "InnerNames":
        """What a function or a comprehension in here, which binds these names, finds: what is bound around it as well,
        where that is a function.
        """
        return InnerNames(own=(old, new), around=self if self.is_function else None, is_function=True)

    @staticmethod
    def of_class(old: ast.ClassDef, new: ast.ClassDef) -> "InnerNames":
        """What the bodies of two classes bind."""
        return InnerNames(own=(frozenset(bound(old.body)), frozenset(bound(new.body))), is_class=True)

    def map(self, old: str, new: str) -> bool:
        """Whether the one may stand for the other: both are bound in the same scope, each stands for one, and what only
        a scope within binds has one name.
        """
        here = old in self.own[0], new in self.own[1]
        if self.around is not None and not any(here):
            return self.around.map(old, new)
        if not all(here) and (any(here) or old != new):
            return False
        return self.to.setdefault(old, new) == new and self.back.setdefault(new, old) == old


def bound_by(comprehension: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterator[str]:
    """The names that a comprehension binds."""
    for each in comprehension.generators:
        yield from (node.id for node in ast.walk(each.target) if isinstance(node, ast.Name))
