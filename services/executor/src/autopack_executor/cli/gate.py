"""``autopack gate``."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from autopack_executor.adapters.interpreter import find_interpreter
from autopack_executor.cli.progress import ProgressView
from autopack_executor.cli.session import Session, reporting_errors, session
from autopack_executor.cli.summary import print_summary
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

    repo: Path
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


class Interrupted(BaseException):
    """A signal asked the command to stop. Like KeyboardInterrupt, no ``except Exception`` may hold it up."""


def run_gate(options: GateOptions) -> int:
    """Gate and print the result; returns the exit code."""
    with reporting_errors():
        settings = process_settings()
        request = _request(options, settings)
        target = _json_target(options.json)
        with _interruptible(), session(settings) as connected:
            report = _gate(connected, request, settings)
            if report is None:
                return EXIT_CANCELLED
        to_stdout = options.json == "-"
        print_summary(report, sys.stderr if to_stdout else sys.stdout, color=settings.color)
        if options.json is not None:
            text = json.dumps(result_document(report), indent=2, ensure_ascii=False) + "\n"
            if target is None:
                sys.stdout.write(text)
            else:
                _write(target, text)
        return report.exit_code


def _gate(connected: Session, request: GateRequest, settings: Settings) -> RunReport | None:
    """Start the run and watch it to its end; None when it was cancelled."""
    run_id: str | None = None
    view = ProgressView(sys.stderr, color=settings.color)
    try:
        with view:
            run_id = connected.executor.start(request)
            view.started(run_id)
            for event in connected.executor.watch(run_id):
                if not isinstance(event, Run):
                    view.show(*event)
        return report_run(connected.store, connected.gatekeeper, run_id)
    except Interrupted:
        print("autopack: stopping; children are ended and worktrees removed", file=sys.stderr)  # noqa: T201
        if run_id is not None:
            state = connected.executor.cancel(run_id).state
            print(f"autopack: run {run_id} is recorded as {state.label}", file=sys.stderr)  # noqa: T201
        return None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Raise Interrupted at the first SIGINT, SIGTERM or SIGHUP; later ones are ignored while cleaning up."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    previous = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    except Interrupted:
        raise SystemExit(EXIT_CANCELLED) from None
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _request(options: GateOptions, settings: Settings) -> GateRequest:
    python = None if options.python is None else Path(options.python)
    return GateRequest(
        run_id=options.run_id,
        repository=options.repo.resolve(),
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
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise BadRequest(f"the patch {name} cannot be read: {error.strerror}", subject=name) from error


def _json_target(name: str | None) -> Path | None:
    """The file for the result, refused before anything runs when it can never be written."""
    if name in (None, "-"):
        return None
    target = Path(str(name))
    if target.is_dir() or not target.parent.is_dir():
        raise BadRequest(f"--json {name}: not a file in an existing folder", subject=str(name))
    return target


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadRequest(
            f"--json {target} cannot be written: {error.strerror}; 'autopack explain' still shows the run",
            subject=str(target),
        ) from error
