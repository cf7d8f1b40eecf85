"""What functions, comprehensions and bodies of classes bind for themselves, and which of it stands for which."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from autopack_executor.syntax.scopes import bound


@dataclass(slots=True, kw_only=True)
class InnerNames:
    """What a function or the body of a class binds for itself on both sides; for a function, which is which."""

    old: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    is_class: bool = False
    is_function: bool = False
    to: dict[str, str] = field(default_factory=dict)
    back: dict[str, str] = field(default_factory=dict)

    def of_function(self, old: frozenset[str], new: frozenset[str]) -> "InnerNames":
        """What a function or a comprehension in here, which binds these names, finds: what is bound around it as well,
        where that is a function.
        """
        if not self.is_function:
            return InnerNames(old=old, new=new, is_function=True)
        to, back = self.to, self.back
        if old & self.old or new & self.new:  # a name that is bound again is another one in here
            to = {before: after for before, after in to.items() if before not in old and after not in new}
            back = {after: before for before, after in to.items()}
        return InnerNames(old=self.old | old, new=self.new | new, is_function=True, to=to, back=back)

    @staticmethod
    def of_class(old: ast.ClassDef, new: ast.ClassDef) -> "InnerNames":
        """What the bodies of two classes bind."""
        return InnerNames(old=frozenset(bound(old.body)), new=frozenset(bound(new.body)), is_class=True)

    def map(self, old: str, new: str) -> bool:
        """Whether the one may stand for the other: what only a scope within binds has one name."""
        if old != new and not (old in self.old and new in self.new):
            return False
        return self.to.setdefault(old, new) == new and self.back.setdefault(new, old) == old


def bound_by(comprehension: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterator[str]:
    """The names that a comprehension binds."""
    for each in comprehension.generators:
        yield from (node.id for node in ast.walk(each.target) if isinstance(node, ast.Name))
