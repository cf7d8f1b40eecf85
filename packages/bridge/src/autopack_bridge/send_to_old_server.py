"""Send an auditor result to a server that still speaks the old shape, falling back to the wrapped form at most once."""

from dataclasses import dataclass

import structlog

from autopack_bridge.grpc_old_server import GrpcOldServer
from autopack_bridge.old_server import OldForm, OldServerRefused, old_auditor_body, wrapped
from autopack_model.auditor_result.value import AuditorResult

_log = structlog.get_logger("executor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An old server took a result, with ``resent_wrapped`` after it had refused the plain form."""

    message: str
    resent_wrapped: bool


def send_to_old_server(server: GrpcOldServer, result: AuditorResult) -> Sent:
    """Send ``result``; once more, wrapped, when the server says that it knows the wrapped form only.

    Raises OldServerRefused for every other refusal and for a second one, OldServerUnavailable, and InvalidValue when
    the old shape cannot carry the result.
    """
    subject = str(result.attempt)
    body = old_auditor_body(result)
    answer = server.submit(OldForm.PLAIN, body)
    resent = not answer.accepted and answer.wants_wrapped
    if resent:
        _log.warning(
            "resending an auditor result in the wrapped form", attempt=subject, status=answer.status, why=answer.message
        )
        answer = server.submit(OldForm.WRAPPED, wrapped(result, body))
    if not answer.accepted:
        raise OldServerRefused(answer, resent_wrapped=resent, subject=subject)
    return Sent(message=answer.message, resent_wrapped=resent)
