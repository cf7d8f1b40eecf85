"""Which changed files can alter how a change is tested, and what is said of them."""

from dataclasses import replace
from typing import Final

import pytest

from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.finding.value import Finding, FindingRule, Findings
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import TWO_SIDES, judge

GOOD: Final = make_evidence({"tests/test_a.py::test_x": TestState.PASSED})


def change(path: str, parts: tuple[str, ...] | None = None, called_by: str | None = None) -> Decision:
    """The decision on a change that edits one file."""
    file = ChangedFile(
        path=path,
        old_path=None,
        kind=ChangeKind.MODIFIED,
        lines_added=1,
        lines_removed=2,
        binary=False,
        parts=parts,
        called_by=called_by,
    )
    return judge(GOOD, GOOD, ChangedFiles.of((file,)), TWO_SIDES)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("pyproject.toml", "project.version"),
        ("pyproject.toml", "project.urls.home"),
        ("pyproject.toml", "tool.ruff.lint.select (longer)"),
        ("sub/pyproject.toml", "tool.mypy"),
        ("setup.cfg", "metadata.version"),
        ("setup.cfg", "mypy-shop.*.ignore_errors"),
        ("tox.ini", "tox.envlist (longer)"),
        ("tox.ini", "flake8.max-line-length"),
        ("Makefile", "pip install pytest (longer)"),
        (".gitattributes", "linguist-generated"),
        ("docs/.gitattributes", "diff"),
    ],
)
def test_a_part_that_cannot_reach_the_tests_is_harmless(path: str, part: str) -> None:
    """A version, a tool's own table, one more environment or package are nobody's business."""
    assert Verdict.ALLOW is change(path, (part,)).verdict
    assert () == change(path, (part,)).reasons
    assert () == change(path, ()).reasons


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("pyproject.toml", "tool.pytest.ini_options.addopts"),
        ("pyproject.toml", "tool.coverage.report.fail_under"),
        ("pyproject.toml", "tool.of-somebody.key"),
        ("pyproject.toml", "tool.ruffian"),
        ("pyproject.toml", "project.entry-points.pytest11.quiet"),
        ("pyproject.toml", "project.dependencies (longer)"),
        ("pyproject.toml", "build-system.requires"),
        ("setup.cfg", "tool:pytest.addopts"),
        ("setup.cfg", "options.entry_points"),
        ("tox.ini", "tox.envlist"),
        ("tox.ini", "testenv.commands"),
        ("tox.ini", "pytest.addopts"),
        ("Makefile", "test"),
        ("pytest.ini", "metadata.version"),
        (".gitattributes", "eol"),
        ("tests/.gitattributes", "filter"),
    ],
)
def test_a_part_that_can_reach_the_tests_is_named(path: str, part: str) -> None:
    """What configures the tests or what is installed for them needs a person, beside harmless parts too."""
    decision = change(path, tuple(sorted((part, "project.version"))))
    assert Verdict.NEEDS_HUMAN is decision.verdict
    assert part in decision.reasons[0].message


@pytest.mark.parametrize(
    "path",
    [
        ".pre-commit-config.yaml",
        "AGENTS.md",
        "sub/CLAUDE.md",
        "GEMINI.md",
        ".claude/settings.json",
        ".codex/config.toml",
        ".cursor/rules/a.mdc",
        ".woodpecker.yml",
        "Makefile",
        "setup.py",
        "requirements.txt",
        "requirements-dev.txt",
        "requirements/test.txt",
    ],
)
def test_what_decides_how_it_is_tested_is_protected(path: str) -> None:
    """Continuous integration, instructions of agents, and what is installed need a person, who is told what changed."""
    (reason,) = change(path).reasons
    words = f"the change touches 1 file that can alter how it is tested: {path} (modified; +1 -2)"
    assert ("protected_path", (path,), words) == (reason.code.label, reason.subjects, reason.message)


def test_a_script_that_continuous_integration_calls_is_protected() -> None:
    """The message says who calls it."""
    (reason,) = change("scripts/check", called_by=".ci/run").reasons
    assert reason.message.endswith("scripts/check (modified; +1 -2; called by .ci/run)")


def test_the_message_names_three_files_at_most() -> None:
    """Of many files the first are named, and a binary one without its lines."""
    files = tuple(
        ChangedFile(
            path=f"{name}/conftest.py",
            old_path=None,
            kind=ChangeKind.ADDED,
            lines_added=None,
            lines_removed=None,
            binary=True,
        )
        for name in "abcde"
    )
    (reason,) = judge(GOOD, GOOD, ChangedFiles.of(files), TWO_SIDES).reasons
    assert reason.message.endswith(": a/conftest.py (added), b/conftest.py (added), c/conftest.py (added), and 2 more")


def test_of_many_parts_three_are_named() -> None:
    """The message stays short; parts that cannot reach the tests are left out of it."""
    decision = change("tox.ini", ("a.a", "a.b", "a.c", "a.d", "flake8.a"))
    assert decision.reasons[0].message.endswith("tox.ini (a.a, a.b, a.c, ...)")


def test_a_helper_that_only_follows_names_is_a_warning() -> None:
    """It is no warning any more where another protected file changed as well."""
    follows = Finding(
        rule=FindingRule.NAMES_MOVED, path="conftest.py", line=1, test="", before="shop.Cart", after="shop.Basket"
    )
    files = [
        ChangedFile(path=path, old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=1, binary=False)
        for path in ("conftest.py", "pytest.ini")
    ]
    alone, both = (
        judge(GOOD, GOOD, replace(ChangedFiles.of(tuple(each)), findings=Findings(found=(follows,))), TWO_SIDES)
        for each in (files[:1], files)
    )

    words = "1 file that can alter how the change is tested follows names that the change moved, and says the same"
    assert (Verdict.ALLOW, f"{words} otherwise") == (alone.verdict, alone.reasons[0].message)
    assert Verdict.NEEDS_HUMAN is both.verdict
