"""The typed client of the gatekeeper: domain values go in and come out."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import grpc

from autopack.gatekeeper.v1 import gatekeeper_service_pb2, gatekeeper_service_pb2_grpc
from autopack_clients.errors import GatekeeperRefused, GatekeeperUnavailable, StorageFull
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.decision.cross_plan_wire import cross_plan_from_wire
from autopack_model.decision.decided import Decided
from autopack_model.decision.decided_wire import decided_from_wire
from autopack_model.decision.newly_bad import NewlyBadTests
from autopack_model.decision.newly_bad_wire import newly_bad_from_wire
from autopack_model.decision.value import Decision, Verdict
from autopack_model.decision.wire import decision_from_chunks
from autopack_model.digest import check_digest
from autopack_model.fields import read_enum
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.policy.terms import Terms
from autopack_model.policy.waiver import Waiver
from autopack_model.policy.wire import terms_to_wire, waiver_to_wire
from autopack_rpc.errors import RemoteError, remote_error, remote_errors
from autopack_rpc.request_id import new_request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The digests of a decision as it was recorded and as it was derived again, and the members that differ."""

    recorded_digest: str
    derived_digest: str
    differing: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the same inputs gave the same decision."""
        return self.recorded_digest == self.derived_digest


class GatekeeperClient:
    """Every call of the gatekeeper. It raises GatekeeperUnavailable and GatekeeperRefused."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = gatekeeper_service_pb2_grpc.GatekeeperServiceStub(channel)

    def newly_bad(self, attempt: AttemptRef, *, base: str, head: str) -> NewlyBadTests:
        """The tests that are to be run again on both sides before the attempt is decided."""
        request = gatekeeper_service_pb2.ListNewlyBadRequest(
            attempt=attempt_ref_to_wire(attempt), base_evidence_digest=base, head_evidence_digest=head
        )
        with _calling(attempt, "compare"):
            return newly_bad_from_wire(self._stub.ListNewlyBad(request))

    def plan_cross_side(
        self,
        attempt: AttemptRef,
        *,
        base: str,
        head: str,
        terms: Terms,
        base_retries: Sequence[str] = (),
        head_retries: Sequence[str] = (),
    ) -> CrossPlan:
        """What is to be run to see what base's tests say of the candidate's code."""
        request = gatekeeper_service_pb2.PlanCrossSideRequest(
            attempt=attempt_ref_to_wire(attempt),
            base_evidence_digest=base,
            head_evidence_digest=head,
            terms=terms_to_wire(terms),
            base_retry_digests=tuple(base_retries),
            head_retry_digests=tuple(head_retries),
        )
        with _calling(attempt, "compare"):
            return cross_plan_from_wire(self._stub.PlanCrossSide(request))

    def decide(
        self,
        attempt: AttemptRef,
        *,
        base: str | None,
        head: str,
        cross: str | None = None,
        terms: Terms,
        base_retries: Sequence[str] = (),
        head_retries: Sequence[str] = (),
        cross_retries: Sequence[str] = (),
        reverse: str | None = None,
        conclude: bool = False,
    ) -> Decided:
        """Have an attempt decided from the evidence with these digests, of each side's suite run and of its retries in
        the order of their numbers, under ``terms``, and concluded where no auditor will be asked.

        An answer that breaks off is asked for again: the same request gets the same answer.
        """
        request = gatekeeper_service_pb2.DecideRequest(
            request_id=new_request_id(),
            attempt=attempt_ref_to_wire(attempt),
            base_evidence_digest=base,
            head_evidence_digest=head,
            conclude=conclude,
            terms=terms_to_wire(terms),
            base_retry_digests=tuple(base_retries),
            head_retry_digests=tuple(head_retries),
            cross_evidence_digest=cross,
            cross_retry_digests=tuple(cross_retries),
            reverse_evidence_digest=reverse,
        )
        with _calling(attempt):
            try:
                return decided_from_wire(self._stub.Decide(request))
            except grpc.RpcError as error:
                if not remote_error(error).unreachable:
                    raise
            return decided_from_wire(self._stub.Decide(request))

    def conclude(self, attempt: AttemptRef) -> None:
        """Have a decided attempt concluded; the gatekeeper records it."""
        with _calling(attempt):
            self._stub.Conclude(
                gatekeeper_service_pb2.ConcludeRequest(
                    request_id=new_request_id(), attempt=attempt_ref_to_wire(attempt)
                )
            )

    def replay(self, attempt: AttemptRef, number: int = 0) -> Replayed:
        """The first decision of an attempt, or the further one with ``number``, derived again and compared."""
        with _calling(attempt, "replay"):
            answer = self._stub.Replay(
                gatekeeper_service_pb2.ReplayRequest(attempt=attempt_ref_to_wire(attempt), number=number)
            )
            return Replayed(
                recorded_digest=check_digest(answer.recorded_digest, "recorded_digest"),
                derived_digest=check_digest(answer.derived_digest, "derived_digest"),
                differing=tuple(answer.differing),
            )

    def what_if(self, attempt: AttemptRef, terms: Terms) -> Decision:
        """What other terms would make of the evidence of an attempt. Nothing is recorded."""
        request = gatekeeper_service_pb2.WhatIfRequest(attempt=attempt_ref_to_wire(attempt), terms=terms_to_wire(terms))
        with _calling(attempt):
            return decision_from_chunks(part.chunk for part in self._stub.WhatIf(request))

    def decide_anew(self, attempt: AttemptRef, waivers: Sequence[Waiver], day: date, name: str) -> tuple[int, Verdict]:
        """Have an attempt decided anew under more waivers, because ``name`` asks for it; the number and the verdict of
        the decision that stands then.
        """
        request = gatekeeper_service_pb2.DecideAnewRequest(
            request_id=new_request_id(),
            attempt=attempt_ref_to_wire(attempt),
            waivers=[waiver_to_wire(waiver) for waiver in waivers],
            day=day.isoformat(),
            name=name,
        )
        with _calling(attempt):
            answer = self._stub.DecideAnew(request)
            return answer.number, read_enum(Verdict, answer.verdict, "verdict")


@contextlib.contextmanager
def _calling(attempt: AttemptRef, doing: str = "decide") -> Iterator[None]:
    try:
        with remote_errors():
            yield
    except RemoteError as error:
        if error.unreachable:
            raise GatekeeperUnavailable(
                f"the gatekeeper cannot be reached ({error.message}); check that it runs and its address",
                subject=str(attempt),
            ) from error
        if error.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise StorageFull(
                f"the store has no disk space left for the decision: {error.message}", subject=str(attempt)
            ) from error
        raise GatekeeperRefused(
            f"the gatekeeper could not {doing} {attempt}: {error.message} [{error.reason}]", subject=str(attempt)
        ) from error
