"""What the files that a change does not touch define: a test may mean that by an attribute (decision 32)."""

import re
from collections.abc import Collection, Iterable
from typing import Final, Protocol

from autopack_model.suite_run.value import Tree

_MOST_NAMES: Final = 50
_PYTHON: Final = ("*.py",)


class Searched(Protocol):
    """What is asked of the repository."""

    def files_matching(self, tree: Tree, pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """The text files of ``tree`` that match one of ``names`` and in which a line matches ``pattern``, ascending.
        Raises GitFailed.
        """


def defined_elsewhere(
    sources: Searched, tree: Tree, changed: Collection[str], pairs: Iterable[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Those of the ``pairs`` of attributes of which unchanged Python files of the tree define both: what has both may
    be asked something else by the other name. All of them where there are too many to look at. Raises GitFailed.
    """
    listed = sorted(set(pairs))
    names = {name for pair in listed for name in pair}
    if len(names) > _MOST_NAMES:
        return frozenset(listed)
    defined = {
        name: bool({*sources.files_matching(tree, _definition_of(name), _PYTHON)}.difference(changed)) for name in names
    }
    return frozenset(pair for pair in listed if all(defined[name] for name in pair))


def _definition_of(name: str) -> str:
    """The extended regular expression of a line that may define an attribute."""
    word = re.escape(name)
    end = "([^[:alnum:]_]|$)"
    assigned = rf"{word}[[:space:]]*[:=]([^=]|$)"
    return rf"(def|class)[[:space:]]+{word}{end}|\.{assigned}|^[[:space:]]+{assigned}"
