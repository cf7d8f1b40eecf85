"""Running a request: it is sent to its executor, started and watched to its end, and cancelled when the user stops."""

from collections.abc import Iterator
from contextlib import contextmanager

from autopack_cli.config import CommandSettings
from autopack_cli.gating.outside import Unreported
from autopack_cli.gating.request import Asked
from autopack_cli.gating.sending import send_repository
from autopack_cli.gating.watching import Watched, watch_to_end
from autopack_cli.interruption import Interrupted
from autopack_cli.messages import tell
from autopack_cli.render.progress import ProgressView
from autopack_cli.render.text import one_line
from autopack_cli.session import Session
from autopack_model.gate_request.value import GateRequest
from autopack_rpc.errors import RemoteError


def sent(connected: Session, wanted: Asked, settings: CommandSettings, *, mounted: bool) -> GateRequest:
    """What to ask the executor for, when it has been sent what it lacks: the repository unless it is ``mounted``, and
    the patch. Raises BadRequest, GitFailed, RemoteError.
    """
    request = wanted.request
    if connected.remote and not mounted and request.repository is not None:
        request = send_repository(connected.executor, request, request.repository, settings.home / "git")
    if wanted.patch is not None:
        connected.executor.upload_patch(wanted.patch)
    return request


def run_to_end(
    connected: Session, request: GateRequest, view: ProgressView, outside: Unreported, *, with_document: bool
) -> Watched:
    """Start the run, note its name in ``outside``, and watch it to its end. Raises RemoteError, AutopackError."""
    with view:
        outside.run_id = connected.executor.start(request)
        view.started(outside.run_id)
        return watch_to_end(connected, outside.run_id, view, with_document=with_document)


@contextmanager
def stopping(connected: Session, outside: Unreported) -> Iterator[None]:
    """Cancel the run of ``outside`` when the user stops the command in the block, and go on behind the block."""
    try:
        yield
    except Interrupted:
        tell("stopping: the children are ended and the worktrees removed")
        if outside.run_id is not None:
            _cancel(connected, outside.run_id)


def _cancel(connected: Session, run_id: str) -> None:
    try:
        tell(f"run {run_id} is recorded as {connected.executor.cancel(run_id).state.label}")
    except RemoteError as error:
        if not error.unreachable:
            raise
        tell(f"run {run_id} could not be cancelled: {one_line(error.message, 500)}; it may go on")
