"""Whether names moved in product code: what is called otherwise now is the same as before (decision 32).

Only then does a test that follows the names assert what it asserted.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autopack_executor.syntax.definitions import Definitions
from autopack_executor.syntax.names import Move
from autopack_executor.syntax.proof import Comparisons, Proof


@dataclass(frozen=True, kw_only=True)
class ProductMoves:
    """The changed product files of both sides, and what of them moved; ``own`` are the names of the tree's modules."""

    base: Definitions = field(default_factory=Definitions)
    head: Definitions = field(default_factory=Definitions)
    own: frozenset[str] = frozenset()
    _known: dict[frozenset[Move], bool] = field(default_factory=dict)
    _shown: list[set[Move]] = field(default_factory=list)
    _comparisons: Comparisons = field(default_factory=Comparisons)

    @staticmethod
    def of(
        base: Mapping[str, ast.Module],
        head: Mapping[str, ast.Module],
        old_paths: Mapping[str, str],
        *,
        own: frozenset[str] = frozenset(),
        roots: frozenset[str] = frozenset(),
    ) -> "ProductMoves":
        """What both versions of the changed files say. Those of base have the paths of head, too; ``old_paths`` has
        the true ones of files that were renamed. ``own`` are the names of the modules and packages of the tree,
        ``roots`` those at its top. Raises RecursionError.
        """
        before = {old_paths.get(path, path): tree for path, tree in base.items()}
        return ProductMoves(base=Definitions.of(before, roots), head=Definitions.of(head, roots), own=own)

    def lost(self, place: str) -> bool:
        """Whether the code had something at that place, and has nothing there any more."""
        at = self.base.in_tree(place)
        return self.base.has(at) and not self.head.has(at)

    def gone_modules(self, place: str) -> list[str]:
        """The module of base that a place lies in, if head does not have the module, and the packages that it lies in.
        Any of them may be what Python misses.
        """
        module, _ = self.base.split(place)
        if module is None or module in self.head.modules:
            return []
        parts = module.split(".")
        return [name for end in range(len(parts), 0, -1) if (name := ".".join(parts[:end])) not in self.head.modules]

    def prove(self, moves: Iterable[Move]) -> bool:
        """Whether each of these names was lost, and its new name is a new one for the same thing."""
        claimed = frozenset(moves)
        if any(claimed <= each for each in self._shown):
            return True
        if claimed not in self._known:
            proof = Proof(base=self.base, head=self.head, comparisons=self._comparisons)
            try:
                self._known[claimed] = proof.holds(claimed)
            except RecursionError:
                self._known[claimed] = False
            if self._known[claimed]:
                self._shown.append(set(proof.names.moved()))
        return self._known[claimed]
