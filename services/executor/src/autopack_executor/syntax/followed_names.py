"""Whether a test that replaces something only names it anew, as a change of the product calls it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.lost_names import LostNames

_BY_PLACE = frozenset({"patch", "object", "setattr", "delattr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedNames:
    """The names that product code lost, and those that it has and did not have before; ``gone`` and ``come`` say the
    same of the names of each module.
    """

    lost: frozenset[str] = frozenset()
    gained: frozenset[str] = frozenset()
    gone: LostNames = field(default_factory=LostNames)
    come: LostNames = field(default_factory=LostNames)

    @staticmethod
    def of(
        base: Mapping[str, ast.Module], head: Mapping[str, ast.Module], old_paths: Mapping[str, str]
    ) -> "FollowedNames":
        """What differs between both versions of the changed product files; ``old_paths`` has those of renamed ones."""
        before, after = {old_paths.get(path, path) for path in base}, {*head}
        gone, come = LostNames.of(base, head, old_paths), LostNames.of(head, base, {})
        return FollowedNames(
            lost=gone.names | {_stem(each) for each in before - after},
            gained=come.names | {_stem(each) for each in after - before},
            gone=gone,
            come=come,
        )

    def explain(self, before: ast.expr, after: ast.expr) -> bool:
        """Whether two expressions of one form differ only in the names of what they replace."""
        places = {id(each): other for each, other in zip(_places(before), _places(after), strict=False)}
        for old, new in zip(_constants(before), _constants(after), strict=False):
            if repr(old.value) != repr(new.value) and not (
                places.get(id(old)) is new and self._follows(str(old.value), str(new.value))
            ):
                return False
        return True

    def _follows(self, before: str, after: str) -> bool:
        if "." in before and "." in after and self.gone.explain({before: after}) and self.come.explain({after: before}):
            return True
        olds, news = before.split("."), after.split(".")
        return len(olds) == len(news) and all(
            old == new or (old in self.lost and new in self.gained) for old, new in zip(olds, news, strict=True)
        )


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _places(node: ast.expr) -> Iterator[ast.Constant]:
    """The texts that name what a call replaces: the place, or the attribute of an object."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and last_name(call) in _BY_PLACE:
            named = call.args[:1] if last_name(call) == "patch" else call.args[:2]
            texts = [each for each in named if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield from texts[:1]


def _constants(node: ast.expr) -> Iterator[ast.Constant]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Constant))
