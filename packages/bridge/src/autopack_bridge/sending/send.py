"""Send an auditor result to a server of the old shape, with at most one fallback to the wrapped form."""

from dataclasses import dataclass

from autopack_bridge.sending.body import plain_body, wrapped_body
from autopack_bridge.sending.client import OldAnswer, OldForm, OldServerClient
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.errors import BadRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An old server took a result. ``resent_wrapped`` says that it had refused the plain form before; ``message`` is
    what it answered, or empty.
    """

    message: str
    resent_wrapped: bool


class OldServerRefused(BadRequest):
    """The old server does not take the result in the form in which it was sent last."""

    reason = "OLD_SERVER_REFUSED"

    def __init__(self, answer: OldAnswer, *, resent_wrapped: bool, subject: str) -> None:
        again = ", also in the wrapped form" if resent_wrapped else ""
        fields = f" (fields: {', '.join(answer.violations)})" if answer.violations else ""
        super().__init__(
            f"the old server refused the auditor result of {subject}{again}; it answered: {answer.message}{fields} "
            f"[{answer.status}]",
            subject=subject,
        )
        self.answer = answer
        self.resent_wrapped = resent_wrapped


def send_to_old_server(server: OldServerClient, result: AuditorResult) -> Sent:
    """Send ``result``; once more, wrapped, when the server says that it knows the wrapped form only.

    Raises OldServerRefused for every other refusal and for a second one, OldServerUnavailable, and InvalidValue when
    the old shape cannot carry the result.
    """
    answer = server.submit(OldForm.PLAIN, plain_body(result))
    resent = not answer.accepted and answer.wants_wrapped
    if resent:
        answer = server.submit(OldForm.WRAPPED, wrapped_body(result))
    if not answer.accepted:
        raise OldServerRefused(answer, resent_wrapped=resent, subject=str(result.attempt))
    return Sent(message=answer.message, resent_wrapped=resent)
