"""The check of Markdown pages."""

from pathlib import Path

from dev.checkout import ROOT
from dev.checks.pages import GENERATED, broken_links, long_lines, pages


def test_lines_that_are_too_long_are_numbered() -> None:
    """A line may fill all columns and no more, in a table too."""
    text = f"# Title\n\n{'x' * 120}\n| {'y' * 120} |\n"
    assert [(4, 124)] == list(long_lines(text))


def test_pages_that_people_write_are_checked() -> None:
    """Every page but those that are written from the code."""
    found = pages(ROOT)
    assert {"README.md", "docs/STYLE.md", "services/executor/README.md"} <= set(found)
    assert GENERATED.isdisjoint(found)


def test_a_link_leads_to_a_file_and_to_what_it_defines(tmp_path: Path) -> None:
    """A file that is gone, and a name that moved to another file, are told."""
    (tmp_path / "code.py").write_text("class Here: ...\n\n\ndef there() -> None: ...\n\n\nMOST: Final = 3\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](code.py), `Here`; [b](code.py),\n`there`; [c](code.py), `MOST`; [d](code.py#L1), `gone`; [e](other.py)\n"
        "[f](https://example.org/none), [g](#below)\n"
    )
    assert ["code.py defines no gone", "there is no other.py"] == list(broken_links(page))
