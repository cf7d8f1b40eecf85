"""Name the attributes that Python sources define: a program of its own, as ``look`` is."""

import ast
import base64
import json
import sys
import warnings
from collections.abc import Iterable

from autopack_executor.isolation.limited import limit
from autopack_executor.syntax.definitions import Definitions


def attributes(sources: Iterable[bytes]) -> list[str] | None:
    """What the classes of the sources have, and what is stored as an attribute, ascending. None where a source cannot
    be parsed: the interpreter of the tests may be a newer one, and read it.
    """
    try:
        trees = {f"f{number}.py": ast.parse(source) for number, source in enumerate(sources)}
    except (SyntaxError, ValueError):
        return None
    return sorted(Definitions.of(trees).attributes)


def main() -> None:
    """Read the sources from standard input, and write the names to standard output. The arguments are the limits of
    memory and of time.
    """
    limit(sys.argv)
    warnings.simplefilter("ignore")
    json.dump(attributes(map(base64.b64decode, json.load(sys.stdin.buffer)["sources"])), sys.stdout)


if __name__ == "__main__":
    main()
