"""``gatekeeper.v1`` over the use cases: messages in, use case, messages out."""

from collections.abc import Iterator, Mapping

import grpc

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack.gatekeeper.v1 import gatekeeper_service_pb2_grpc
from autopack_gatekeeper.domain import errors
from autopack_gatekeeper.ports import StoreService
from autopack_gatekeeper.usecases.conclude import conclude
from autopack_gatekeeper.usecases.decide_anew import decide_anew
from autopack_gatekeeper.usecases.decide_attempt import decide_attempt
from autopack_gatekeeper.usecases.list_newly_bad import list_newly_bad
from autopack_gatekeeper.usecases.plan_cross_side import plan_cross_side
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_gatekeeper.usecases.replay_attempt import replay_attempt, what_if
from autopack_gatekeeper.wire import (
    concluded_to_wire,
    decide_anew_from_wire,
    decide_request_from_wire,
    decided_anew_to_wire,
    list_newly_bad_from_wire,
    plan_cross_side_from_wire,
    replay_to_wire,
)
from autopack_model.decision.cross_plan_wire import cross_plan_to_wire
from autopack_model.decision.decided_wire import decided_to_wire
from autopack_model.decision.newly_bad_wire import newly_bad_to_wire
from autopack_model.decision.wire import decision_chunks
from autopack_model.fields import require
from autopack_model.identity.wire import attempt_ref_from_wire
from autopack_model.policy.wire import terms_from_wire
from autopack_rpc.errors import ErrorTable
from autopack_rpc.request_id import check_request_id
from autopack_rpc.roles import Role

DOMAIN = "gatekeeper.autopack"

ROLES: Mapping[str, frozenset[Role]] = {
    "/autopack.gatekeeper.v1.GatekeeperService/Decide": frozenset({Role.EXECUTOR}),
    "/autopack.gatekeeper.v1.GatekeeperService/ListNewlyBad": frozenset({Role.EXECUTOR}),
    "/autopack.gatekeeper.v1.GatekeeperService/PlanCrossSide": frozenset({Role.EXECUTOR}),
    "/autopack.gatekeeper.v1.GatekeeperService/Conclude": frozenset({Role.EXECUTOR}),
    # Not the executor, which runs code that nobody has looked at.
    "/autopack.gatekeeper.v1.GatekeeperService/DecideAnew": frozenset({Role.CLIENT}),
}
"""Who may have an attempt compared, decided, concluded and decided anew."""

ERRORS: ErrorTable = {
    errors.GatekeeperError: grpc.StatusCode.INTERNAL,
    errors.IncomparableEvidence: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Undecided: grpc.StatusCode.NOT_FOUND,
    errors.UnknownAttempt: grpc.StatusCode.NOT_FOUND,
    errors.Overtaken: grpc.StatusCode.ABORTED,
    errors.DamagedAnswer: grpc.StatusCode.DATA_LOSS,
    errors.StoreUnreachable: grpc.StatusCode.UNAVAILABLE,
}


class GatekeeperServicer(gatekeeper_service_pb2_grpc.GatekeeperServiceServicer):
    """Decides and concludes attempts, and derives decisions again."""

    def __init__(self, store: StoreService) -> None:
        self._store = store
        self._sides = RecentSides()

    def Decide(self, request: pb.DecideRequest, context: grpc.ServicerContext) -> Iterator[pb.DecideResponse]:
        """Decide one attempt, and record the decision."""
        answer = decide_attempt(self._store, self._sides, decide_request_from_wire(request))
        yield from decided_to_wire(answer.decided, already_present=answer.already_present, replayed=answer.replayed)

    def ListNewlyBad(
        self, request: pb.ListNewlyBadRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ListNewlyBadResponse]:
        """Say which tests are to be run again first."""
        yield from newly_bad_to_wire(list_newly_bad(self._store, self._sides, list_newly_bad_from_wire(request)))

    def PlanCrossSide(
        self, request: pb.PlanCrossSideRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.PlanCrossSideResponse]:
        """Say what is to be run to see what base's tests say of the candidate's code."""
        yield from cross_plan_to_wire(plan_cross_side(self._store, self._sides, plan_cross_side_from_wire(request)))

    def Conclude(self, request: pb.ConcludeRequest, context: grpc.ServicerContext) -> pb.ConcludeResponse:
        """Conclude a decided attempt, with what its auditor recommends."""
        return concluded_to_wire(
            conclude(self._store, check_request_id(request.request_id), attempt_ref_from_wire(request.attempt))
        )

    def Replay(self, request: pb.ReplayRequest, context: grpc.ServicerContext) -> pb.ReplayResponse:
        """Derive a recorded decision again, and compare."""
        return replay_to_wire(replay_attempt(self._store, attempt_ref_from_wire(request.attempt), request.number))

    def WhatIf(self, request: pb.WhatIfRequest, context: grpc.ServicerContext) -> Iterator[pb.WhatIfResponse]:
        """Say what other terms would make of an attempt."""
        require(request, "terms", "terms")
        decision = what_if(self._store, attempt_ref_from_wire(request.attempt), terms_from_wire(request.terms))
        for chunk in decision_chunks(decision):
            yield pb.WhatIfResponse(chunk=chunk)

    def DecideAnew(self, request: pb.DecideAnewRequest, context: grpc.ServicerContext) -> pb.DecideAnewResponse:
        """Decide an attempt anew, and record the decision beside the first one."""
        return decided_anew_to_wire(decide_anew(self._store, decide_anew_from_wire(request)))
