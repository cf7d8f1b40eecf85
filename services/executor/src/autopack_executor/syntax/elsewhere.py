"""What the files that a change does not touch define: a test may mean that by an attribute (decision 32)."""

import base64
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

from autopack_executor.isolation.limited import answer_of
from autopack_model.suite_run.value import Tree

_MOST_BYTES: Final = 20 << 20
_PYTHON: Final = ("*.py",)


class Searched(Protocol):
    """What is asked of the repository."""

    def contents(self, tree: Tree, paths: Iterable[str], *, most: int) -> Mapping[str, bytes] | None:
        """What the files ``paths`` of ``tree`` hold; None when that is more than ``most`` bytes. Raises GitFailed."""

    def files_matching(self, tree: Tree, pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """The text files of ``tree`` that match one of ``names`` and in which a line matches ``pattern``, ascending.
        Raises GitFailed.
        """


def defined_elsewhere(
    sources: Searched, tree: Tree, changed: Collection[str], pairs: Iterable[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Those of the ``pairs`` of attributes of which unchanged Python files of the tree define both: what has both may
    be asked something else by the other name. All of them where there is too much to look at, or what cannot be read.

    Raises GitFailed, TooLong, CalledProcessError, ValueError.
    """
    listed = frozenset(pairs)
    if not listed:
        return frozenset()
    words = "|".join(sorted({name for pair in listed for name in pair}))
    pattern = f"(^|[^[:alnum:]_])({words})([^[:alnum:]_]|$)"
    files = [path for path in sources.files_matching(tree, pattern, _PYTHON) if path not in changed]
    held = sources.contents(tree, files, most=_MOST_BYTES)
    if held is None:
        return listed
    encoded = [base64.b64encode(source).decode() for source in held.values()]
    answer: list[str] | None = json.loads(answer_of("autopack_executor.syntax.attributes", {"sources": encoded}))
    if answer is None:
        return listed
    return frozenset(pair for pair in listed if {*answer}.issuperset(pair))
