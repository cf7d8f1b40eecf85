"""The JSON documents of changed files, and their digest. Keys are stable."""

from autopack_model.canonical import Json
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, TestFunction
from autopack_model.digest import digest_document
from autopack_model.finding.document import findings_digest


def changed_files_digest(changed_files: ChangedFiles) -> str:
    """The digest of the changed files. The reason why they are UNKNOWN is not part of it."""
    return digest_document(
        {
            "schema": "autopack.changed_files/1",
            "status": changed_files.status.label,
            "files": [changed_file_document(file) for file in changed_files.files],
            "functions": [_function_document(function) for function in changed_files.functions],
            "findings_digest": findings_digest(changed_files.findings),
        }
    )


def changed_file_document(file: ChangedFile) -> dict[str, Json]:
    """Every field of a changed file."""
    return {
        "path": file.path,
        "old_path": file.old_path,
        "kind": file.kind.label,
        "lines_added": file.lines_added,
        "lines_removed": file.lines_removed,
        "binary": file.binary,
        "parts": None if file.parts is None else list(file.parts),
        "called_by": file.called_by,
    }


def _function_document(function: TestFunction) -> dict[str, Json]:
    return {
        "side": function.side.label,
        "path": function.path,
        "name": function.name,
        "digest": function.digest,
        "setting": function.setting,
        "uses": list(function.uses),
        "checks": function.checks,
        "shape": function.shape,
        "contains": list(function.contains),
    }
