"""Finds the files of a tree that belong to its tests: a program of its own.

Sources are hostile: parsing one may take all memory or time, or crash. So it happens in a child process, with limits,
and nothing of what it reads is ever run or imported.
"""

import json
import sys
import warnings
from pathlib import Path

from autopack_executor.isolation.limited import limit
from autopack_executor.suite.uses.judging import Judge
from autopack_executor.suite.uses.question import Question
from autopack_executor.suite.uses.texts import Texts, TooMuch

_DEEPEST = 10_000


def answer(question: Question) -> list[str] | None:
    """The files, and the folders with a slash behind them, sorted; None where there is more to read than is read."""
    root = Path(question["root"])
    try:
        judge = Judge(
            Texts(root), root, question["paths"], question["modules"], question["functions"], question["code"]
        )
        return sorted(judge.found())
    except (TooMuch, RecursionError):
        return None


def main() -> None:
    """Read the question from standard input, and write the answer to standard output. The arguments are those of
    ``limit``.
    """
    limit(sys.argv)
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_DEEPEST)
    json.dump(answer(json.load(sys.stdin.buffer)), sys.stdout)


if __name__ == "__main__":
    main()
