"""Changed files in SQL: a header, one row per file, one per test function, and one per finding."""

import json
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import (
    MAX_PROBLEM,
    ChangedFile,
    ChangedFiles,
    ChangedFilesStatus,
    ChangeKind,
    TestFunction,
)
from autopack_model.errors import InvalidValue
from autopack_model.finding.value import MAX_PROBLEM as MAX_FINDINGS_PROBLEM
from autopack_model.finding.value import Finding, FindingRule, Findings
from autopack_model.identity.value import AttemptRef, Side
from autopack_store.database.attempt_key import attempt_row, is_attempt
from autopack_store.errors import damaged
from autopack_store.schema.tables.runs import changed_file, changed_files, finding, test_function


class SqlChangedFilesStore:
    """What is read back is compared with its digest, every time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, ref: AttemptRef, recorded: ChangedFiles, digest: str) -> None:
        """Record an attempt's changed files; it has none yet."""
        header = {
            "status": recorded.status,
            "problem": recorded.problem,
            "findings_problem": recorded.findings.problem,
            "changed_files_digest": digest,
        }
        self._connection.execute(insert(changed_files).values(attempt_row(ref) | header))
        if recorded.files:
            rows = [attempt_row(ref) | _file_row(position, file) for position, file in enumerate(recorded.files)]
            self._connection.execute(insert(changed_file), rows)
        if recorded.functions:
            rows = [attempt_row(ref) | _function_row(*numbered) for numbered in enumerate(recorded.functions)]
            self._connection.execute(insert(test_function), rows)
        if recorded.findings.found:
            rows = [attempt_row(ref) | _finding_row(*numbered) for numbered in enumerate(recorded.findings.found)]
            self._connection.execute(insert(finding), rows)

    def get(self, ref: AttemptRef) -> ChangedFiles | None:
        """The changed files, verified against their digest. Raises DataLoss."""
        header = self._connection.execute(select(changed_files).where(is_attempt(changed_files, ref))).one_or_none()
        if header is None:
            return None
        rows = self._connection.execute(
            select(changed_file).where(is_attempt(changed_file, ref)).order_by(changed_file.c.position)
        )
        functions = self._connection.execute(
            select(test_function).where(is_attempt(test_function, ref)).order_by(test_function.c.position)
        )
        findings = self._connection.execute(
            select(finding).where(is_attempt(finding, ref)).order_by(finding.c.position)
        )
        what = f"changed files of {ref}"
        try:
            found = ChangedFiles(
                status=ChangedFilesStatus(header.status),
                files=tuple(_file(row) for row in rows),
                functions=tuple(_function(row) for row in functions),
                findings=Findings(
                    found=tuple(_finding(row) for row in findings),
                    problem=header.findings_problem[:MAX_FINDINGS_PROBLEM],
                ),
                problem=header.problem[:MAX_PROBLEM],
            )
        except (InvalidValue, ValueError) as error:
            raise damaged(what, str(error)) from error
        if changed_files_digest(found) != header.changed_files_digest:
            raise damaged(what, "the digest differs")
        return found

    def digest(self, ref: AttemptRef) -> str | None:
        """The digest of the changed files, if they were recorded."""
        return self._connection.execute(
            select(changed_files.c.changed_files_digest).where(is_attempt(changed_files, ref))
        ).scalar_one_or_none()


def _file_row(position: int, file: ChangedFile) -> dict[str, object]:
    return {
        "position": position,
        "path": file.path,
        "old_path": file.old_path,
        "kind": file.kind,
        "lines_added": file.lines_added,
        "lines_removed": file.lines_removed,
        "is_binary": file.binary,
        "parts": None if file.parts is None else json.dumps(file.parts),
        "called_by": file.called_by,
    }


def _file(row: Row[Any]) -> ChangedFile:
    return ChangedFile(
        path=row.path,
        old_path=row.old_path,
        kind=ChangeKind(row.kind),
        lines_added=row.lines_added,
        lines_removed=row.lines_removed,
        binary=row.is_binary,
        parts=None if row.parts is None else tuple(str(part) for part in json.loads(row.parts)),
        called_by=row.called_by,
    )


def _function_row(position: int, function: TestFunction) -> dict[str, object]:
    return {
        "position": position,
        "side": function.side,
        "path": function.path,
        "name": function.name,
        "digest": function.digest,
        "setting": function.setting,
        "uses": json.dumps(function.uses),
        "checks": function.checks,
        "shape": function.shape,
        "contains": json.dumps(function.contains),
    }


def _function(row: Row[Any]) -> TestFunction:
    return TestFunction(
        side=Side(row.side),
        path=row.path,
        name=row.name,
        digest=row.digest,
        setting=row.setting,
        uses=tuple(str(use) for use in json.loads(row.uses)),
        checks=row.checks,
        shape=row.shape,
        contains=tuple(str(digest) for digest in json.loads(row.contains)),
    )


def _finding_row(position: int, found: Finding) -> dict[str, object]:
    return {
        "position": position,
        "rule": found.rule,
        "path": found.path,
        "line": found.line,
        "test": found.test,
        "before": found.before,
        "after": found.after,
    }


def _finding(row: Row[Any]) -> Finding:
    return Finding(
        rule=FindingRule(row.rule),
        path=row.path,
        line=row.line,
        test=row.test,
        before=row.before,
        after=row.after,
    )
