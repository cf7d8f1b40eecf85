"""``autopack import-result``: record a result of the old shape."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autopack_bridge.importing import Destination, ImportResult
from autopack_bridge.reading.payload import MAX_PAYLOAD_BYTES
from autopack_bridge.reading.refusal import OldResultRefused
from autopack_cli.config import process_settings
from autopack_cli.ending import EXIT_USAGE, delivering, reporting_errors
from autopack_cli.json_target import json_target
from autopack_cli.messages import tell
from autopack_cli.render.text import is_utf8, one_line
from autopack_cli.session import store_session
from autopack_git.patch_files import patch_files
from autopack_model.auditor_result.document import auditor_result_digest, auditor_result_document
from autopack_model.builder_result.document import builder_result_digest, builder_result_document
from autopack_model.canonical import Json
from autopack_model.digest import digest_bytes
from autopack_model.errors import BadRequest
from autopack_model.identity.value import check_run_id
from autopack_rpc.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """The options as they were given; None stands for one that was left out. ``kind`` is ``builder`` or ``auditor``."""

    kind: str
    run: str | None
    phase: str | None
    attempt: int | None
    json: str | None
    dry_run: bool
    file: str


def run_import_result(options: ImportOptions) -> int:
    """Import a result and print its digest, or print every pointer that has no place; returns the exit code."""
    with reporting_errors():
        settings = process_settings()
        destination = _destination(options)
        read = _reader(options.kind)
        target = None if options.json is None else json_target(options.json)
        if target is None and options.dry_run:
            target = json_target("-")
        data = _read(options.file)
        try:
            with store_session(settings, Role.EXECUTOR) as store:
                use_case = ImportResult(store=store, record=not options.dry_run, read_patch=patch_files)
                run_id, document, digest = read(use_case, data, destination)
        except OldResultRefused as refused:
            _tell_problems(refused)
            return EXIT_USAGE
        with delivering():
            if target is not None:
                target.write(
                    {
                        "run_id": run_id,
                        "recorded": not options.dry_run,
                        "result_digest": digest,
                        "result": document,
                    }
                )
            if not options.dry_run and (target is None or not target.is_standard_output):
                print(digest)  # noqa: T201 - the command line speaks
    return 0


def _destination(options: ImportOptions) -> Destination:
    if options.run is not None:
        check_run_id(options.run, "--run")
    if options.phase is not None:
        check_run_id(options.phase, "--phase")
    return Destination(run_id=options.run, phase=options.phase, attempt=options.attempt)


_Read = Callable[[ImportResult, bytes, Destination], tuple[str, dict[str, Json], str]]


def _reader(kind: str) -> _Read:
    match kind:
        case "builder":
            return _import_builder
        case "auditor":
            return _import_auditor
        case _:
            raise BadRequest(f"--kind {kind[:80]!r} is not known; use builder or auditor", subject="--kind")


def _import_builder(use_case: ImportResult, data: bytes, destination: Destination) -> tuple[str, dict[str, Json], str]:
    result = use_case.builder(data, destination)
    document = builder_result_document(result, digest_bytes(result.patch))
    return result.attempt.run_id, document, builder_result_digest(result)


def _import_auditor(use_case: ImportResult, data: bytes, destination: Destination) -> tuple[str, dict[str, Json], str]:
    result = use_case.auditor(data, destination)
    patches = [digest_bytes(patch.patch) for patch in result.suggested_patches]
    return result.attempt.run_id, auditor_result_document(result, patches), auditor_result_digest(result)


def _read(name: str) -> bytes:
    if not name or not is_utf8(name):
        raise BadRequest("name the file with the old result, or - for the standard input", subject=name)
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_PAYLOAD_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_PAYLOAD_BYTES + 1)
    except OSError as error:
        raise BadRequest(f"the old result {name} cannot be read: {error.strerror}", subject=name) from error


def _tell_problems(refused: OldResultRefused) -> None:
    lines = [f"  {json.dumps(problem.pointer)}: {one_line(problem.problem, 1000)}" for problem in refused.problems]
    tell("\n".join([f"{refused.message}:", *lines]))
