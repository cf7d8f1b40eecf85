"""The check of Markdown pages."""

from dev.checkout import ROOT
from dev.checks.pages import GENERATED, long_lines, pages


def test_lines_that_are_too_long_are_numbered() -> None:
    """A line may fill all columns and no more, in a table too."""
    text = f"# Title\n\n{'x' * 120}\n| {'y' * 120} |\n"
    assert [(4, 124)] == list(long_lines(text))


def test_pages_that_people_write_are_checked() -> None:
    """Every page but those that are written from the code."""
    found = pages(ROOT)
    assert {"README.md", "docs/STYLE.md", "services/executor/README.md"} <= set(found)
    assert GENERATED.isdisjoint(found)
