"""Check that no line of a Markdown page is longer than a line of code may be.

Usage: ``python -m dev.checks.pages``. Prints each line that is too long and exits with 1. A table whose rows do not fit
becomes a list. Pages that are written from the code are left out: there a row holds a rule or a field.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dev.checkout import ROOT

MOST_COLUMNS: Final = 120
GENERATED: Final = frozenset({"docs/contracts.md", "docs/rules.md"})


def long_lines(text: str) -> Iterator[tuple[int, int]]:
    """The number of each line of ``text`` that is too long, and its columns."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > MOST_COLUMNS:
            yield number, len(line)


def pages(root: Path) -> list[str]:
    """The Markdown pages that git tracks below ``root`` and that people write, ascending."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=root, capture_output=True, text=True, check=True)
    return sorted(set(filter(None, listed.stdout.split("\0"))) - GENERATED)


def main() -> int:
    """Run the command."""
    found = [
        f"{page}:{number}: {columns} columns; at most {MOST_COLUMNS}"
        for page in pages(ROOT)
        for number, columns in long_lines((ROOT / page).read_text(encoding="utf-8"))
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
