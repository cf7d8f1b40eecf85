"""What is shown for names that are claimed to have moved: each is called otherwise now, and is the same as before.

What mentioned such a name has to mention the new one: else something else took its place.
"""

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from autopack_executor.syntax.definitions import (
    Definition,
    Definitions,
    form_of,
    is_definition,
    last_part,
    parameters,
)
from autopack_executor.syntax.foreign_names import may_be_foreign
from autopack_executor.syntax.mapping import Comparing
from autopack_executor.syntax.mentions import mentions
from autopack_executor.syntax.names import Kind, Move, Names

_MOST_STEPS = 20_000
_MOST_CANDIDATES = 20


@dataclass(slots=True, kw_only=True)
class Comparisons:
    """What it takes for two pieces of syntax to say the same, by their identities; None where they do not. ``left`` is
    how many steps may be taken yet: what would take more did not move.
    """

    taken: dict[tuple[int, int, bool], Names | None] = field(default_factory=dict)
    left: int = _MOST_STEPS

    def step(self) -> bool:
        """Whether one more step may be taken."""
        self.left -= 1
        return self.left >= 0


@dataclass(slots=True, kw_only=True)
class Proof:
    """What is taken to have moved, and has to be shown for each name: to compare two things may take more of them.
    ``comparisons`` has what any two take.
    """

    base: Definitions
    head: Definitions
    comparisons: Comparisons
    names: Names = field(default_factory=Names)

    def holds(self, claimed: Iterable[Move]) -> bool:
        """Whether all that is claimed, and all that has to have moved for it, did."""
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
        if may_be_foreign(old, new):
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
        """Whether all that mentioned the name and is still there mentions the new one. ``skipped`` is what has the name
        itself.
        """
        kept = gone = 0
        for place, definition in self.base.users.get((kind, old), ()):
            if skipped and (place == skipped or place.startswith(f"{skipped}.")):
                continue
            if place == definition.module:
                if not self._stands(definition):
                    return False
                kept += 1
            elif (counterpart := self._counterpart(place, definition, claimed=kind is not Kind.PLACE)) is None:
                gone += 1
            elif self._uses(kind, old, definition, counterpart):
                kept += 1
            else:
                return False
        return kept > 0 or not gone

    def _uses(self, kind: Kind, old: str, user: Definition, counterpart: Definition) -> bool:
        """Whether what mentioned the name goes on with the new one. What an attribute or a parameter is, only those
        tell that mention it, so they have to be the same; of a place, what is defined there.
        """
        if kind is not Kind.PLACE:
            return self._same(user, counterpart, head_only=True)
        found = self._taken(user, counterpart, head_only=True)
        return (found is not None and self.names.fit(found)) or self._goes_on(old, user, counterpart)

    def _goes_on(self, old: str, user: Definition, counterpart: Definition) -> bool:
        """Whether what mentioned the place mentions the new one as often, and nothing that is new beside it: what takes
        the place of the old thing may else be that.
        """
        before, after = (
            Counter(place for kind, place in mentions(each.node, side.scopes[each.module]) if kind is Kind.PLACE)
            for side, each in ((self.base, user), (self.head, counterpart))
        )
        origins = (self.names.back.get((Kind.PLACE, each), each) for each in after if each in self.head.found)
        same = before[old] == after[self.names.to[Kind.PLACE, old]]
        return same and all(origin in self.base.found for origin in origins)

    def _stands(self, loose: Definition) -> bool:
        """Whether the statement stands in the same module, or in one that is new."""
        for name, statements in self.head.loose.items():
            if name == loose.module or name not in self.base.modules:
                for other in statements:
                    candidate = Definition(node=other, module=name, holder=None)
                    if self._is(candidate, loose, ()):
                        return True
        return False

    def _counterpart(self, place: str, definition: Definition, *, claimed: bool = True) -> Definition | None:
        """What head has in the place of a definition: at the same place, at the one that is known to be its new one, or
        else what is new there and the same; with ``claimed`` it is taken to have moved then.
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
            if self._is(candidate, definition, [(Kind.PLACE, place, other)], claimed=claimed):
                return candidate
        return None

    def _is(self, candidate: Definition, old: Definition, moves: Iterable[Move], *, claimed: bool = True) -> bool:
        """Whether the candidate is the old one, if these names moved; else, and unless it is ``claimed``, nothing is
        taken to have moved for it.
        """
        if self._taken(old, candidate, head_only=False) is None:
            return False
        before = self.names.copy()
        found = all(self.names.map(*each) for each in moves) and self._same(old, candidate)
        if not found or not claimed:
            self.names = before
        return found

    def _same(self, old: Definition, new: Definition, *, head_only: bool = False) -> bool:
        """Whether both are the same, if all names moved that have another one there; with ``head_only`` it is the heads
        of classes alone that matter.
        """
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
