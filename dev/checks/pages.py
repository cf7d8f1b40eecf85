"""Check that no line of a Markdown page is longer than a line of code may be, and that its links lead somewhere.

Usage: ``python -m dev.checks.pages``. Prints each line that is too long and each link that leads nowhere, and exits
with 1. A table whose rows do not fit becomes a list. Pages that are written from the code are left out: there a row
holds a rule or a field.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dev.checkout import ROOT

MOST_COLUMNS: Final = 120
GENERATED: Final = frozenset({"docs/contracts.md", "docs/rules.md"})

# A link to a file of the repository, and the name in backticks that the page says is defined there.
_LINK = re.compile(r"\]\((?P<path>[^)#:\s]+)(?:#[^)]*)?\)(?:,\s+`(?P<name>\w+)`)?")


def long_lines(text: str) -> Iterator[tuple[int, int]]:
    """The number of each line of ``text`` that is too long, and its columns."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > MOST_COLUMNS:
            yield number, len(line)


def broken_links(page: Path) -> Iterator[str]:
    """What the links of a page name and is not there: a file, or a name that no Python file of a link defines."""
    for link in _LINK.finditer(page.read_text(encoding="utf-8")):
        path, name = page.parent / link["path"], link["name"]
        if not path.exists():
            yield f"there is no {link['path']}"
        elif name and path.suffix == ".py" and not _defines(path.read_text(encoding="utf-8"), name):
            yield f"{link['path']} defines no {name}"


def _defines(source: str, name: str) -> bool:
    return re.search(rf"^\s*(?:(?:async )?def|class) {name}\b|^{name}\b.* = ", source, re.MULTILINE) is not None


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
    found += [f"{page}: {problem}" for page in pages(ROOT) for problem in broken_links(ROOT / page)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
