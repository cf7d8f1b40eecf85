"""Whether names moved in product code: what is called otherwise now is the same as before (decision 32).

Only then does a test that follows the names assert what it asserted.
"""

import ast
import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autopack_executor.syntax.definitions import Definition, Definitions, form_of, is_definition, last_part, parameters
from autopack_executor.syntax.mapping import Comparing
from autopack_executor.syntax.names import Kind, Move, Names

# What values of these types have may be what a test means by an attribute of that name.
_TYPES = tuple(frozenset(dir(each)) for each in vars(builtins).values() if isinstance(each, type))


_MOST_STEPS = 20_000
_MOST_CANDIDATES = 20


@dataclass(slots=True, kw_only=True)
class _Comparisons:
    """What it takes for two pieces of syntax to say the same, by their identities; None where they do not. ``left`` is
    how many steps may be taken yet: what would take more did not move.
    """

    taken: dict[tuple[int, int, bool], Names | None] = field(default_factory=dict)
    left: int = _MOST_STEPS

    def step(self) -> bool:
        """Whether one more step may be taken."""
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True, kw_only=True)
class ProductMoves:
    """The changed product files of both sides, and what of them moved."""

    base: Definitions = field(default_factory=Definitions)
    head: Definitions = field(default_factory=Definitions)
    _known: dict[frozenset[Move], bool] = field(default_factory=dict)
    _shown: list[set[Move]] = field(default_factory=list)
    _comparisons: _Comparisons = field(default_factory=_Comparisons)

    @staticmethod
    def of(
        base: Mapping[str, ast.Module], head: Mapping[str, ast.Module], old_paths: Mapping[str, str]
    ) -> "ProductMoves":
        """What both versions of the changed files say. Those of base have the paths of head, too; ``old_paths`` has
        the true ones of files that were renamed. Raises RecursionError.
        """
        before = {old_paths.get(path, path): tree for path, tree in base.items()}
        return ProductMoves(base=Definitions.of(before), head=Definitions.of(head))

    def lost(self, place: str) -> bool:
        """Whether the code had something at that place, and has nothing there any more."""
        at = self.base.in_tree(place)
        return self.base.has(at) and not self.head.has(at)

    def gone_module(self, place: str) -> str | None:
        """The module of base that a place lies in, if head does not have the module."""
        module, _ = self.base.split(place)
        return None if module is None or module in self.head.modules else module

    def prove(self, moves: Iterable[Move]) -> bool:
        """Whether each of these names was lost, and its new name is a new one for the same thing."""
        claimed = frozenset(moves)
        if any(claimed <= each for each in self._shown):
            return True
        if claimed not in self._known:
            proof = _Proof(base=self.base, head=self.head, comparisons=self._comparisons)
            try:
                self._known[claimed] = proof.holds(claimed)
            except RecursionError:
                self._known[claimed] = False
            if self._known[claimed]:
                self._shown.append(set(proof.names.moved()))
        return self._known[claimed]


@dataclass(slots=True, kw_only=True)
class _Proof:
    """What is taken to have moved, and has to be shown for each name: to compare two things may take more of them.
    ``comparisons`` has what any two take.
    """

    base: Definitions
    head: Definitions
    comparisons: _Comparisons
    names: Names = field(default_factory=Names)

    def holds(self, claimed: Iterable[Move]) -> bool:
        if not all(self.names.map(*each) for each in sorted(claimed)):
            return False
        shown: set[Move] = set()
        while open_still := [each for each in self.names.moved() if each not in shown]:
            for kind, old, new in open_still:
                shown.add((kind, old, new))
                by_kind = {Kind.PLACE: self._place, Kind.ATTRIBUTE: self._attribute, Kind.KEYWORD: self._keyword}
                if not self.comparisons.step() or not by_kind[kind](old, new):
                    return False
        return True

    def _place(self, old: str, new: str) -> bool:
        before, after = self.base.place(old), self.head.place(new)
        if (before, after) != (old, new):  # the place is an import: what it stands for is looked at
            lost = self.base.has(old) and not self.head.has(old)
            return lost and (before == after or self.names.map(Kind.PLACE, before, after))
        (old_at, old_rest), (new_at, new_rest) = _known_part(self.base, old), _known_part(self.head, new)
        if old_at is None or new_at is None or len(old_rest) != len(new_rest):
            return False
        if not all(a == b or self.names.map(Kind.ATTRIBUTE, a, b) for a, b in zip(old_rest, new_rest, strict=True)):
            return False
        if old_at == new_at:
            return True
        if self.head.has(old_at) or self.base.has(new_at):
            return False
        if old_at in self.base.modules or new_at in self.head.modules:
            return self._module(old_at, new_at)
        if old_rest or new_rest:
            return self.names.map(Kind.PLACE, old_at, new_at)
        return self._defined(old_at, new_at) and self._followed(Kind.PLACE, old, skipped=old)

    def _module(self, old: str, new: str) -> bool:
        """Whether the one module is the other under another name, imports apart."""
        if old not in self.base.modules or new not in self.head.modules:
            return False
        before, after = (
            [each for each in side.modules[name][1].body if not isinstance(each, (ast.Import, ast.ImportFrom))]
            for side, name in ((self.base, old), (self.head, new))
        )
        return self._comparing(old, new).same(before, after)

    def _defined(self, old: str, new: str) -> bool:
        """Whether the same is defined at both places."""
        before, after = self.base.found.get(old), self.head.found.get(new)
        if before is None or after is None or (before.holder is None) is not (after.holder is None):
            return False
        holders = old.rpartition(".")[0], new.rpartition(".")[0]
        if before.holder is not None:
            names = old.rpartition(".")[2], new.rpartition(".")[2]
            if not (self.names.map(Kind.PLACE, *holders) and self.names.map(Kind.ATTRIBUTE, *names)):
                return False
        return self._same(before, after)

    def _attribute(self, old: str, new: str) -> bool:
        if any(old in each and new in each for each in _TYPES):
            return False
        if old in self.head.attributes or new in self.base.attributes or old not in self.base.attributes:
            return False
        for place, definition in self.base.members.get(old, ()):
            if definition.holder is not None:
                counterpart = self._counterpart(place, definition)
                if counterpart is None or not self._same(definition, counterpart):
                    return False
        return self._followed(Kind.ATTRIBUTE, old)

    def _keyword(self, old: str, new: str) -> bool:
        if old in self.head.keywords:
            return False
        kept = 0
        for _, definition in self.base.members.get(old, ()):
            if isinstance(definition.node, ast.AnnAssign):
                kept += 1
                if definition.holder is None or not self.names.map(Kind.ATTRIBUTE, old, new):
                    return False
        for place, definition in self.base.takers.get(old, ()):
            if (counterpart := self._counterpart(place, definition)) is None:
                continue
            kept += 1
            before, after = parameters(definition.node), parameters(counterpart.node)
            at = before.index(old)
            if new in before or after[at : at + 1] != [new] or not self._same(definition, counterpart):
                return False
        return kept > 0 and self._followed(Kind.KEYWORD, old)

    def _followed(self, kind: Kind, old: str, skipped: str = "") -> bool:
        """Whether all that mentioned the name and is still there is as it was, and so mentions the new one. ``skipped``
        is what has the name itself.
        """
        kept = gone = 0
        for place, definition in self.base.users.get((kind, old), ()):
            if skipped and (place == skipped or place.startswith(f"{skipped}.")):
                continue
            if place == definition.module:
                if not self._stands(definition):
                    return False
                kept += 1
            elif (counterpart := self._counterpart(place, definition)) is None:
                gone += 1
            elif self._same(definition, counterpart, head_only=True):
                kept += 1
            else:
                return False
        return kept > 0 or not gone

    def _stands(self, loose: Definition) -> bool:
        """Whether the statement stands in the same module, or in one that is new."""
        for name, statements in self.head.loose.items():
            if name == loose.module or name not in self.base.modules:
                for other in statements:
                    candidate = Definition(node=other, module=name, holder=None)
                    if self._is(candidate, loose, ()):
                        return True
        return False

    def _counterpart(self, place: str, definition: Definition) -> Definition | None:
        """What head has in the place of a definition: at the same place, at the one that is known to be its new one, or
        else what is new there and the same.
        """
        holder, _, name = place.rpartition(".")
        if definition.holder is not None:
            above = self.base.found.get(holder)
            if above is None or self._counterpart(holder, above) is None:
                return None
            name, colon, number = name.partition(":")
            name = f"{self.names.to.get((Kind.ATTRIBUTE, name), name)}{colon}{number}"
            moved = f"{self.names.to.get((Kind.PLACE, holder), holder)}.{name}"
            return self.head.found.get(self.names.to.get((Kind.PLACE, place), moved))
        if (Kind.PLACE, place) in self.names.to:
            return self.head.found.get(self.names.to[Kind.PLACE, place])
        if place in self.head.found:
            return self.head.found[place]
        candidates = [each for each in self.head.alike.get(form_of(definition), ()) if not self.base.has(each[0])]
        candidates.sort(key=lambda each: last_part(each[0]) != last_part(place))
        for other, candidate in candidates[:_MOST_CANDIDATES]:
            if self._is(candidate, definition, [(Kind.PLACE, place, other)]):
                return candidate
        return None

    def _is(self, candidate: Definition, old: Definition, moves: Iterable[Move]) -> bool:
        """Whether the candidate is the old one, if these names moved; else nothing is taken to have moved for it."""
        if self._taken(old, candidate, head_only=False) is None:
            return False
        before = self.names.copy()
        if all(self.names.map(*each) for each in moves) and self._same(old, candidate):
            return True
        self.names = before
        return False

    def _same(self, old: Definition, new: Definition, *, head_only: bool = False) -> bool:
        """Whether both are the same; with ``head_only`` it is the heads of classes alone that matter."""
        found = self._taken(old, new, head_only=head_only)
        return found is not None and all(self.names.map(kind, a, b) for (kind, a), b in found.to.items())

    def _taken(self, old: Definition, new: Definition, *, head_only: bool) -> Names | None:
        key = id(old.node), id(new.node), head_only
        taken = self.comparisons.taken
        if key not in taken:
            comparing = Comparing(scopes=(self.base.scopes[old.module], self.head.scopes[new.module]), names=Names())
            if head_only and isinstance(old.node, ast.ClassDef) and isinstance(new.node, ast.ClassDef):
                same = comparing.heads(old.node, new.node)
            elif is_definition(old.node):
                same = comparing.definitions(old.node, new.node, (old.holder, new.holder))
            else:
                same = comparing.same(old.node, new.node)
            taken[key] = comparing.names if self.comparisons.step() and same else None
        return taken[key]

    def _comparing(self, old: str, new: str) -> Comparing:
        return Comparing(scopes=(self.base.scopes[old], self.head.scopes[new]), names=self.names)


def _known_part(side: Definitions, place: str) -> tuple[str | None, list[str]]:
    """The longest part of a place that is a module or defined, and the names behind it."""
    module, rest = side.split(place)
    if module is None or not rest:
        return module, []
    parts = rest.split(".")
    for end in range(len(parts), 0, -1):
        at = f"{module}.{'.'.join(parts[:end])}"
        if at in side.found:
            return at, parts[end:]
    return None, []
