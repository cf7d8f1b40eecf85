"""What a builder result and an auditor result may not say, field by field."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from autopack_model.auditor_result import value as auditor_result
from autopack_model.auditor_result.value import AuditorResult, Recommendation, SuggestedPatch
from autopack_model.auditor_result.wire import auditor_result_chunks, auditor_result_from_chunks
from autopack_model.builder_result import value as builder_result
from autopack_model.builder_result.value import BuilderResult, BuilderStatus, StopReason
from autopack_model.builder_result.wire import builder_result_chunks, builder_result_from_chunks
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Severity
from autopack_model.errors import InvalidValue
from autopack_model.file_path import MAX_LIST_BYTES, check_file_path, check_file_paths, outside
from autopack_model.issue import value as issue
from autopack_model.run.value import RunFailure
from autopack_model.token_usage.value import TokenUsage
from tests.fakes.results import PATCH, make_auditor_result, make_builder_result, make_issue

BUILT = make_builder_result()
AUDITED = make_auditor_result()
PROBE = BUILT.probes[0]
NOTHING = ChangedFiles.of(())
UNKNOWN = ChangedFiles.unknown("git failed")

BAD_BUILDER_RESULTS: list[tuple[str, Callable[[], BuilderResult]]] = [
    ("status", lambda: replace(BUILT, truncated=True)),
    (
        "status",
        lambda: replace(BUILT, truncated=True, patch=b"", changed_files=NOTHING, lines_added=0, lines_removed=0),
    ),
    ("status", lambda: replace(BUILT, stop_reason=StopReason.MAX_TOKENS)),
    ("status", lambda: replace(BUILT, stop_reason=StopReason.REFUSAL)),
    ("status", lambda: replace(BUILT, stop_reason=StopReason.ERROR)),
    ("status", lambda: replace(BUILT, patch=b"")),
    ("status", lambda: replace(BUILT, patch=b"", changed_files=UNKNOWN, lines_added=None, lines_removed=None)),
    ("changed_files.status", lambda: replace(BUILT, changed_files=NOTHING, lines_added=0, lines_removed=0)),
    ("lines_added", lambda: replace(BUILT, lines_added=3)),
    ("lines_added", lambda: replace(BUILT, lines_added=None)),
    ("lines_added", lambda: replace(BUILT, changed_files=UNKNOWN)),
    ("lines_removed", lambda: replace(BUILT, lines_removed=0)),
    ("builder_attempts", lambda: replace(BUILT, builder_attempts=0)),
    ("builder_attempts", lambda: replace(BUILT, builder_attempts=builder_result.MAX_ATTEMPTS + 1)),
    ("duration_ms", lambda: replace(BUILT, duration_ms=2**53)),
    ("model", lambda: replace(BUILT, model="")),
    ("model", lambda: replace(BUILT, model="a\nb")),
    ("model", lambda: replace(BUILT, model="m" * (builder_result.MAX_MODEL + 1))),
    ("notes", lambda: replace(BUILT, notes="n" * (builder_result.MAX_NOTES + 1))),
    ("notes", lambda: replace(BUILT, notes="\ud800")),
    ("patch", lambda: replace(BUILT, patch=b"x" * (builder_result.MAX_PATCH_BYTES + 1))),
    ("patch", lambda: replace(BUILT, patch=b" \n")),
    ("probes", lambda: replace(BUILT, probes=(PROBE,) * (builder_result.MAX_PROBES + 1))),
    (
        "suggested_issues",
        lambda: replace(
            BUILT, suggested_issues=tuple(make_issue(f"{number}") for number in range(issue.MAX_ISSUES + 1))
        ),
    ),
    ("suggested_issues.key", lambda: replace(BUILT, suggested_issues=(make_issue(), make_issue()))),
]
BAD_AUDITOR_RESULTS: list[tuple[str, Callable[[], AuditorResult]]] = [
    ("recommendation", lambda: replace(AUDITED, issues_found=(make_issue(severity=Severity.CRITICAL),))),
    ("review_notes", lambda: replace(AUDITED, review_notes="n" * (auditor_result.MAX_NOTES + 1))),
    ("auditor_attempts", lambda: replace(AUDITED, auditor_attempts=0)),
    (
        "suggested_patches",
        lambda: replace(AUDITED, suggested_patches=AUDITED.suggested_patches * (auditor_result.MAX_PATCHES + 1)),
    ),
    ("issues_found.key", lambda: replace(AUDITED, issues_found=(make_issue(), make_issue()))),
]
FILE = BUILT.changed_files.files[0]
BAD_PARTS: list[tuple[str, Callable[[], object]]] = [
    ("changed_files.files.old_path", lambda: replace(FILE, old_path="src/old.py")),
    ("changed_files.files.old_path", lambda: replace(FILE, kind=ChangeKind.RENAMED)),
    ("changed_files.files.lines_added", lambda: replace(FILE, binary=True)),
    ("changed_files.files.lines_added", lambda: replace(FILE, lines_added=-1)),
    ("changed_files.problem", lambda: replace(UNKNOWN, problem="p" * 4097)),
    ("failure.message", lambda: RunFailure(code="X", message="m" * 16_385)),
    ("tokens.total", lambda: TokenUsage(total=3, prompt=1, completion=1)),
    ("tokens.total", lambda: TokenUsage(total=-1, prompt=None, completion=None)),
    ("tokens.prompt", lambda: TokenUsage(total=3, prompt=4, completion=None)),
    ("tokens.completion", lambda: TokenUsage(total=3, prompt=None, completion=4)),
    ("stdout", lambda: replace(PROBE, stdout="o" * (builder_result.MAX_OUTPUT + 1))),
    ("stderr", lambda: replace(PROBE, stderr="o" * (builder_result.MAX_OUTPUT + 1))),
    ("exit_code", lambda: replace(PROBE, exit_code=2**31)),
    ("duration_ms", lambda: replace(PROBE, duration_ms=-1)),
    ("key", lambda: make_issue("")),
    ("key", lambda: make_issue("k" * (issue.MAX_KEY + 1))),
    ("key", lambda: make_issue("a\tb")),
    ("severity", lambda: make_issue(severity=Severity.NONE)),
    ("evidence_refs", lambda: replace(make_issue(), evidence_refs=("",))),
    ("evidence_refs", lambda: replace(make_issue(), evidence_refs=("r" * (issue.MAX_EVIDENCE_REF + 1),))),
    ("evidence_refs", lambda: replace(make_issue(), evidence_refs=("r",) * (issue.MAX_EVIDENCE_REFS + 1))),
    ("description", lambda: replace(make_issue(), description="d" * (issue.MAX_DESCRIPTION + 1))),
    ("patch", lambda: SuggestedPatch(description="", patch=b"", files_affected=())),
    (
        "patch",
        lambda: SuggestedPatch(description="", patch=b"p" * (auditor_result.MAX_PATCH_BYTES + 1), files_affected=()),
    ),
    ("files_affected", lambda: SuggestedPatch(description="", patch=PATCH, files_affected=("b", "a"))),
    ("files_affected", lambda: SuggestedPatch(description="", patch=PATCH, files_affected=("a", "a"))),
    ("files_affected", lambda: SuggestedPatch(description="", patch=PATCH, files_affected=("../a",))),
]


@pytest.mark.parametrize(("path", "make"), [*BAD_BUILDER_RESULTS, *BAD_AUDITOR_RESULTS, *BAD_PARTS])
def test_bad_result_is_refused_by_field(path: str, make: Callable[[], object]) -> None:
    """A value over its limit, and a status that contradicts the content, are refused by the path of the field."""
    with pytest.raises(InvalidValue) as caught:
        make()
    assert path == caught.value.path


GOOD_BUILDER_RESULTS: list[Callable[[], BuilderResult]] = [
    lambda: BUILT,
    lambda: replace(BUILT, patch=b"", changed_files=NOTHING, lines_added=0, lines_removed=0),
    lambda: replace(BUILT, changed_files=UNKNOWN, lines_added=None, lines_removed=None),
    lambda: replace(BUILT, status=BuilderStatus.FAILED, truncated=True, patch=b""),
    lambda: replace(BUILT, status=BuilderStatus.NEEDS_REVIEW, stop_reason=StopReason.MAX_TOKENS, truncated=True),
    lambda: replace(BUILT, tokens=None, model=None, stop_reason=None, notes="", probes=(), suggested_issues=()),
    lambda: replace(BUILT, patch=b"x" * builder_result.MAX_PATCH_BYTES),
    lambda: replace(BUILT, notes="\N{SNOWMAN}" * builder_result.MAX_NOTES),
    lambda: replace(
        BUILT,
        probes=(replace(PROBE, stdout="\N{PILE OF POO}" * builder_result.MAX_OUTPUT),) * builder_result.MAX_PROBES,
    ),
]


@pytest.mark.parametrize("make", GOOD_BUILDER_RESULTS)
def test_what_the_contract_allows_travels_in_small_parts(make: Callable[[], BuilderResult]) -> None:
    """Results at the limits come back equal, and no part of them has 1 MiB or more."""
    result = make()
    chunks = list(builder_result_chunks(result))

    assert max(chunk.ByteSize() for chunk in chunks) < 1024 * 1024
    assert result == builder_result_from_chunks(chunks)


def test_largest_auditor_result_travels_in_small_parts() -> None:
    """An auditor result at its limits comes back equal, and no part of it has 1 MiB or more."""
    fat = replace(
        make_issue(),
        evidence_refs=("\N{PILE OF POO}" * issue.MAX_EVIDENCE_REF,) * issue.MAX_EVIDENCE_REFS,
        description="\N{PILE OF POO}" * issue.MAX_DESCRIPTION,
    )
    result = replace(
        AUDITED,
        recommendation=Recommendation.ESCALATE,
        issues_found=tuple(replace(fat, key=f"{number}") for number in range(5)),
        suggested_patches=(
            SuggestedPatch(
                description="\N{PILE OF POO}" * issue.MAX_DESCRIPTION,
                patch=b"p" * auditor_result.MAX_PATCH_BYTES,
                files_affected=tuple(sorted(f"{number:03}/" + "f" * 257 for number in range(1000))),
            ),
        )
        * 2,
    )
    chunks = list(auditor_result_chunks(result))

    assert max(chunk.ByteSize() for chunk in chunks) < 1024 * 1024
    assert result == auditor_result_from_chunks(chunks)


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "..", "a/../b", "../a", "a/..", "a//b", "a/", "./a", "a/.", "a\0b", "a" * 4097, "\udcff"],
)
def test_unsafe_paths_are_refused(path: str) -> None:
    """A path that is absolute, leaves its repository, or is not what git writes is refused wherever one is given."""
    makers: list[Callable[[], object]] = [
        lambda: check_file_path(path, "path"),
        lambda: ChangedFile(
            path=path, old_path=None, kind=ChangeKind.ADDED, lines_added=0, lines_removed=0, binary=False
        ),
        lambda: ChangedFile(
            path="a", old_path=path, kind=ChangeKind.RENAMED, lines_added=0, lines_removed=0, binary=False
        ),
        lambda: SuggestedPatch(description="", patch=PATCH, files_affected=(path,)),
    ]
    for make in makers:
        with pytest.raises(InvalidValue):
            make()


@pytest.mark.parametrize("path", ["a", "a/b", "...", ".a", "a..b", "..a/b..", "a\nb", "a\\b", "C:/a", "ü", "a" * 4096])
def test_odd_paths_that_git_knows_are_taken(path: str) -> None:
    """A relative path with odd characters is taken as it is."""
    assert path == check_file_path(path, "path")


def test_a_list_of_paths_is_bounded_in_all() -> None:
    """Paths that are short enough each, but too many bytes together, are refused."""
    with pytest.raises(InvalidValue, match=f"at most {MAX_LIST_BYTES}"):
        check_file_paths(tuple(f"{number:03}/{'f' * 400}" for number in range(800)), "paths", most=1000)


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ((), ()),
        (("src",), ("README.md", "srcs/b.py")),
        (("src/a.py",), ("README.md", "srcs/b.py")),
        (("README.md", "src", "srcs"), ()),
        (("s",), ("README.md", "src/a.py", "srcs/b.py")),
    ],
)
def test_what_lies_outside_is_told_by_whole_parts_of_the_path(
    allowed: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """A path is allowed by its own name or that of a folder above it, never by the beginning of a name."""
    assert expected == outside(["srcs/b.py", "src/a.py", "README.md"], allowed)


def test_faulty_entry_is_named_by_its_index() -> None:
    """The path of a refused entry tells which one of the list it is."""
    chunks = list(builder_result_chunks(replace(BUILT, suggested_issues=(make_issue("one"), make_issue("two")))))
    chunks[-1].suggested_issues.issues[1].key = ""
    with pytest.raises(InvalidValue) as caught:
        builder_result_from_chunks(chunks)
    assert "suggested_issues[1].key" == caught.value.path


@pytest.mark.parametrize("lost", ["result", "changed_files"])
def test_builder_result_that_lost_a_part_is_refused(lost: str) -> None:
    """A builder result without its head, or without a word on the changed files, is refused."""
    chunks = [chunk for chunk in builder_result_chunks(BUILT) if chunk.WhichOneof("part") != lost]
    with pytest.raises(InvalidValue):
        builder_result_from_chunks(chunks)


def test_builder_result_that_lost_its_patch_is_refused() -> None:
    """A SUCCESS whose patch was lost on the way is refused: the loss is not read as nothing to change."""
    chunks = [chunk for chunk in builder_result_chunks(BUILT) if chunk.WhichOneof("part") != "patch"]
    with pytest.raises(InvalidValue, match="SUCCESS without a patch"):
        builder_result_from_chunks(chunks)
