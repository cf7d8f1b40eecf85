"""``autopack send-result``: send an auditor result to a server that still speaks the old shape."""

from autopack_bridge.sending.client import old_server
from autopack_bridge.sending.send import send_to_old_server
from autopack_cli.config import Addresses, check_port, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.render.text import is_utf8, one_line
from autopack_cli.session import reading_role, store_session
from autopack_clients.errors import StoreNotFound
from autopack_clients.store import StoreClient
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.errors import BadRequest
from autopack_model.identity.value import AttemptRef, check_run_id


def run_send_result(run_id: str, phase: str, attempt: int, to: str, addresses: Addresses) -> int:
    """Send the auditor result of an attempt, and print what the server answered and in which form it took the result;
    returns the exit code.
    """
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        ref = AttemptRef(run_id=check_run_id(run_id), phase=check_run_id(phase, "--phase"), attempt=attempt)
        if not to or not is_utf8(to):
            raise BadRequest("--to is empty or not UTF-8; give it an address, HOST:PORT or unix:/path", subject="--to")
        check_port(to, "--to")
        with store_session(settings, reading_role(settings)) as store:
            result = _auditor_result(store, ref)
        with old_server(to) as server:
            sent = send_to_old_server(server, result)
        form = ", in the wrapped form, since it had refused the plain one" if sent.resent_wrapped else ""
        answer = f"; it answered: {one_line(sent.message, 500)}" if sent.message else ""
        with delivering():
            print(f"sent the auditor result of {ref} to {one_line(to)}{form}{answer}")  # noqa: T201 - the command line speaks
    return 0


def _auditor_result(store: StoreClient, ref: AttemptRef) -> AuditorResult:
    store.run(ref.run_id)
    try:
        return store.auditor_result(ref).result
    except StoreNotFound as error:
        raise BadRequest(
            f"the store has no auditor result of {ref}; name another --phase or --attempt. While its "
            "run goes on, 'autopack import-result' records one",
            subject=str(ref),
        ) from error
