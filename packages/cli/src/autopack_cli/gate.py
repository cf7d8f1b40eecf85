"""``autopack gate``."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from autopack_cli.config import Addresses, Settings, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.interruption import Interrupted
from autopack_cli.json_target import JsonTarget, json_target
from autopack_cli.messages import tell
from autopack_cli.outside import Unreported, failing_outside
from autopack_cli.render.progress import ProgressView
from autopack_cli.render.summary import print_outside, print_summary
from autopack_cli.render.text import is_utf8, one_line
from autopack_cli.sending import send_repository
from autopack_cli.session import Session, session
from autopack_cli.watching import Watched, watch_to_end
from autopack_model.decision.value import Verdict
from autopack_model.errors import BadRequest
from autopack_model.gate_request.candidate import Candidate, CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.value import GateRequest
from autopack_model.report.document import unreported_document
from autopack_model.report.value import EXIT_CANCELLED
from autopack_model.run.value import RunFailure
from autopack_rpc.errors import RemoteError


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """The options as they were given; None where they were left out."""

    repo: str
    mounted: bool
    base: str | None
    head: str | None
    patch: str | None
    worktree: bool
    python: str | None
    setup: str | None
    timeout_ms: int
    json: str | None
    run_id: str | None
    no_baseline: bool
    arguments: tuple[str, ...]
    addresses: Addresses


def run_gate(options: GateOptions) -> int:
    """Gate and print the result; returns the exit code."""
    with reporting_errors():
        settings = process_settings().reaching(options.addresses)
        request = _request(options, settings)
        target = None if options.json is None else json_target(options.json)
        watched: Watched | None = None
        with failing_outside() as outside, session(settings) as connected:
            watched = _gate(connected, request, options, settings, outside)
        if outside.failure is not None:
            return _deliver_unreported(outside, outside.failure, target, settings)
        if watched is None:
            return EXIT_CANCELLED
        report, document = watched.report, watched.document
        to_stdout = target is not None and target.is_standard_output
        with delivering():
            if target is not None and document is not None and not to_stdout:
                target.write(document)
            print_summary(report, sys.stderr if to_stdout else sys.stdout, color=settings.color)
            if target is not None and document is not None and to_stdout:
                target.write(document)
    return report.exit_code


def _gate(
    connected: Session, request: GateRequest, options: GateOptions, settings: Settings, outside: Unreported
) -> Watched | None:
    """Start the run and watch it to its end; None when it was stopped."""
    view = ProgressView(sys.stderr, color=settings.color)
    try:
        if connected.remote and not options.mounted and request.repository is not None:
            request = send_repository(connected.executor, request, request.repository, settings.home / "git")
        with view:
            outside.run_id = connected.executor.start(request)
            view.started(outside.run_id)
            return watch_to_end(connected, outside.run_id, view, with_document=options.json is not None)
    except Interrupted:
        tell("stopping: children are ended and worktrees removed")
        if outside.run_id is not None:
            _cancel(connected, outside.run_id)
        return None


def _cancel(connected: Session, run_id: str) -> None:
    try:
        tell(f"run {run_id} is recorded as {connected.executor.cancel(run_id).state.label}")
    except RemoteError as error:
        if not error.unreachable:
            raise
        tell(f"run {run_id} could not be cancelled: {one_line(error.message, 500)}; it may go on")


def _deliver_unreported(outside: Unreported, failure: RunFailure, target: JsonTarget | None, settings: Settings) -> int:
    """Say that something from outside left nothing to report; returns the exit code."""
    to_stdout = target is not None and target.is_standard_output
    with delivering():
        if target is not None and outside.run_id is not None:
            target.write(unreported_document(outside.run_id, failure))
        print_outside(outside.run_id, failure, sys.stderr if to_stdout else sys.stdout, color=settings.color)
    return Verdict.INCONCLUSIVE.exit_code


def _request(options: GateOptions, settings: Settings) -> GateRequest:
    remote, url = settings.executor_address is not None, options.repo if "://" in options.repo else None
    _refuse_unsayable(options)
    if options.mounted and not remote:
        raise BadRequest("--mounted is about the machine of an executor; name one with --executor", subject="--mounted")
    if options.mounted and not options.repo.startswith("/"):
        raise BadRequest(
            "--mounted needs --repo with the absolute path of the repository on the executor's machine",
            subject="--repo",
        )
    return GateRequest(
        run_id=options.run_id,
        repository=None if url is not None else _repository(options),
        base=options.base,
        candidate=_candidate(options),
        command=TestCommand(
            interpreter=_interpreter(options, settings, remote=remote),
            arguments=options.arguments,
            setup=options.setup,
            timeout_ms=options.timeout_ms,
        ),
        no_baseline=options.no_baseline,
        clone_url=url,
    )


def _repository(options: GateOptions) -> Path:
    return Path(options.repo) if options.mounted else Path(options.repo).resolve()


def _interpreter(options: GateOptions, settings: Settings, *, remote: bool) -> Path | None:
    """The interpreter as an absolute path; None leaves it to the executor."""
    if options.python is None:
        return None
    if not remote:
        return _local_interpreter(options.python, settings.search_path)
    if not options.python.startswith("/"):
        raise BadRequest(
            f"--python {options.python}: is no absolute path, which on the executor's machine it must be; leave it out "
            "for the executor's own choice",
            subject="--python",
        )
    return Path(options.python)


def _local_interpreter(python: str, search_path: str) -> Path:
    """The path that ``python`` is, or of the command with this name."""
    found = None if "/" in python or Path(python).exists() else shutil.which(python, path=search_path)
    return Path(found or python).absolute()


def _refuse_unsayable(options: GateOptions) -> None:
    """An empty value is a variable that was not set, and no wish for the default."""
    given = {
        "--repo": options.repo and str(Path(options.repo).resolve()),
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
