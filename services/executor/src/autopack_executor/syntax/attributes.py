"""Name the attributes that Python sources define: a program of its own, as ``look`` is.

Its answer is null for sources that cannot be read.
"""

import ast
import base64
import json
import sys
import warnings
from collections.abc import Iterable, Iterator

from autopack_executor.isolation.limited import limit
from autopack_executor.syntax.definitions import Definitions


def attributes(sources: Iterable[bytes]) -> list[str]:
    """What the classes of the sources have, and what is stored as an attribute, ascending. What cannot be parsed is
    never imported either.
    """
    trees = {f"f{number}.py": tree for number, tree in enumerate(_parsed(sources))}
    definitions = Definitions.of(trees)
    return sorted(definitions.attributes)


def _parsed(sources: Iterable[bytes]) -> Iterator[ast.Module]:
    for source in sources:
        try:
            yield ast.parse(source)
        except (SyntaxError, ValueError):
            continue


def main() -> None:
    """Read the sources from standard input, and write the names to standard output. The arguments are the limits of
    memory and of time.
    """
    limit(sys.argv)
    warnings.simplefilter("ignore")
    json.dump(attributes(map(base64.b64decode, json.load(sys.stdin.buffer)["sources"])), sys.stdout)


if __name__ == "__main__":
    main()
