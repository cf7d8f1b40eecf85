"""``autopack gate``."""

import sys
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.adapters.interpreter import find_interpreter
from autopack_executor.cli.ending import delivering, reporting_errors
from autopack_executor.cli.interruption import Interrupted, interruption
from autopack_executor.cli.json_target import json_target
from autopack_executor.cli.messages import tell
from autopack_executor.cli.progress import ProgressView
from autopack_executor.cli.session import Session, session
from autopack_executor.cli.summary import print_summary
from autopack_executor.cli.text import is_utf8
from autopack_executor.config import Settings, process_settings
from autopack_executor.domain.candidate import Candidate, CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_executor.domain.errors import BadRequest
from autopack_executor.domain.gate_request import GateRequest
from autopack_executor.domain.report import EXIT_CANCELLED, RunReport
from autopack_executor.domain.result import result_document
from autopack_executor.domain.suite import TestCommand
from autopack_executor.usecases.report_run import report_run
from autopack_results.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """The options as they were given; None where they were left out."""

    repo: str
    base: str | None
    head: str | None
    patch: str | None
    worktree: bool
    python: str | None
    setup: str | None
    timeout_s: float
    json: str | None
    run_id: str | None
    no_baseline: bool
    arguments: tuple[str, ...]


def run_gate(options: GateOptions) -> int:
    """Gate and print the result; returns the exit code."""
    with reporting_errors():
        settings = process_settings()
        request = _request(options, settings)
        target = None if options.json is None else json_target(options.json)
        with session(settings) as connected:
            report = _gate(connected, request, settings)
        if report is None:
            return EXIT_CANCELLED
        to_stdout = target is not None and target.is_standard_output
        with delivering():
            if target is not None and not to_stdout:
                target.write(result_document(report))
            print_summary(report, sys.stderr if to_stdout else sys.stdout, color=settings.color)
            if target is not None and to_stdout:
                target.write(result_document(report))
    return report.exit_code


def _gate(connected: Session, request: GateRequest, settings: Settings) -> RunReport | None:
    """Start the run and watch it to its end; None when it was stopped."""
    run_id: str | None = None
    view = ProgressView(sys.stderr, color=settings.color)
    try:
        with view:
            run_id = connected.executor.start(request)
            view.started(run_id)
            for event in connected.executor.watch(run_id):
                # A signal that came while foreign code held the interpreter may not have got through.
                interruption.check()
                if not isinstance(event, Run):
                    view.show(*event)
        return report_run(connected.store, connected.gatekeeper, run_id)
    except Interrupted:
        tell("stopping: children are ended and worktrees removed")
        if run_id is not None:
            tell(f"run {run_id} is recorded as {connected.executor.cancel(run_id).state.label}")
        return None


def _request(options: GateOptions, settings: Settings) -> GateRequest:
    repository = Path(options.repo).resolve()
    _refuse_unsayable(options, repository)
    python = None if options.python is None else Path(options.python)
    return GateRequest(
        run_id=options.run_id,
        repository=repository,
        base=options.base,
        candidate=_candidate(options),
        command=TestCommand(
            interpreter=find_interpreter(python, settings.environ),
            arguments=options.arguments,
            setup=options.setup,
            timeout_s=options.timeout_s,
        ),
        without_baseline=options.no_baseline,
    )


def _refuse_unsayable(options: GateOptions, repository: Path) -> None:
    """An empty value is a variable that was not set, and no wish for the default."""
    given = {
        "--repo": options.repo and str(repository),
        "--base": options.base,
        "--head": options.head,
        "--patch": options.patch,
        "--python": options.python,
        "--setup": options.setup,
        "--json": options.json,
        "--run-id": options.run_id,
    }
    for name, value in [
        *given.items(),
        *(("a pytest argument", argument) for argument in options.arguments if argument),
    ]:
        if value == "":
            raise BadRequest(f"{name} is empty; leave it out or give it a value", subject=name)
        if value is not None and not is_utf8(value):
            raise BadRequest(f"{name}: {value!r} is not UTF-8, which names here must be", subject=name)


def _candidate(options: GateOptions) -> Candidate:
    given = [options.head is not None, options.patch is not None, options.worktree]
    if sum(given) != 1:
        raise BadRequest("name the candidate with exactly one of --head REV, --patch FILE and --worktree")
    if options.head is not None:
        return CommitCandidate(revision=options.head)
    if options.patch is not None:
        return PatchCandidate(patch=_read_patch(options.patch))
    return WorktreeCandidate()


def _read_patch(name: str) -> bytes:
    try:
        patch = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise BadRequest(f"the patch {name} cannot be read: {error.strerror}", subject=name) from error
    if not patch.strip():
        raise BadRequest(f"the patch {name} is empty; there is nothing to gate", subject=name)
    return patch
