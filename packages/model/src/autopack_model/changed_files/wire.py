"""Changed files on the wire."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from autopack.results.v1 import changed_files_pb2, finding_pb2
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangedFilesStatus, ChangeKind, TestFunction
from autopack_model.errors import InvalidValue
from autopack_model.fields import batches, given, read_enum
from autopack_model.finding.value import Finding, Findings
from autopack_model.finding.wire import finding_from_wire, finding_to_wire
from autopack_model.identity.wire import side_from_wire, side_to_wire

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _status: changed_files_pb2.ChangedFilesStatus.Members = ChangedFilesStatus
    _kind: changed_files_pb2.ChangeKind.Members = ChangeKind

_Chunk = changed_files_pb2.ChangedFilesChunk


def changed_files_chunks(changed_files: ChangedFiles) -> Iterator[changed_files_pb2.ChangedFilesChunk]:
    """The changed files in chunks under 1 MiB, header first."""
    yield _Chunk(
        header=changed_files_pb2.ChangedFilesHeader(
            status=changed_files_pb2.ChangedFilesStatus.ValueType(changed_files.status.value),
            problem=changed_files.problem,
            findings_problem=changed_files.findings.problem,
        )
    )
    files = (_file_to_wire(file) for file in changed_files.files)
    for batch in batches((message, message.ByteSize() + 4) for message in files):
        yield _Chunk(files=changed_files_pb2.ChangedFileList(files=batch))
    functions = (_function_to_wire(function) for function in changed_files.functions)
    for found in batches((message, message.ByteSize() + 4) for message in functions):
        yield _Chunk(functions=changed_files_pb2.TestFunctionList(functions=found))
    findings = (finding_to_wire(finding) for finding in changed_files.findings.found)
    for listed in batches((message, message.ByteSize() + 4) for message in findings):
        yield _Chunk(findings=finding_pb2.FindingList(findings=listed))


def changed_files_from_chunks(chunks: Iterable[changed_files_pb2.ChangedFilesChunk]) -> ChangedFiles:
    """Put changed files together again. Raises InvalidValue for missing, doubled or contradicting parts."""
    header: changed_files_pb2.ChangedFilesHeader | None = None
    files: list[ChangedFile] = []
    functions: list[TestFunction] = []
    findings: list[Finding] = []
    for chunk in chunks:
        part = chunk.WhichOneof("part")
        if (header is None) != (part == "header"):
            raise InvalidValue("chunk", "the header must come first and once")
        match part:
            case "header":
                header = chunk.header
            case "files":
                files.extend(_file_from_wire(message) for message in chunk.files.files)
            case "functions":
                functions.extend(_function_from_wire(message) for message in chunk.functions.functions)
            case "findings":
                findings.extend(finding_from_wire(message) for message in chunk.findings.findings)
            case None:
                raise InvalidValue("chunk.part", "is not given")
    if header is None:
        raise InvalidValue("chunk", "there is none; expected at least the header")
    return ChangedFiles(
        status=read_enum(ChangedFilesStatus, header.status, "changed_files.status"),
        files=tuple(files),
        problem=header.problem,
        functions=tuple(functions),
        findings=Findings(found=tuple(findings), problem=header.findings_problem),
    )


def _file_to_wire(file: ChangedFile) -> changed_files_pb2.ChangedFile:
    return changed_files_pb2.ChangedFile(
        path=file.path,
        old_path=file.old_path,
        kind=changed_files_pb2.ChangeKind.ValueType(file.kind.value),
        lines_added=file.lines_added,
        lines_removed=file.lines_removed,
        binary=file.binary,
        parts=None if file.parts is None else changed_files_pb2.ChangedParts(names=file.parts),
        called_by=file.called_by,
    )


def _file_from_wire(message: changed_files_pb2.ChangedFile) -> ChangedFile:
    if not message.path:
        raise InvalidValue("changed_files.files.path", "is empty")
    return ChangedFile(
        path=message.path,
        old_path=given(message.HasField("old_path"), message.old_path),
        kind=read_enum(ChangeKind, message.kind, "changed_files.files.kind"),
        lines_added=given(message.HasField("lines_added"), message.lines_added),
        lines_removed=given(message.HasField("lines_removed"), message.lines_removed),
        binary=message.binary,
        parts=given(message.HasField("parts"), message.parts, _names),
        called_by=given(message.HasField("called_by"), message.called_by),
    )


def _function_to_wire(function: TestFunction) -> changed_files_pb2.TestFunction:
    return changed_files_pb2.TestFunction(
        side=side_to_wire(function.side),
        path=function.path,
        name=function.name,
        digest=function.digest,
        setting=function.setting,
        uses=function.uses,
        checks=function.checks,
        shape=function.shape,
        contains=function.contains,
    )


def _function_from_wire(message: changed_files_pb2.TestFunction) -> TestFunction:
    return TestFunction(
        side=side_from_wire(message.side, "changed_files.functions.side"),
        path=message.path,
        name=message.name,
        digest=message.digest,
        setting=message.setting,
        uses=tuple(message.uses),
        checks=message.checks,
        shape=message.shape,
        contains=tuple(message.contains),
    )


def _names(parts: changed_files_pb2.ChangedParts) -> tuple[str, ...]:
    return tuple(parts.names)
