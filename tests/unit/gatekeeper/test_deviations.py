"""What departs on head alone from running the tests of the tree as they stand there."""

from typing import Final

import pytest

from autopack_gatekeeper.domain.deviations import CONDITIONS
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import Deviation, DeviationKind
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import TWO_SIDES, judge

ONE: Final = {"tests/test_a.py::test_x[1]": TestState.PASSED}
BASE = make_evidence(ONE)
VERDICTS = {
    "code_displaced": Verdict.NEEDS_HUMAN,
    "suite_altered": Verdict.INCONCLUSIVE,
    "plugins_differ": Verdict.NEEDS_HUMAN,
}


def departing(kind: DeviationKind, subject: str = "thing", path: str = "shop/a.py") -> Evidence:
    """Evidence with one deviation."""
    return make_evidence(ONE, deviations=(Deviation(kind=kind, subject=subject, path=path),))


def moved(old: str, new: str) -> ChangedFiles:
    """A change that moves one file."""
    file = ChangedFile(path=new, old_path=old, kind=ChangeKind.RENAMED, lines_added=0, lines_removed=0, binary=False)
    return ChangedFiles.of((file,))


def said(decision: Decision) -> list[tuple[str, tuple[str, ...]]]:
    """Code and subjects of every reason."""
    return [(reason.code.label, reason.subjects) for reason in decision.reasons]


def test_every_kind_has_its_condition() -> None:
    """No kind of deviation goes without an effect."""
    assert set(DeviationKind) == set(CONDITIONS)


@pytest.mark.parametrize("kind", DeviationKind)
def test_a_deviation_of_head_alone_is_not_allowed(kind: DeviationKind) -> None:
    """What only head departs in gives a reason, and what base has too gives none."""
    head = departing(kind)
    decision = judge(BASE, head)
    assert [CONDITIONS[kind].label] == [reason.code.label for reason in decision.reasons]
    assert VERDICTS[CONDITIONS[kind].label] is decision.verdict
    assert [] == said(judge(head, head))


def test_a_deviation_is_compared_with_nothing_where_a_side_proves_nothing() -> None:
    """Without a baseline, or beside an incomplete side, no deviation is anybody's fault."""
    head = departing(DeviationKind.SHADOWING)
    assert [("no_baseline", ())] == said(judge(None, head))
    assert ["base_timed_out"] == [code for code, _ in said(judge(make_evidence(ONE, timed_out=True), head))]


def test_a_deviation_follows_its_file() -> None:
    """A file that was renamed goes on doing what it did on base."""
    base, head = departing(DeviationKind.IMPORT_HOOK), departing(DeviationKind.IMPORT_HOOK, path="shop/b.py")
    assert [] == said(judge(base, head, moved("shop/a.py", "shop/b.py")))
    written = DeviationKind.REWRITTEN_FILE
    base, head = departing(written, "a.py", ""), departing(written, "b.py", "")
    assert [] == said(judge(base, head, moved("a.py", "b.py")))


@pytest.mark.parametrize(
    ("subject", "counts"),
    [
        ("tests/test_a.py::test_x", True),
        ("tests/test_a.py::test_y", False),
        ("tests/test_a.py", True),
        ("tests/test_z.py::test_x", False),
    ],
)
def test_only_tests_of_base_are_missed(subject: str, counts: bool) -> None:
    """Code from another file hides nothing where base has no such test."""
    decision = judge(BASE, departing(DeviationKind.FOREIGN_TEST, subject, "tests/other.py"))
    words = (f"{subject}: its code comes from tests/other.py",)
    assert ([("code_displaced", words)] if counts else []) == said(decision)


def test_a_test_of_base_is_missed_under_the_new_name_of_its_file() -> None:
    """A renamed test file whose test comes from elsewhere is seen."""
    head = make_evidence(
        {"tests/test_b.py::test_x[1]": TestState.PASSED},
        deviations=(
            Deviation(kind=DeviationKind.FOREIGN_TEST, subject="tests/test_b.py::test_x", path="tests/other.py"),
        ),
    )
    decision = judge(BASE, head, moved("tests/test_a.py", "tests/test_b.py"))
    assert "code_displaced" in [code for code, _ in said(decision)]


@pytest.mark.parametrize(
    ("other", "kind", "touched", "counts"),
    [
        ("aid/kit.py", ChangeKind.ADDED, "src/aid/kit.py", True),
        ("aid/kit.py", ChangeKind.ADDED, "aid/kit.py", False),
        ("aid/kit.py", ChangeKind.MODIFIED, "aid/kit.py", True),
        ("tests", ChangeKind.ADDED, "tests/test_new.py", True),
        ("aid", ChangeKind.ADDED, "aid/kit.py", False),
    ],
)
def test_only_files_of_base_are_displaced(other: str, kind: ChangeKind, touched: str, counts: bool) -> None:
    """A module that comes from another file of the tree hides nothing where base does not have the file beside it."""
    file = ChangedFile(path=touched, old_path=None, kind=kind, lines_added=1, lines_removed=0, binary=False)
    head = departing(DeviationKind.SEVERAL_SOURCES, f"{other}::aid", "src/aid/kit.py")
    decision = judge(BASE, head, ChangedFiles.of((file,)))
    words = (f"module aid (there is {other}): comes from src/aid/kit.py",)
    assert ([words] if counts else []) == [subjects for code, subjects in said(decision) if code == "code_displaced"]


def test_code_without_a_file_is_named_as_such() -> None:
    """The words say what is known of the origin."""
    decision = judge(BASE, departing(DeviationKind.REPLACED_CODE, "shop.total", ""))
    assert [("code_displaced", ("shop.total: replaced by a test, in a mock that was left",))] == said(decision)


def changed(path: str) -> ChangedFiles:
    """A change that edits one file."""
    file = ChangedFile(path=path, old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=1, binary=False)
    return ChangedFiles.of((file,))


@pytest.mark.parametrize(
    ("base", "head", "files", "subjects"),
    [
        (("support.py",), ("support.py",), ChangedFiles.of(()), None),
        (("support.py",), ("support.py",), changed("support.py"), ("support.py",)),
        (("support.py",), ("support.py",), changed("shop.py"), None),
        ((), ("support.py",), changed("shop.py"), ("support.py",)),
        (("support.py",), (), changed("support.py"), ("support.py",)),
        (("support.py",), ("helping.py",), moved("support.py", "helping.py"), ("helping.py", "support.py")),
    ],
)
def test_a_local_plugin_is_protected_like_conftest(
    base: tuple[str, ...], head: tuple[str, ...], files: ChangedFiles, subjects: tuple[str, ...] | None
) -> None:
    """A file from which pytest loaded a plugin is protected on either side, and so is one that became a plugin."""
    decision = judge(make_evidence(ONE, plugins=base), make_evidence(ONE, plugins=head), files, TWO_SIDES)
    assert ([] if subjects is None else [("protected_path", subjects)]) == said(decision)


def test_a_plugin_is_compared_with_nothing_without_a_baseline() -> None:
    """Where there is no base, a plugin that the candidate does not touch is nobody's fault."""
    decision = judge(None, make_evidence(ONE, plugins=("support.py",)), changed("shop.py"))
    assert [("no_baseline", ())] == said(decision)
