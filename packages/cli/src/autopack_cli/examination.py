"""The examination of one service: which contract it speaks, whether it is ready, and which database it uses."""

from dataclasses import dataclass, replace
from typing import Final

import grpc

from autopack_model.errors import InvalidValue
from autopack_rpc.errors import RemoteError
from autopack_rpc.health.database_identity import DatabaseSeen, database_mismatch
from autopack_rpc.health.downstream import READY, ask_health
from autopack_rpc.skew.contract import ContractDifference
from autopack_rpc.skew.contract_service import ServedContract, fetch_contract

PATIENCE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What one service said. ``state`` is a word; unless it is ``same``, ``problem`` says what is wrong and what to do.
    ``served``, its contract, is None when it did not say it, and ``database`` when it did not answer a health check.
    """

    service: str
    state: str
    served: ServedContract | None = None
    difference: ContractDifference | None = None
    database: DatabaseSeen | None = None
    problem: str = ""

    @property
    def healthy(self) -> bool:
        """Whether it is ready and speaks the same contract."""
        return self.state == "same"


def examine(service: str, channel: grpc.Channel, own: ServedContract, *, address: str) -> Examined:
    """Ask the service at ``address`` for its contract and its health, and compare the contract with ``own``."""
    finding = _compared(service, channel, own)
    try:
        status, identity = ask_health(channel, timeout_s=PATIENCE_SECONDS)
    except RemoteError:
        return finding  # what does not answer is reported already
    seen = replace(finding, database=DatabaseSeen(service=service, address=address, identity=identity))
    if status == READY or not finding.healthy:
        return seen
    return replace(seen, state="unready", problem="it says that it is not ready for work; its log says why")


def database_mismatches(findings: list[Examined]) -> list[str]:
    """Which services do not use the database of the first one, as far as they say which they use."""
    seen = [finding.database for finding in findings if finding.database is not None]
    problems = (database_mismatch(seen[0], other) for other in seen[1:])
    return [problem for problem in problems if problem is not None]


def _compared(service: str, channel: grpc.Channel, own: ServedContract) -> Examined:
    try:
        served = fetch_contract(channel, timeout_s=PATIENCE_SECONDS)
    except RemoteError as error:
        return _unanswered(service, error)
    except InvalidValue as error:
        problem = f"its answer cannot be understood ({error}); upgrade this command or the {service}"
        return Examined(service=service, state="odd", problem=problem)
    difference = served.contract.difference_from(own.contract)
    if difference.empty:
        return Examined(service=service, state="same", served=served)
    return Examined(
        service=service,
        state="different",
        served=served,
        difference=difference,
        problem=f"upgrade the older one; this command is {own.distribution} {own.version}, the {service} is "
        f"{served.distribution} {served.version}. Services are upgraded before those that call them: first the store, "
        "then the gatekeeper, the executor, and this command",
    )


def _unanswered(service: str, error: RemoteError) -> Examined:
    said = error.message
    if error.code is grpc.StatusCode.UNIMPLEMENTED:
        return Examined(
            service=service,
            state="older",
            problem=f"it is too old to say what it speaks, so its contract differs from this command's; upgrade it "
            f"({said})",
        )
    if error.unreachable:
        said_where = f"--{service} or AUTOPACK_{service.upper()}_ADDRESS"
        return Examined(
            service=service,
            state="unreachable",
            problem=f"it does not answer; check that it runs, and that it listens where {said_where} says ({said})",
        )
    if error.code is grpc.StatusCode.UNAUTHENTICATED:
        return Examined(
            service=service,
            state="refused",
            problem=f"it does not know the token of this command; give both the same AUTOPACK_CLIENT_TOKEN_FILE "
            f"({said})",
        )
    return Examined(service=service, state="refused", problem=f"it did not answer: {said} [{error.reason}]")
