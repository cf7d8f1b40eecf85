"""The files in which head differs from base."""

import enum
from dataclasses import dataclass
from itertools import pairwise

from autopack_model.amount import check_amount
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.file_path import check_file_path
from autopack_model.finding.value import NO_FINDINGS, FindingRule, Findings
from autopack_model.identity.value import Side
from autopack_model.labels import Labelled
from autopack_model.text import check_ascending, check_count, check_name, check_text

MAX_FILES = 1_000_000
MAX_FUNCTIONS = 20_000
MAX_FUNCTION_NAME = 1024
MAX_USES = 200
MAX_PARTS = 200
MAX_PART = 512
MAX_USE = 512
MAX_CONTAINED = 200
MAX_PROBLEM = 4096


class ChangedFilesStatus(enum.IntEnum):
    """Whether the list is known. UNKNOWN is never the same as EMPTY. Numbers as in the contract."""

    AVAILABLE = 1
    EMPTY = 2
    UNKNOWN = 3

    @property
    def label(self) -> str:
        """The upper-case name used in results and messages."""
        return self.name


class ChangeKind(Labelled):
    """What happened to a file. Numbers as in ``autopack.results.v1.ChangeKind``."""

    ADDED = 1
    MODIFIED = 2
    DELETED = 3
    RENAMED = 4
    COPIED = 5
    TYPE_CHANGED = 6


_MOVED = frozenset({ChangeKind.RENAMED, ChangeKind.COPIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    r"""One changed file. Paths are relative to the repository root, with ``/``; ``old_path`` is set for renames and
    copies only. Line counts are None for binary files. A path that is not UTF-8 is written with ``\xNN`` escapes.

    ``parts`` names what changed in a file that holds many things (``tool.ruff.line-length``), ascending, with
    ``(longer)`` behind it where a list only grew; None where all of the file counts. ``called_by`` is the file of
    continuous integration that calls this one, None where none does.

    Raises InvalidValue for paths that leave the repository, numbers that are none, and parts in another order.
    """

    path: str
    old_path: str | None
    kind: ChangeKind
    lines_added: int | None
    lines_removed: int | None
    binary: bool
    parts: tuple[str, ...] | None = None
    called_by: str | None = None

    def __post_init__(self) -> None:
        check_file_path(self.path, "changed_files.files.path")
        if self.parts is not None:
            check_count(self.parts, "changed_files.files.parts", most=MAX_PARTS)
            for part in self.parts:
                check_text(part, "changed_files.files.parts", least=1, most=MAX_PART)
            check_ascending(self.parts, "changed_files.files.parts")
        if self.called_by is not None:
            check_file_path(self.called_by, "changed_files.files.called_by")
        if self.old_path is not None:
            check_file_path(self.old_path, "changed_files.files.old_path")
        if (self.old_path is not None) != (self.kind in _MOVED):
            raise InvalidValue(
                "changed_files.files.old_path",
                f"must be given for renames and copies only, not for {self.path[:200]!r}",
            )
        if self.binary and (self.lines_added, self.lines_removed) != (None, None):
            raise InvalidValue("changed_files.files.lines_added", f"of a binary file, {self.path[:200]!r}")
        for name, count in (("lines_added", self.lines_added), ("lines_removed", self.lines_removed)):
            if count is not None:
                check_amount(count, f"changed_files.files.{name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFunction:
    """A test function of a changed file that only one side has under its name, or that took in another (decision 26).

    ``name`` stands behind the path in a test id: ``TestMoney::test_total``. ``digest`` is of its syntax tree without
    name, position and docstring, and of what it uses of its file; ``setting`` of what acts on it from outside; ``uses``
    has what it uses of the repository and of fixtures, ascending; ``checks`` counts its assertions and the exceptions
    that it expects. ``shape`` is the digest of its syntax tree with a blank for each constant and each name of its own.
    ``contains`` has the digests, ascending, of functions of base that it does all of, and more besides. Raises
    InvalidValue.
    """

    __test__ = False

    side: Side
    path: str
    name: str
    digest: str
    setting: str
    uses: tuple[str, ...]
    checks: int
    shape: str
    contains: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_file_path(self.path, "changed_files.functions.path")
        check_name(self.name, "changed_files.functions.name", most=MAX_FUNCTION_NAME)
        check_digest(self.digest, "changed_files.functions.digest")
        check_digest(self.setting, "changed_files.functions.setting")
        check_count(self.uses, "changed_files.functions.uses", most=MAX_USES)
        for use in self.uses:
            check_text(use, "changed_files.functions.uses", least=1, most=MAX_USE)
        check_ascending(self.uses, "changed_files.functions.uses")
        check_amount(self.checks, "changed_files.functions.checks")
        check_digest(self.shape, "changed_files.functions.shape")
        check_count(self.contains, "changed_files.functions.contains", most=MAX_CONTAINED)
        for digest in self.contains:
            check_digest(digest, "changed_files.functions.contains")
        check_ascending(self.contains, "changed_files.functions.contains")

    @property
    def key(self) -> tuple[Side, str, str]:
        """What it is sorted by."""
        return self.side, self.path, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFiles:
    """The changed files, strictly ascending by path, and whether they are known at all.

    ``problem`` says why they are UNKNOWN and is empty otherwise. ``functions`` ascends strictly by side, path and name;
    a test that is not among them is followed by the name of its file only. ``findings`` are what a look at the files
    shows. Raises InvalidValue when the parts disagree.
    """

    status: ChangedFilesStatus
    files: tuple[ChangedFile, ...]
    problem: str
    functions: tuple[TestFunction, ...] = ()
    findings: Findings = NO_FINDINGS

    def __post_init__(self) -> None:
        check_text(self.problem, "changed_files.problem", most=MAX_PROBLEM)
        check_count(self.files, "changed_files.files", most=MAX_FILES)
        if (self.status is ChangedFilesStatus.AVAILABLE) != bool(self.files):
            raise InvalidValue("changed_files.status", f"{self.status.name} with {len(self.files)} files")
        if (self.status is ChangedFilesStatus.UNKNOWN) != bool(self.problem):
            raise InvalidValue("changed_files.problem", "must be given exactly when the status is UNKNOWN")
        paths = [file.path for file in self.files]
        if any(a >= b for a, b in pairwise(paths)):
            raise InvalidValue("changed_files.files", "must be strictly ascending by path")
        check_count(self.functions, "changed_files.functions", most=MAX_FUNCTIONS)
        if self.functions and self.status is not ChangedFilesStatus.AVAILABLE:
            raise InvalidValue("changed_files.functions", f"are given, though the status is {self.status.name}")
        if any(a.key >= b.key for a, b in pairwise(self.functions)):
            raise InvalidValue("changed_files.functions", "must be strictly ascending by side, path and name")
        if self.findings.found and self.status is not ChangedFilesStatus.AVAILABLE:
            raise InvalidValue("changed_files.findings", f"are given, though the status is {self.status.name}")

    @property
    def renames(self) -> dict[str, str]:
        """Old path to new path of every renamed file."""
        return {
            file.old_path: file.path
            for file in self.files
            if file.kind is ChangeKind.RENAMED and file.old_path is not None
        }

    @property
    def following(self) -> frozenset[str]:
        """The helpers of tests that say the same as before under names that the change moved, by their paths on both
        sides.
        """
        found = {each.path for each in self.findings.found if each.rule is FindingRule.NAMES_MOVED and not each.test}
        old_paths = {file.old_path for file in self.files if file.path in found and file.old_path is not None}
        return frozenset(found | old_paths)

    @staticmethod
    def of(files: tuple[ChangedFile, ...]) -> "ChangedFiles":
        """The known list of ``files`` in any order, EMPTY when there is none."""
        ordered = tuple(sorted(files, key=lambda file: file.path))
        status = ChangedFilesStatus.AVAILABLE if ordered else ChangedFilesStatus.EMPTY
        return ChangedFiles(status=status, files=ordered, problem="")

    @staticmethod
    def unknown(problem: str) -> "ChangedFiles":
        """The list could not be obtained, because of ``problem``, of which the beginning is kept."""
        kept = problem.encode("utf-8", "backslashreplace").decode()[:MAX_PROBLEM]
        return ChangedFiles(status=ChangedFilesStatus.UNKNOWN, files=(), problem=kept)
